package capture

import (
	"image"
	"math"
)

// fullRange stretches the planes of a lossy WebP, which are BT.601 in limited
// range (RFC 6386, 9.2), in place. Go's decoder hands them over as they are, in
// types that Go takes for JPEG's full range: black would come out as dark grey.
func fullRange(m image.Image) {
	switch m := m.(type) {
	case *image.YCbCr:
		stretch(m)
	case *image.NYCbCrA:
		stretch(&m.YCbCr)
	}
}

func stretch(m *image.YCbCr) {
	var luma, chroma [256]byte
	for i := range 256 {
		v := float64(i)
		luma[i] = toByte((v - 16) * 255 / 219)
		chroma[i] = toByte(128 + (v-128)*255/224)
	}
	for i, v := range m.Y {
		m.Y[i] = luma[v]
	}
	for i := range m.Cb {
		m.Cb[i], m.Cr[i] = chroma[m.Cb[i]], chroma[m.Cr[i]]
	}
}

func toByte(v float64) byte { return byte(math.Round(min(max(v, 0), 255))) }
