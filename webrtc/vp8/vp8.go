// Package vp8 encodes and decodes VP8 by libvpx, set for conversation: a frame
// in, a frame out, at a constant rate, with key frames only when asked for.
// Everything that is not for that is left out; the whole binding is this file
// and vpx.c.
package vp8

// #cgo LDFLAGS: -lvpx
// #include "vpx.h"
import "C"

import (
	"fmt"
	"unsafe"

	"stylecam/webrtc/i420"
)

// Encoder is a stream's encoder. One goroutine uses it at a time.
type Encoder struct {
	ctx    *C.vpx_codec_ctx_t
	cfg    *C.vpx_codec_enc_cfg_t
	width  int
	height int
	last   int64 // pts of the last picture; -1 before the first
}

// NewEncoder returns an encoder of pictures of the given size, at kbps
// kilobits a second.
func NewEncoder(width, height, kbps int) (*Encoder, error) {
	if width < 1 || height < 1 || width > 16383 || height > 16383 { // 14 bits in the bitstream
		return nil, fmt.Errorf("vp8: a picture of %dx%d is outside 1x1..16383x16383", width, height)
	}
	e := &Encoder{
		ctx:   (*C.vpx_codec_ctx_t)(C.calloc(1, C.sizeof_vpx_codec_ctx_t)),
		cfg:   (*C.vpx_codec_enc_cfg_t)(C.calloc(1, C.sizeof_vpx_codec_enc_cfg_t)),
		width: width, height: height, last: -1,
	}
	if err := C.stylecam_vp8_encoder_open(e.ctx, e.cfg, C.int(width), C.int(height), C.int(kbps)); err != C.VPX_CODEC_OK {
		e.free()
		return nil, failure("open the encoder", err)
	}
	return e, nil
}

// SetRate changes the rate from the next picture on.
func (e *Encoder) SetRate(kbps int) error {
	return failure("set the rate", C.stylecam_vp8_encoder_rate(e.ctx, e.cfg, C.int(kbps)))
}

// Encode returns the coded picture, valid until the next call, and whether it is
// a key frame; key asks for one. pts counts 1/90000 s and grows.
func (e *Encoder) Encode(p *i420.Picture, pts int64, key bool) (data []byte, isKey bool, err error) {
	if p.Width != e.width || p.Height != e.height {
		return nil, false, fmt.Errorf("vp8: a picture of %dx%d for an encoder of %dx%d", p.Width, p.Height, e.width, e.height)
	}
	if pts <= e.last {
		return nil, false, fmt.Errorf("vp8: time stamp %d is not after %d", pts, e.last)
	}
	duration := C.ulong(3000) // the first is taken for one of thirty a second
	if e.last >= 0 {
		duration = C.ulong(pts - e.last)
	}
	var packet unsafe.Pointer
	var size C.size_t
	var gotKey C.int
	code := C.stylecam_vp8_encode(e.ctx, (*C.uint8_t)(&p.Pix[0]), C.int(p.Width), C.int(p.Height),
		C.int64_t(pts), duration, flag(key), &packet, &size, &gotKey)
	if code != C.VPX_CODEC_OK {
		return nil, false, failure("encode", code)
	}
	e.last = pts
	return unsafe.Slice((*byte)(packet), int(size)), gotKey != 0, nil
}

// Close frees the encoder and what Encode returned.
func (e *Encoder) Close() {
	C.vpx_codec_destroy(e.ctx)
	e.free()
}

func (e *Encoder) free() {
	C.free(unsafe.Pointer(e.ctx))
	C.free(unsafe.Pointer(e.cfg))
}

// Decoder is a stream's decoder. One goroutine uses it at a time.
type Decoder struct{ ctx *C.vpx_codec_ctx_t }

// NewDecoder returns a decoder that waits for a key frame.
func NewDecoder() (*Decoder, error) {
	d := &Decoder{(*C.vpx_codec_ctx_t)(C.calloc(1, C.sizeof_vpx_codec_ctx_t))}
	if err := C.stylecam_vp8_decoder_open(d.ctx); err != C.VPX_CODEC_OK {
		C.free(unsafe.Pointer(d.ctx))
		return nil, failure("open the decoder", err)
	}
	return d, nil
}

// maxPixels bounds the pictures that a sender can make us keep: 4096x2304.
const maxPixels = 4096 * 2304

// Decode writes the picture that data codes into p, and tells whether there was
// one. data comes from the network and may be anything; after an error, a key
// frame is needed.
func (d *Decoder) Decode(data []byte, p *i420.Picture) (bool, error) {
	if len(data) == 0 {
		return false, nil
	}
	if width, height, ok := keyFrameSize(data); ok && width*height > maxPixels {
		return false, fmt.Errorf("vp8: a picture of %dx%d has more than %d pixels", width, height, maxPixels)
	}
	var code C.vpx_codec_err_t
	image := C.stylecam_vp8_decode(d.ctx, (*C.uint8_t)(&data[0]), C.uint(len(data)), &code)
	if code != C.VPX_CODEC_OK {
		return false, failure("decode", code)
	}
	if image == nil {
		return false, nil
	}
	p.Resize(int(image.d_w), int(image.d_h))
	y, u, v := p.Planes()
	half := p.Stride() / 2
	copyPlane(y, p.Stride(), image, C.VPX_PLANE_Y)
	copyPlane(u, half, image, C.VPX_PLANE_U)
	copyPlane(v, half, image, C.VPX_PLANE_V)
	return true, nil
}

// copyPlane fills rows of stride bytes. libvpx keeps whole macroblocks, so its
// rows are long enough, and there are enough of them, for an even size.
func copyPlane(dst []byte, stride int, image *C.vpx_image_t, plane int) {
	step := int(image.stride[plane])
	rows := len(dst) / stride
	src := unsafe.Slice((*byte)(image.planes[plane]), (rows-1)*step+stride)
	for y := range rows {
		copy(dst[y*stride:(y+1)*stride], src[y*step:])
	}
}

// keyFrameSize reads the size from a key frame's header (RFC 6386, 9.1).
func keyFrameSize(data []byte) (width, height int, ok bool) {
	if len(data) < 10 || data[0]&1 != 0 || data[3] != 0x9d || data[4] != 0x01 || data[5] != 0x2a {
		return 0, 0, false
	}
	return int(data[6]) | int(data[7]&0x3f)<<8, int(data[8]) | int(data[9]&0x3f)<<8, true
}

// Close frees the decoder.
func (d *Decoder) Close() {
	C.vpx_codec_destroy(d.ctx)
	C.free(unsafe.Pointer(d.ctx))
}

func flag(b bool) C.int {
	if b {
		return 1
	}
	return 0
}

func failure(what string, err C.vpx_codec_err_t) error {
	if err == C.VPX_CODEC_OK {
		return nil
	}
	return fmt.Errorf("vp8: %s: %s", what, C.GoString(C.vpx_codec_err_to_string(err)))
}
