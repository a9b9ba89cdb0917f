package v4l2

// PackYUYV turns a row of blue, green, red into one of YUYV with the colours
// [SRGB601Limited]: two pixels share the mean of their chroma. An odd last pixel
// stands for two; dst has 4 bytes for every two pixels begun.
//
// The matrix is BT.601's (ITU-R BT.601-7, 2.5.3) in whole numbers of 1/65536.
// Each row adds up so that white is exactly 235 and grey has no colour.
func PackYUYV(dst, bgr []byte) {
	const (
		half   = 1 << 15
		black  = 16<<16 + half
		middle = 128<<17 + 1<<16 // of two pixels: one bit more
	)
	luma := func(b, g, r int32) byte { return byte((6416*b + 33039*g + 16829*r + black) >> 16) }
	for len(bgr) >= 3 {
		second := bgr[:3]
		if len(bgr) >= 6 {
			second = bgr[3:6]
		}
		b0, g0, r0 := int32(bgr[0]), int32(bgr[1]), int32(bgr[2])
		b1, g1, r1 := int32(second[0]), int32(second[1]), int32(second[2])
		b, g, r := b0+b1, g0+g1, r0+r1
		d := dst[:4:4]
		d[0] = luma(b0, g0, r0)
		d[1] = byte((28784*b - 19071*g - 9713*r + middle) >> 17)
		d[2] = luma(b1, g1, r1)
		d[3] = byte((28784*r - 24103*g - 4681*b + middle) >> 17)
		dst, bgr = dst[4:], bgr[min(6, len(bgr)):]
	}
}

// decoder is how a row of YUV becomes red, green and blue, in 1/65536.
type decoder struct {
	floor, luma  int32 // luma that is black, and one step of it
	vRed, vGreen int32 // what a step of V adds to red and green
	uGreen       int32 // and one of U to green and blue
	uBlue        int32
}

var (
	limited601 = decoder{16, 76309, 104597, -53279, -25675, 132201}
	full601    = decoder{0, 65536, 91881, -46802, -22553, 116130}
	limited709 = decoder{16, 76309, 117489, -34925, -13975, 138438}
	full709    = decoder{0, 65536, 103206, -30679, -12277, 121609}
)

func (c Colours) decoder() *decoder {
	switch full := c.FullRange(); {
	case c.BT709() && full:
		return &full709
	case c.BT709():
		return &limited709
	case full:
		return &full601
	}
	return &limited601
}

// UnpackYUYV turns a row of YUYV in colours c into blue, green, red: as many
// pixels as bgr has room for.
func UnpackYUYV(bgr, row []byte, c Colours) {
	m := c.decoder()
	for x := 0; 3*x < len(bgr); x++ {
		pair := row[4*(x/2):][:4]
		base := (int32(pair[2*(x%2)])-m.floor)*m.luma + 1<<15
		u, v := int32(pair[1])-128, int32(pair[3])-128
		p := bgr[3*x:][:3]
		p[0] = clamp(base + u*m.uBlue)
		p[1] = clamp(base + u*m.uGreen + v*m.vGreen)
		p[2] = clamp(base + v*m.vRed)
	}
}

// clamp takes 16 fractional bits off and holds the rest within 0..255.
func clamp(v int32) byte { return byte(min(max(v>>16, 0), 255)) }
