package v4l2

import (
	"fmt"

	"stylecam/frame"
	video "stylecam/v4l2"
	"stylecam/y4m"
)

// encoder writes f, which has the granted size, into a picture of the device.
type encoder func(dst []byte, f *frame.Frame) error

// encoderFor returns the encoder of a granted format, and its pictures' size.
func encoderFor(g video.Format) (encoder, int, error) {
	if g.Width < 2 || g.Height < 2 || g.Width%2 != 0 || g.Height%2 != 0 {
		return nil, 0, fmt.Errorf("the device insists on %dx%d, which has no whole pairs of pixels", g.Width, g.Height)
	}
	switch g.Fourcc {
	case video.YUYV:
		stride := max(g.Stride, 2*g.Width)
		return yuyv(stride), stride * g.Height, nil
	case video.I420:
		stride := max(g.Stride, g.Width)
		return i420(g.Width, g.Height, stride), stride * g.Height * 3 / 2, nil
	}
	return nil, 0, fmt.Errorf("the device is locked to %s by who uses it; close the programs that have it open", g.Fourcc)
}

func yuyv(stride int) encoder {
	return func(dst []byte, f *frame.Frame) error {
		for y := range f.Height {
			video.PackYUYV(dst[y*stride:], f.Row(y))
		}
		return nil
	}
}

// i420 encodes into planes whose rows may be longer than the picture is wide.
func i420(width, height, stride int) encoder {
	h := y4m.Header{Width: width, Height: height, Chroma: y4m.C420}
	tight := make([]byte, h.FrameSize())
	return func(dst []byte, f *frame.Frame) error {
		if err := h.Planes(tight, f); err != nil {
			return err
		}
		dst = rows(dst, tight, width, stride, height)
		dst = rows(dst, tight[width*height:], width/2, stride/2, height/2)
		rows(dst, tight[width*height*5/4:], width/2, stride/2, height/2)
		return nil
	}
}

// rows copies n rows into longer ones and returns what is left of dst.
func rows(dst, src []byte, width, stride, n int) []byte {
	for y := range n {
		copy(dst[y*stride:], src[y*width:][:width])
	}
	return dst[n*stride:]
}

// fit scales src into dst, whole, in its own proportions, on black where dst has
// other ones. Bilinear: it serves the rare reader that holds another format.
func fit(dst, src *frame.Frame) {
	w, h := dst.Width, max(1, src.Height*dst.Width/src.Width)
	if h > dst.Height {
		w, h = max(1, src.Width*dst.Height/src.Height), dst.Height
	}
	left, top := (dst.Width-w)/2, (dst.Height-h)/2
	clear(dst.Pix)
	for y := range h {
		y0, fy := sample(y, h, src.Height)
		upper, lower := src.Row(y0), src.Row(min(y0+1, src.Height-1))
		row := dst.Row(top + y)[3*left:]
		for x := range w {
			x0, fx := sample(x, w, src.Width)
			a, b := 3*x0, 3*min(x0+1, src.Width-1)
			for c := range 3 {
				over := int(upper[a+c])*(256-fx) + int(upper[b+c])*fx
				under := int(lower[a+c])*(256-fx) + int(lower[b+c])*fx
				row[3*x+c] = byte((over*(256-fy) + under*fy + 1<<15) >> 16)
			}
		}
	}
}

// sample returns which of n source pixels the middle of pixel i of size falls
// on, and how far towards the next one, in 1/256.
func sample(i, size, n int) (at, part int) {
	p := max(0, ((2*i+1)*n*256/size-256)/2)
	return min(p>>8, n-1), p & 255
}
