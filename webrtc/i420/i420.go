// Package i420 converts between frames and the pictures that video codecs take:
// a plane of luma at full size and two of chroma at half of it, after ITU-R
// BT.601 in the limited range (16..235, 16..240). That is what a browser assumes
// of VP8, whose bitstream has no way to say anything else; a stream in another
// matrix or in full range looks washed out.
package i420

import "stylecam/frame"

// Picture is one picture in I420. The planes lie one after the other in Pix,
// rows without gaps, over an even width and height: an odd edge is repeated.
type Picture struct {
	Pix           []byte
	Width, Height int // visible
}

// Resize makes p a picture of the given size, reusing its memory where it can.
func (p *Picture) Resize(width, height int) {
	p.Width, p.Height = width, height
	n := p.Stride() * even(height) * 3 / 2
	if cap(p.Pix) < n {
		p.Pix = make([]byte, n)
	}
	p.Pix = p.Pix[:n]
}

// Stride is the length of a row of luma; a row of chroma is half of it.
func (p *Picture) Stride() int { return even(p.Width) }

// Planes returns luma, blue chroma and red chroma.
func (p *Picture) Planes() (y, u, v []byte) {
	luma := p.Stride() * even(p.Height)
	chroma := luma / 4
	return p.Pix[:luma], p.Pix[luma : luma+chroma], p.Pix[luma+chroma : luma+2*chroma]
}

func even(n int) int { return (n + 1) &^ 1 }

// The matrix in 16-bit fixed point. Its rows add up to 219/255 and to 0, so that
// white is 235 and grey has no colour, exactly.
const (
	yR, yG, yB = 16829, 33039, 6416
	uR, uG, uB = -9714, -19070, 28784
	vR, vG, vB = 28784, -24103, -4681

	yBias = 16<<16 + 1<<15
	cBias = 128<<18 + 1<<17 // chroma is of four pixels' sum, so two bits more
)

// FromBGR makes p the picture of f.
func (p *Picture) FromBGR(f *frame.Frame) {
	p.Resize(f.Width, f.Height)
	luma, u, v := p.Planes()
	stride := p.Stride()
	for y := 0; y < f.Height; y += 2 {
		top := f.Row(y)
		bottom := f.Row(min(y+1, f.Height-1))
		half := stride / 2
		convertRows(top, bottom,
			luma[y*stride:][:stride], luma[(y+1)*stride:][:stride],
			u[y/2*half:][:half], v[y/2*half:][:half])
	}
}

// convertRows turns two rows of pixels into two of luma and one of chroma.
func convertRows(top, bottom, lumaTop, lumaBottom, u, v []byte) {
	pairs := len(top) / 6
	for i := range pairs {
		a, b := top[6*i:6*i+6:6*i+6], bottom[6*i:6*i+6:6*i+6]
		b0, g0, r0 := int32(a[0]), int32(a[1]), int32(a[2])
		b1, g1, r1 := int32(a[3]), int32(a[4]), int32(a[5])
		b2, g2, r2 := int32(b[0]), int32(b[1]), int32(b[2])
		b3, g3, r3 := int32(b[3]), int32(b[4]), int32(b[5])
		lt, lb := lumaTop[2*i:2*i+2:2*i+2], lumaBottom[2*i:2*i+2:2*i+2]
		lt[0] = byte((yR*r0 + yG*g0 + yB*b0 + yBias) >> 16)
		lt[1] = byte((yR*r1 + yG*g1 + yB*b1 + yBias) >> 16)
		lb[0] = byte((yR*r2 + yG*g2 + yB*b2 + yBias) >> 16)
		lb[1] = byte((yR*r3 + yG*g3 + yB*b3 + yBias) >> 16)
		r, g, bl := r0+r1+r2+r3, g0+g1+g2+g3, b0+b1+b2+b3
		u[i] = byte((uR*r + uG*g + uB*bl + cBias) >> 18)
		v[i] = byte((vR*r + vG*g + vB*bl + cBias) >> 18)
	}
	if 6*pairs < len(top) { // an odd width: the last column stands for two
		a, b := top[6*pairs:], bottom[6*pairs:]
		edge := [4][6]byte{{a[0], a[1], a[2], a[0], a[1], a[2]}, {b[0], b[1], b[2], b[0], b[1], b[2]}}
		convertRows(edge[0][:], edge[1][:], lumaTop[2*pairs:], lumaBottom[2*pairs:], u[pairs:], v[pairs:])
	}
}

// ToBGR writes p into f, which has its size.
func (p *Picture) ToBGR(f *frame.Frame) {
	luma, u, v := p.Planes()
	stride := p.Stride()
	for y := range f.Height {
		row, l := f.Row(y), luma[y*stride:][:p.Width]
		cu, cv := u[y/2*(stride/2):][:stride/2], v[y/2*(stride/2):][:stride/2]
		for x, lum := range l {
			c := 76309 * (int32(lum) - 16)
			d, e := int32(cu[x/2])-128, int32(cv[x/2])-128
			px := row[3*x : 3*x+3 : 3*x+3]
			px[0] = clamp(c + 132201*d)
			px[1] = clamp(c - 25675*d - 53279*e)
			px[2] = clamp(c + 104597*e)
		}
	}
}

func clamp(v int32) byte {
	return byte(min(max((v+1<<15)>>16, 0), 255))
}
