package blend

import (
	"math"
	"math/rand/v2"
	"testing"

	"stylecam/frame"
)

// ovalAt is 1 inside, 0 outside of an upright oval around the origin.
func ovalAt(x, y, radius, edge float64) float32 {
	d := radius - math.Hypot(1.3*x, y)
	return float32(min(max(d/edge+0.5, 0), 1))
}

// paintScene paints a person's oval over a room, both textured, with the camera's
// noise (sigma 2) and a wobble of the exposure.
func paintScene(f *frame.Frame, cx, cy float64, rng *rand.Rand) {
	gain := 1 + 0.06*(rng.Float64()-0.5)
	for y := range f.Height {
		row := f.Row(y)
		for x := range f.Width {
			u, v := float64(x)/float64(f.Height), float64(y)/float64(f.Height)
			a := float64(ovalAt(u-cx*float64(f.Width)/float64(f.Height), v-cy, 0.3, 0.004))
			room := 90 + 40*math.Sin(23*u)*math.Cos(17*v)
			person := 170 + 20*math.Sin(40*(u-cx))*math.Sin(31*v)
			value := gain * (room + a*(person-room))
			value += 1.4 * rng.NormFloat64() // what is left in the luminance of sigma 2 in each colour
			for c := range 3 {
				row[3*x+c] = byte(min(max(value+float64(10*c), 0), 255))
			}
		}
	}
}

// netMask is what a network makes of it: the truth on its grid, with doubt along
// the edge that changes from frame to frame.
func netMask(cx, cy float64, rng *rand.Rand) []float32 {
	m := oval(segH, segW, cx, cy, 0.3)
	shift := oval(segH, segW, cx+0.004*(rng.Float64()-0.5), cy, 0.3+0.004*(rng.Float64()-0.5))
	for i := range m {
		doubt := 0.2 * (rng.Float64() - 0.5) * float64(4*shift[i]*(1-shift[i])+0.02)
		m[i] = min(max(shift[i]+float32(doubt), 0), 1)
	}
	return m
}

// flicker is the mean change from mask to mask, in 1/1000 of full scale.
func flicker(masks [][]byte) float64 {
	var sum, n float64
	for t := 1; t < len(masks); t++ {
		for i, v := range masks[t] {
			sum += math.Abs(float64(v) - float64(masks[t-1][i]))
			n++
		}
	}
	return 1000 * sum / n / 255
}

func iou(mask []byte, w, h int, cx, cy float64) float64 {
	var and, or float64
	for y := range h {
		for x := range w {
			truth := ovalAt((float64(x)+0.5)/float64(h)-cx*float64(w)/float64(h), (float64(y)+0.5)/float64(h)-cy, 0.3, 1e-6) > 0.5
			found := mask[y*w+x] > 127
			if truth && found {
				and++
			}
			if truth || found {
				or++
			}
		}
	}
	return and / or
}

// run refines a sequence: still frames resting at cx(0), or wherever cx says.
func run(t *testing.T, frames int, how Refinement, cx func(int) float64) [][]byte {
	t.Helper()
	s, r := NewScene(), NewRefiner()
	defer s.Close()
	defer r.Close()
	rng := rand.New(rand.NewPCG(7, 7))
	f := frame.New(640, 480)
	var masks [][]byte
	for i := range frames {
		paintScene(f, cx(i), 0.5, rng)
		if err := s.Load(f); err != nil {
			t.Fatal(err)
		}
		m, err := r.Refine(s, netMask(cx(i), 0.5, rng), segH, segW, how)
		if err != nil {
			t.Fatal(err)
		}
		full, err := m.Full()
		if err != nil {
			t.Fatal(err)
		}
		masks = append(masks, append([]byte(nil), full...))
	}
	return masks
}

// The goals are those of the two published presets.
func TestRefineHoldsStillAndFollows(t *testing.T) {
	for _, c := range []struct {
		name         string
		smoothing    float32
		flicker, lag float64
	}{
		{"none", 0, 5, -0.02},
		{"quick", 0.5, 0.4, -0.02},
		{"steady", 0.8, 0.2, -0.05},
	} {
		t.Run(c.name, func(t *testing.T) {
			how := Refinement{Smoothing: c.smoothing}
			resting := run(t, 30, how, func(int) float64 { return 0.5 })
			got := flicker(resting)

			const step, moving = 8.0 / 640, 24
			at := func(i int) float64 { return 0.35 + step*float64(min(i, moving)) }
			masks := run(t, moving+12, how, at)
			var inMotion, atRest, n1, n2 float64
			for i, m := range masks {
				switch score := iou(m, 640, 480, at(i), 0.5); {
				case i >= 4 && i < moving:
					inMotion, n1 = inMotion+score, n1+1
				case i >= moving+6:
					atRest, n2 = atRest+score, n2+1
				}
			}
			lag := inMotion/n1 - atRest/n2
			t.Logf("flicker %.2f/1000, IoU at rest %.3f, lag %+.3f", got, atRest/n2, lag)
			if got > c.flicker || lag < c.lag {
				t.Errorf("flicker %.2f, lag %+.3f; want at most %.2f and at least %.2f", got, lag, c.flicker, c.lag)
			}
			if atRest/n2 < 0.95 {
				t.Errorf("IoU at rest %.3f, want 0.95", atRest/n2)
			}
		})
	}
}
