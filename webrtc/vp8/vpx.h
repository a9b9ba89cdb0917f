// The part of libvpx that needs C: its macros, and images on the stack, so that
// no pointer to Go's memory is ever stored in C's.
#ifndef STYLECAM_VPX_H
#define STYLECAM_VPX_H

#include <stdint.h>
#include <stdlib.h>
#include <vpx/vp8cx.h>
#include <vpx/vp8dx.h>
#include <vpx/vpx_decoder.h>
#include <vpx/vpx_encoder.h>

vpx_codec_err_t stylecam_vp8_encoder_open(vpx_codec_ctx_t *ctx, vpx_codec_enc_cfg_t *cfg, int width, int height, int kbps);
vpx_codec_err_t stylecam_vp8_encoder_rate(vpx_codec_ctx_t *ctx, vpx_codec_enc_cfg_t *cfg, int kbps);
// It borrows pix until it returns; packet points into ctx until the next call.
vpx_codec_err_t stylecam_vp8_encode(vpx_codec_ctx_t *ctx, uint8_t *pix, int width, int height, int64_t pts,
                       unsigned long duration, int key, void **packet, size_t *size, int *is_key);

vpx_codec_err_t stylecam_vp8_decoder_open(vpx_codec_ctx_t *ctx);
// It returns a picture that lives in ctx until the next call, or NULL.
vpx_image_t *stylecam_vp8_decode(vpx_codec_ctx_t *ctx, uint8_t *data, unsigned int size, vpx_codec_err_t *err);

#endif
