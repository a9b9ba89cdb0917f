#include "vpx.h"

vpx_codec_err_t stylecam_vp8_encoder_open(vpx_codec_ctx_t *ctx, vpx_codec_enc_cfg_t *cfg, int width, int height, int kbps) {
  vpx_codec_err_t err = vpx_codec_enc_config_default(vpx_codec_vp8_cx(), cfg, 0);
  if (err) return err;
  cfg->g_w = width;
  cfg->g_h = height;
  cfg->g_timebase.num = 1;
  cfg->g_timebase.den = 90000;
  cfg->g_threads = 1;       // a second thread that has to wait for its core costs more than it gives
  cfg->g_lag_in_frames = 0; // a frame in, a frame out
  cfg->g_error_resilient = VPX_ERROR_RESILIENT_DEFAULT;
  cfg->rc_end_usage = VPX_CBR;
  cfg->rc_target_bitrate = kbps;
  cfg->rc_dropframe_thresh = 0; // frames are dropped before the encoder, never in it
  cfg->rc_resize_allowed = 0;
  cfg->rc_min_quantizer = 2;
  cfg->rc_max_quantizer = 56;
  cfg->rc_undershoot_pct = 100;
  cfg->rc_overshoot_pct = 15;
  cfg->rc_buf_sz = 1000; // ms
  cfg->rc_buf_initial_sz = 500;
  cfg->rc_buf_optimal_sz = 600;
  cfg->kf_mode = VPX_KF_DISABLED; // key frames when somebody needs one
  if ((err = vpx_codec_enc_init(ctx, vpx_codec_vp8_cx(), cfg, 0))) return err;
  if ((err = vpx_codec_control(ctx, VP8E_SET_CPUUSED, -8)) ||
      (err = vpx_codec_control(ctx, VP8E_SET_STATIC_THRESHOLD, 1)) ||
      (err = vpx_codec_control(ctx, VP8E_SET_TOKEN_PARTITIONS, VP8_ONE_TOKENPARTITION)) ||
      // A key frame may take nine times a frame's share: more would hold up what follows.
      (err = vpx_codec_control(ctx, VP8E_SET_MAX_INTRA_BITRATE_PCT, 900)))
    vpx_codec_destroy(ctx);
  return err;
}

vpx_codec_err_t stylecam_vp8_encoder_rate(vpx_codec_ctx_t *ctx, vpx_codec_enc_cfg_t *cfg, int kbps) {
  cfg->rc_target_bitrate = kbps;
  return vpx_codec_enc_config_set(ctx, cfg);
}

vpx_codec_err_t stylecam_vp8_encode(vpx_codec_ctx_t *ctx, uint8_t *pix, int width, int height, int64_t pts,
                       unsigned long duration, int key, void **packet, size_t *size, int *is_key) {
  vpx_image_t image;
  if (!vpx_img_wrap(&image, VPX_IMG_FMT_I420, width, height, 1, pix)) return VPX_CODEC_INVALID_PARAM;
  // The package i420's layout; by itself libvpx would take an odd width for the stride.
  const int stride = (width + 1) & ~1, rows = (height + 1) & ~1;
  image.stride[VPX_PLANE_Y] = stride;
  image.stride[VPX_PLANE_U] = image.stride[VPX_PLANE_V] = stride / 2;
  image.planes[VPX_PLANE_U] = pix + stride * rows;
  image.planes[VPX_PLANE_V] = image.planes[VPX_PLANE_U] + stride * rows / 4;
  vpx_codec_err_t err = vpx_codec_encode(ctx, &image, pts, duration, key ? VPX_EFLAG_FORCE_KF : 0, VPX_DL_REALTIME);
  if (err) return err;
  *packet = NULL;
  *size = 0;
  vpx_codec_iter_t iter = NULL;
  const vpx_codec_cx_pkt_t *p;
  while ((p = vpx_codec_get_cx_data(ctx, &iter))) {
    if (p->kind != VPX_CODEC_CX_FRAME_PKT) continue;
    *packet = p->data.frame.buf;
    *size = p->data.frame.sz;
    *is_key = (p->data.frame.flags & VPX_FRAME_IS_KEY) != 0;
  }
  return VPX_CODEC_OK;
}

vpx_codec_err_t stylecam_vp8_decoder_open(vpx_codec_ctx_t *ctx) {
  vpx_codec_dec_cfg_t cfg = {.threads = 1};
  return vpx_codec_dec_init(ctx, vpx_codec_vp8_dx(), &cfg, 0);
}

vpx_image_t *stylecam_vp8_decode(vpx_codec_ctx_t *ctx, uint8_t *data, unsigned int size, vpx_codec_err_t *err) {
  *err = vpx_codec_decode(ctx, data, size, NULL, 0);
  if (*err) return NULL;
  vpx_codec_iter_t iter = NULL;
  return vpx_codec_get_frame(ctx, &iter);
}
