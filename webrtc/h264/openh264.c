#include "openh264.h"

int stylecam_h264_encoder_open(ISVCEncoder **e, int width, int height, int kbps) {
  if (WelsCreateSVCEncoder(e)) return cmInitParaError;
  int quiet = WELS_LOG_QUIET;
  (**e)->SetOption(*e, ENCODER_OPTION_TRACE_LEVEL, &quiet);
  SEncParamExt p;
  (**e)->GetDefaultParams(*e, &p);
  p.iUsageType = CAMERA_VIDEO_REAL_TIME;
  p.iPicWidth = width;
  p.iPicHeight = height;
  p.fMaxFrameRate = 30;
  p.iTargetBitrate = kbps * 1000;
  p.iRCMode = RC_BITRATE_MODE;
  p.bEnableFrameSkip = 0; // frames are dropped before the encoder, never in it
  p.uiIntraPeriod = 0;    // key frames when somebody needs one
  p.iMultipleThreadIdc = 1;
  p.iComplexityMode = LOW_COMPLEXITY;
  p.eSpsPpsIdStrategy = CONSTANT_ID;
  p.bEnableDenoise = 0;
  p.bEnableSceneChangeDetect = 0; // it would make key frames by itself
  p.iSpatialLayerNum = 1;
  SSpatialLayerConfig *layer = &p.sSpatialLayers[0];
  layer->iVideoWidth = width;
  layer->iVideoHeight = height;
  layer->fFrameRate = p.fMaxFrameRate;
  layer->iSpatialBitrate = p.iTargetBitrate;
  layer->uiProfileIdc = PRO_BASELINE;
  layer->sSliceArgument.uiSliceMode = SM_SINGLE_SLICE;
  // What the numbers mean, for players that look: BT.601, limited range.
  layer->bVideoSignalTypePresent = 1;
  layer->uiVideoFormat = VF_UNDEF;
  layer->bFullRange = 0;
  layer->bColorDescriptionPresent = 1;
  layer->uiColorPrimaries = CP_SMPTE170M;
  layer->uiTransferCharacteristics = TRC_SMPTE170M;
  layer->uiColorMatrix = CM_SMPTE170M;
  int err = (**e)->InitializeExt(*e, &p);
  if (err) {
    WelsDestroySVCEncoder(*e);
    *e = NULL;
  }
  return err;
}

int stylecam_h264_encoder_rate(ISVCEncoder *e, int kbps) {
  SBitrateInfo rate = {.iLayer = SPATIAL_LAYER_ALL, .iBitrate = kbps * 1000};
  return (*e)->SetOption(e, ENCODER_OPTION_BITRATE, &rate);
}

void stylecam_h264_encoder_close(ISVCEncoder *e) {
  (*e)->Uninitialize(e);
  WelsDestroySVCEncoder(e);
}

int stylecam_h264_encode(ISVCEncoder *e, uint8_t *pix, int stride, int rows, int width, int height, int64_t ms, int key,
           uint8_t **stream, int *size, int *is_key) {
  SSourcePicture picture = {
      .iColorFormat = videoFormatI420,
      .iStride = {stride, stride / 2, stride / 2},
      .pData = {pix, pix + stride * rows, pix + stride * rows + stride * rows / 4},
      .iPicWidth = width,
      .iPicHeight = height,
      .uiTimeStamp = ms,
  };
  if (key) (*e)->ForceIntraFrame(e, 1);
  SFrameBSInfo info = {0};
  int err = (*e)->EncodeFrame(e, &picture, &info);
  if (err) return err;
  *stream = info.iLayerNum > 0 ? info.sLayerInfo[0].pBsBuf : NULL;
  *size = 0;
  for (int l = 0; l < info.iLayerNum; l++)
    for (int n = 0; n < info.sLayerInfo[l].iNalCount; n++) *size += info.sLayerInfo[l].pNalLengthInByte[n];
  *is_key = info.eFrameType == videoFrameTypeIDR;
  return 0;
}
