// The part of openh264 that needs C: its table of methods, and structures on the
// stack, so that no pointer to Go's memory is ever stored in C's.
#ifndef STYLECAM_OPENH264_H
#define STYLECAM_OPENH264_H

#include <stddef.h>
#include <stdint.h>
#include <wels/codec_api.h>

int stylecam_h264_encoder_open(ISVCEncoder **e, int width, int height, int kbps);
int stylecam_h264_encoder_rate(ISVCEncoder *e, int kbps);
void stylecam_h264_encoder_close(ISVCEncoder *e);
// It borrows pix, I420 with an even stride and number of rows, until it
// returns; stream (Annex B) points into e until the next call, and is contiguous.
int stylecam_h264_encode(ISVCEncoder *e, uint8_t *pix, int stride, int rows, int width, int height, int64_t ms, int key,
           uint8_t **stream, int *size, int *is_key);

#endif
