package y4m

import (
	"fmt"

	"stylecam/frame"
)

// BT.601 in whole numbers of 1/65536. Limited range gives luma 219 of the 255
// steps and chroma 224 (ITU-R BT.601-7, 2.5.3); full range is JFIF's.
type matrix struct {
	floor, y      int // luma that is black, and one step of it
	vRed, vGreen  int // what a step of V adds to red and green
	uGreen, uBlue int // and one of U to green and blue
}

var (
	limited = matrix{floor: 16, y: 76309, vRed: 104597, vGreen: -53279, uGreen: -25675, uBlue: 132201}
	full    = matrix{floor: 0, y: 65536, vRed: 91881, vGreen: -46802, uGreen: -22553, uBlue: 116130}
)

// Picture turns a frame's planes into blue, green, red. dst has the stream's size.
func (h Header) Picture(dst *frame.Frame, planes []byte) error {
	if dst.Width != h.Width || dst.Height != h.Height || len(planes) != h.FrameSize() {
		return fmt.Errorf("a picture of %dx%d from %d bytes of a stream of %dx%d", dst.Width, dst.Height, len(planes), h.Width, h.Height)
	}
	m := &limited
	if h.Full {
		m = &full
	}
	cw, ch := h.chromaSize()
	luma, u, v := planes[:h.Width*h.Height], planes[h.Width*h.Height:][:cw*ch], planes[h.Width*h.Height+cw*ch:]
	for y := range h.Height {
		row, ys := dst.Row(y), luma[y*h.Width:][:h.Width]
		if h.Chroma == Mono {
			for x, l := range ys {
				grey := clamp((int(l)-m.floor)*m.y + 1<<15)
				row[3*x], row[3*x+1], row[3*x+2] = grey, grey, grey
			}
			continue
		}
		cy, shift := y, 0
		if ch < h.Height {
			cy = y / 2
		}
		if cw < h.Width {
			shift = 1
		}
		us, vs := u[cy*cw:][:cw], v[cy*cw:][:cw]
		for x, l := range ys {
			base := (int(l)-m.floor)*m.y + 1<<15
			cu, cv := int(us[x>>shift])-128, int(vs[x>>shift])-128
			p := row[3*x : 3*x+3]
			p[0] = clamp(base + cu*m.uBlue)
			p[1] = clamp(base + cu*m.uGreen + cv*m.vGreen)
			p[2] = clamp(base + cv*m.vRed)
		}
	}
	return nil
}

// Planes turns a picture into the planes of a 4:2:0 stream in limited range, in
// which U and V are the mean of four pixels. dst has FrameSize bytes.
func (h Header) Planes(dst []byte, src *frame.Frame) error {
	if h.Chroma != C420 || h.Full {
		return fmt.Errorf("pictures are written as 420 in limited range, not as %v", h)
	}
	if src.Width != h.Width || src.Height != h.Height || len(dst) != h.FrameSize() {
		return fmt.Errorf("%d bytes of a stream of %dx%d from a picture of %dx%d", len(dst), h.Width, h.Height, src.Width, src.Height)
	}
	cw, ch := h.chromaSize()
	luma, u, v := dst[:h.Width*h.Height], dst[h.Width*h.Height:][:cw*ch], dst[h.Width*h.Height+cw*ch:]
	for cy := range ch {
		y := 2 * cy
		below := min(y+1, h.Height-1) // the last row of an odd height stands for two
		upper, lower := src.Row(y), src.Row(below)
		lumaRow(luma[y*h.Width:][:h.Width], upper)
		lumaRow(luma[below*h.Width:][:h.Width], lower)
		for cx := range cw {
			a, b := 3*(2*cx), 3*min(2*cx+1, h.Width-1)
			blue := int(upper[a]) + int(upper[b]) + int(lower[a]) + int(lower[b])
			green := int(upper[a+1]) + int(upper[b+1]) + int(lower[a+1]) + int(lower[b+1])
			red := int(upper[a+2]) + int(upper[b+2]) + int(lower[a+2]) + int(lower[b+2])
			const mid = 128<<18 + 1<<17 // four pixels: two bits more
			u[cy*cw+cx] = byte((28784*blue - 19071*green - 9713*red + mid) >> 18)
			v[cy*cw+cx] = byte((28784*red - 24103*green - 4681*blue + mid) >> 18)
		}
	}
	return nil
}

func lumaRow(dst, row []byte) {
	for x := range dst {
		p := row[3*x : 3*x+3]
		dst[x] = byte((6416*int(p[0]) + 33039*int(p[1]) + 16829*int(p[2]) + 16<<16 + 1<<15) >> 16)
	}
}

// clamp takes 16 fractional bits off and holds the rest within 0..255.
func clamp(v int) byte {
	return byte(min(max(v>>16, 0), 255))
}
