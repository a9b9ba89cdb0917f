package card

import (
	"image"

	"stylecam/frame"
)

// The code is a strip over the lowest fifth of the picture, cut into blocks that
// are black (0) or white (1):
//
//	white b0  b1  ... b15 black
//	white b16 b17 ... b31 black      32 bits of frame number, lowest first
//	white c0  c1  ... c15 black      16 bits of checksum
//
// The outer columns tell the reader what white and black have become on the way.
// Every place is a share of the picture's size, so scaling does no harm; and only
// the middle of a block is read, so blur and compression may do what they like at
// the edges.
const (
	codeBits    = 16 // a row
	codeRows    = 3
	codeColumns = codeBits + 2
	leastSpread = 48 // between black and white, of 255: less is no code
)

var (
	black = colour{}
	white = colour{255, 255, 255}
)

func writeCode(dst *frame.Frame, seq uint64) {
	rows := codeWords(uint32(seq))
	for y, bits := range rows {
		for x := range codeColumns {
			c := black
			if x == 0 || x <= codeBits && bits>>(x-1)&1 == 1 {
				c = white
			}
			fill(dst, codeBlock(dst, x, y), c)
		}
	}
}

// ReadCode returns the number of a test card's frame, modulo 2^32, and whether
// there is one to read: a picture without a code, or one damaged beyond reading,
// fails the checksum.
func ReadCode(f *frame.Frame) (seq uint64, ok bool) {
	var rows [codeRows]uint16
	for y := range codeRows {
		high, low := brightness(f, codeBlock(f, 0, y)), brightness(f, codeBlock(f, codeColumns-1, y))
		if high-low < leastSpread {
			return 0, false
		}
		for x := range codeBits {
			if brightness(f, codeBlock(f, x+1, y)) > (high+low)/2 {
				rows[y] |= 1 << x
			}
		}
	}
	n := uint32(rows[0]) | uint32(rows[1])<<16
	return uint64(n), rows == codeWords(n)
}

// codeWords are the three rows of bits.
func codeWords(n uint32) [codeRows]uint16 {
	return [codeRows]uint16{uint16(n), uint16(n >> 16), crc16(n)}
}

// crc16 is CRC-16/CCITT-FALSE of the four bytes of n.
func crc16(n uint32) uint16 {
	crc := uint16(0xffff)
	for range 32 {
		top := crc>>15 != 0
		bit := n>>31 != 0
		crc, n = crc<<1, n<<1
		if top != bit {
			crc ^= 0x1021
		}
	}
	return crc
}

func codeBlock(f *frame.Frame, x, y int) image.Rectangle {
	top := f.Height * 4 / 5
	return image.Rect(
		f.Width*x/codeColumns, top+(f.Height-top)*y/codeRows,
		f.Width*(x+1)/codeColumns, top+(f.Height-top)*(y+1)/codeRows)
}

// brightness is the mean over the middle of a block, 0 to 255.
func brightness(f *frame.Frame, r image.Rectangle) int {
	if r.Dx() < 1 || r.Dy() < 1 {
		return 0
	}
	r.Min = r.Min.Add(image.Pt(r.Dx()/3, r.Dy()/3))
	r.Max = r.Max.Sub(image.Pt(r.Dx()/3, r.Dy()/3))
	sum, n := 0, 0
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for _, v := range f.Row(y)[3*r.Min.X : 3*r.Max.X] {
			sum += int(v)
			n++
		}
	}
	return sum / max(1, n)
}
