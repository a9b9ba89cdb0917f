package capture

import (
	"bytes"
	_ "embed"
	"image"
	"image/jpeg"
	"math"
	"math/rand/v2"

	"stylecam/frame"
)

//go:embed portrait/collins.jpg
var portrait []byte // public domain, see portrait/SOURCE.txt

// newDemo is the camera of a machine that has none: the portrait as a hand-held
// camera sees it, panned, zoomed and turned slowly, with the noise of a sensor.
func newDemo(c Config) (*drawn, error) {
	d, err := newScene()
	if err != nil {
		return nil, err
	}
	source := newDrawn("demo", c, nil)
	source.draw = func(dst *frame.Frame, seq uint64) { d.draw(dst, seq, float64(seq)/source.info.FPS) }
	return source, nil
}

// scene is what the demo's camera looks at. Pixels are kept as three lanes of 16
// bits in one word, so that one multiplication weighs all three colours.
type scene struct {
	pix   []uint64 // side*side
	side  int
	noise []uint64 // tile*tile, each lane 0..2*grain, mean grain
}

const (
	blueLane, greenLane, redLane = 0, 16, 32

	lanes    = 1<<blueLane | 1<<greenLane | 1<<redLane
	laneMask = 0xff * lanes

	tile  = 256 // of noise; a power of two
	grain = 12  // the largest noise, in levels; its deviation is about a third
)

func newScene() (*scene, error) {
	m, err := jpeg.Decode(bytes.NewReader(portrait))
	if err != nil {
		return nil, err
	}
	side := m.Bounds().Dx()
	s := &scene{side: side, pix: make([]uint64, side*side), noise: make([]uint64, tile*tile)}
	picture := toFrame(m, image.Rect(0, 0, side, side), upright)
	for i := range s.pix {
		p := picture.Pix[3*i:]
		s.pix[i] = uint64(p[0])<<blueLane | uint64(p[1])<<greenLane | uint64(p[2])<<redLane
	}
	random := rand.New(rand.NewPCG(1993, 7)) // any seed does, so long as it stays
	for i := range s.noise {
		for _, lane := range []int{blueLane, greenLane, redLane} {
			v := math.Round(random.NormFloat64() * grain / 3)
			s.noise[i] |= uint64(grain+min(max(v, -grain), grain)) << lane
		}
	}
	return s, nil
}

// view says where the camera looks at a time: source coordinates of the middle of
// output pixel (x, y) are (x0 + x*ux - y*uy, y0 + x*uy + y*ux).
type view struct{ x0, y0, ux, uy float64 }

// look moves the camera: two slow swings a direction that never meet again, a
// zoom of some percent, a tilt of three degrees. Sizes are shares of the largest
// view of the frame's shape that fits the portrait, and the whole stays inside.
func (s *scene) look(width, height int, seconds float64) view {
	side := float64(s.side)
	w, h := float64(width), float64(height)
	swing := func(period, phase float64) float64 { return math.Sin(2*math.Pi*seconds/period + phase) }

	zoom := 1.14 + 0.05*swing(9, 0)
	tilt := 3 * math.Pi / 180 * swing(13, 1)
	step := side / max(w, h) / zoom // source pixels an output pixel
	ux, uy := step*math.Cos(tilt), step*math.Sin(tilt)

	// How far the tilted view reaches from its centre, and the room that is left.
	reachX := (w*ux + h*math.Abs(uy)) / 2
	reachY := (h*ux + w*math.Abs(uy)) / 2
	roomX, roomY := side/2-reachX-1, side/2-reachY-1
	// Her face is a little left of the middle, and her hair at the upper edge.
	cx := side/2 + roomX*(-0.2+0.8*swing(11, 2))
	cy := side/2 + roomY*(-0.85+0.15*swing(7, 0))

	return view{
		x0: cx - (w-1)/2*ux + (h-1)/2*uy,
		y0: cy - (w-1)/2*uy - (h-1)/2*ux,
		ux: ux, uy: uy,
	}
}

// clamped[v] is v-grain held within 0..255, for every v that 9 bits can say.
var clamped = func() (table [1 << 9]byte) {
	for v := range table {
		table[v] = byte(min(max(v-grain, 0), 255))
	}
	return table
}()

// draw makes the frame of a time; seq shifts the noise, so that no two are alike.
func (s *scene) draw(dst *frame.Frame, seq uint64, seconds float64) {
	const one = 1 << 16 // fixed point
	fixed := func(v float64) int { return int(math.Round(v * one)) }
	v := s.look(dst.Width, dst.Height, seconds)
	ux, uy := fixed(v.ux), fixed(v.uy)

	shift := rand.New(rand.NewPCG(seq, 7))
	noiseX, noiseY := shift.IntN(tile), shift.IntN(tile)

	for y := range dst.Height {
		row := dst.Row(y)
		noise := (*[tile]uint64)(s.noise[(noiseY+y)%tile*tile:])
		sx := fixed(v.x0 - float64(y)*v.uy)
		sy := fixed(v.y0 + float64(y)*v.ux)
		for x := range dst.Width {
			at := sy>>16*s.side + sx>>16
			upper, lower := s.pix[at:at+2:at+2], s.pix[at+s.side:at+s.side+2]
			fx, fy := uint64(sx>>8&0xff), uint64(sy>>8&0xff)
			a := (upper[0]*(256-fx) + upper[1]*fx) >> 8 & laneMask
			b := (lower[0]*(256-fx) + lower[1]*fx) >> 8 & laneMask
			p := (a*(256-fy)+b*fy)>>8&laneMask + noise[uint(noiseX+x)%tile]

			out := row[3*x : 3*x+3]
			out[0] = clamped[p>>blueLane&0x1ff]
			out[1] = clamped[p>>greenLane&0x1ff]
			out[2] = clamped[p>>redLane&0x1ff]
			sx += ux
			sy += uy
		}
	}
}
