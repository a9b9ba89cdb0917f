package style

import "math"

// Half precision (IEEE 754 binary16) as styles are kept: 11 bits of mantissa are
// more than the attention that reads them can tell apart, at half the bytes.

// maxHalf is the largest number that half precision holds.
const maxHalf = 65504

// toHalf rounds to the nearest, ties to even. f is finite, at most maxHalf.
func toHalf(f float32) uint16 {
	bits := math.Float32bits(f)
	sign := uint16(bits >> 16 & 0x8000)
	magnitude := bits &^ (1 << 31)
	if magnitude < 113<<23 { // below 2^-14: a multiple of 2^-24, without exponent
		// Adding 1/2 puts that unit at the mantissa's last place, and rounds.
		rounded := math.Float32frombits(magnitude) + 0.5
		return sign | uint16(math.Float32bits(rounded)-math.Float32bits(0.5))
	}
	odd := magnitude >> 13 & 1
	magnitude += 0xfff + odd      // rounds, ties to even, carrying into the exponent
	magnitude -= (127 - 15) << 23 // from one exponent's bias to the other's
	return sign | uint16(magnitude>>13)
}

// fromHalf is exact. Infinities and NaN come out as such.
func fromHalf(h uint16) float32 {
	sign := uint32(h&0x8000) << 16
	exponent := uint32(h >> 10 & 0x1f)
	mantissa := uint32(h & 0x3ff)
	switch exponent {
	case 0:
		f := float32(mantissa) / (1 << 24)
		return math.Float32frombits(sign | math.Float32bits(f))
	case 0x1f:
		return math.Float32frombits(sign | 0xff<<23 | mantissa<<13)
	}
	return math.Float32frombits(sign | (exponent+127-15)<<23 | mantissa<<13)
}
