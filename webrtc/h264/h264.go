// Package h264 encodes H.264 (constrained baseline) by openh264, for media servers
// and browsers that do not take VP8. It is set as package vp8 is: a frame in, a
// frame out, key frames only when asked for.
package h264

// #cgo LDFLAGS: -lopenh264
// #include "openh264.h"
import "C"

import (
	"fmt"
	"unsafe"

	"stylecam/webrtc/i420"
)

// Encoder is a stream's encoder. One goroutine uses it at a time.
type Encoder struct {
	c             *C.ISVCEncoder
	width, height int // even: an odd picture loses its last column or row
}

// NewEncoder returns an encoder of pictures of the given size, at kbps
// kilobits a second.
func NewEncoder(width, height, kbps int) (*Encoder, error) {
	e := &Encoder{width: width &^ 1, height: height &^ 1}
	if e.width < 16 || e.height < 16 || e.width > 4096 || e.height > 2304 {
		return nil, fmt.Errorf("h264: a picture of %dx%d is outside 16x16..4096x2304", width, height)
	}
	if code := C.stylecam_h264_encoder_open(&e.c, C.int(e.width), C.int(e.height), C.int(kbps)); code != 0 {
		return nil, failure("open the encoder", code)
	}
	return e, nil
}

// SetRate changes the rate from the next picture on.
func (e *Encoder) SetRate(kbps int) error {
	return failure("set the rate", C.stylecam_h264_encoder_rate(e.c, C.int(kbps)))
}

// Encode returns the coded picture as an Annex B stream, valid until the next
// call, and whether it is a key frame; key asks for one. pts counts 1/90000 s.
func (e *Encoder) Encode(p *i420.Picture, pts int64, key bool) (data []byte, isKey bool, err error) {
	if p.Width&^1 != e.width || p.Height&^1 != e.height {
		return nil, false, fmt.Errorf("h264: a picture of %dx%d for an encoder of %dx%d", p.Width, p.Height, e.width, e.height)
	}
	force := C.int(0)
	if key {
		force = 1
	}
	var stream *C.uint8_t
	var size, gotKey C.int
	code := C.stylecam_h264_encode(e.c, (*C.uint8_t)(&p.Pix[0]), C.int(p.Stride()), C.int((p.Height+1)&^1),
		C.int(e.width), C.int(e.height), C.int64_t(pts/90), force, &stream, &size, &gotKey)
	if code != 0 {
		return nil, false, failure("encode", code)
	}
	return unsafe.Slice((*byte)(stream), int(size)), gotKey != 0, nil
}

// Close frees the encoder and what Encode returned.
func (e *Encoder) Close() { C.stylecam_h264_encoder_close(e.c) }

func failure(what string, code C.int) error {
	if code == 0 {
		return nil
	}
	return fmt.Errorf("h264: %s: openh264 says %d", what, int(code))
}
