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

// refineOne refines a single mask of segH x segW over a grey frame of 640x480,
// which has no edges to follow.
func refineOne(t *testing.T, how Refinement, person func(x, y int) bool) *Mask {
	t.Helper()
	s, r := NewScene(), NewRefiner()
	t.Cleanup(func() { s.Close(); r.Close() })
	if err := s.Load(frame.New(640, 480)); err != nil {
		t.Fatal(err)
	}
	raw := make([]float32, segH*segW)
	for i := range raw {
		if person(i%segW, i/segW) {
			raw[i] = 1
		}
	}
	m, err := r.Refine(s, raw, segH, segW, how)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestIsletsAndHolesGoFingersStay(t *testing.T) {
	in := func(x, y, left, top, right, bottom int) bool { return x >= left && x < right && y >= top && y < bottom }
	m := refineOne(t, Refinement{}, func(x, y int) bool {
		body := in(x, y, 60, 60, 130, 144) && !in(x, y, 90, 100, 94, 104)
		finger := in(x, y, 130, 80, 136, 84)
		islet := in(x, y, 20, 20, 24, 24)
		return body || finger || islet
	})
	full, err := m.Full()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what   string
		x, y   int
		person bool
	}{
		{"the body", 70, 130, true}, {"the hole", 92, 102, true}, {"the finger", 132, 82, true},
		{"the islet", 22, 22, false}, {"the room", 150, 30, false},
	} {
		at := c.y*480/segH*640 + c.x*640/segW
		if got := full[at] > 127; got != c.person {
			t.Errorf("%s is %d", c.what, full[at])
		}
	}
}

func TestFeatherReachesOutward(t *testing.T) {
	half := func(x, _ int) bool { return x >= segW/2 }
	row := func(feather float32) []byte {
		full, err := refineOne(t, Refinement{Feather: feather}, half).Full()
		if err != nil {
			t.Fatal(err)
		}
		return full[240*640:][:640]
	}
	hard, soft := row(0), row(16)
	for x := range hard {
		if soft[x] < hard[x] {
			t.Fatalf("feather takes from %d to %d at %d, %d pixels from the edge", hard[x], soft[x], x, x-320)
		}
	}
	if soft[320] < 250 || soft[320-8] < 64 || soft[320-8] > 192 || soft[320-40] > 0 {
		t.Errorf("at the edge %d, half way out %d, beyond %d", soft[320], soft[320-8], soft[320-40])
	}
}

func TestAverageIsThePersonsShareOfAPlace(t *testing.T) {
	m := refineOne(t, Refinement{}, func(x, _ int) bool { return x >= segW/2 })
	const h, w = paintH / 4, paintW / 4
	places := make([]float32, h*w)
	if err := m.Average(places, h, w); err != nil {
		t.Fatal(err)
	}
	if places[0] != 0 || places[w/2-4] != 0 || places[w/2+4] != 1 || places[w-1] != 1 {
		t.Errorf("a row of places is %v", places[:w])
	}
	if m.Average(places[1:], h, w) == nil {
		t.Error("a wrong length was taken")
	}
}
