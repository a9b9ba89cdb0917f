package paint

import (
	"fmt"
	"math"
	"testing"
	"time"

	"stylecam/filter"
	"stylecam/style"
)

func TestStylesFade(t *testing.T) {
	var d fader
	began := time.Unix(0, 0)
	at := func(after time.Duration, p filter.Params) map[string]float32 {
		t.Helper()
		parts, err := d.parts(&p, began.Add(after), find, false)
		if err != nil {
			t.Fatal(err)
		}
		weights := map[string]float32{}
		var sum float32
		for _, s := range parts {
			weights[s.name] = s.background
			sum += s.background
		}
		if math.Abs(float64(sum)-1) > 1e-5 {
			t.Fatalf("after %v the weights add up to %g", after, sum)
		}
		return weights
	}
	dark, light := filter.Defaults("dark"), filter.Defaults("light")
	for _, step := range []struct {
		after time.Duration
		p     filter.Params
		want  map[string]float32
	}{
		{0, dark, map[string]float32{"dark": 1}},
		{time.Second, light, map[string]float32{"dark": 1, "light": 0}},
		{time.Second + fadeTime/2, light, map[string]float32{"dark": 0.5, "light": 0.5}},
		{time.Second + fadeTime/2, dark, map[string]float32{"dark": 0.5, "light": 0.5}}, // back, half way
		{time.Second + fadeTime, dark, map[string]float32{"dark": 0.75, "light": 0.25}},
		{time.Second + 2*fadeTime, dark, map[string]float32{"dark": 1}},
	} {
		got := at(step.after, step.p)
		if len(got) != len(step.want) {
			t.Errorf("after %v: %v, want %v", step.after, got, step.want)
		}
		for name, w := range step.want {
			if math.Abs(float64(got[name]-w)) > 1e-3 {
				t.Errorf("after %v: %s has %g, want %g", step.after, name, got[name], w)
			}
		}
	}
}

// However fast one leafs through the styles, only a few of them are painted at once.
func TestLeafingThroughStylesPaintsFewAtOnce(t *testing.T) {
	tensors := make(map[string]*style.Tensors)
	find := func(name string) (*style.Tensors, error) {
		if tensors[name] == nil {
			tensors[name] = new(style.Tensors)
		}
		return tensors[name], nil
	}
	for _, apart := range []bool{true, false} {
		most := strongest + 1
		if apart {
			most = 4
		}
		var d fader
		now, painted := time.Unix(0, 0), 0
		for n := range 80 {
			p := filter.Defaults(fmt.Sprint("background ", n/2)) // changed in every second frame
			if apart {
				p.PersonStyle = filter.Mix{{Name: fmt.Sprint("person ", n/2), Weight: 1}}
			}
			parts, err := d.parts(&p, now, find, false)
			if err != nil {
				t.Fatal(err)
			}
			painted = max(painted, len(parts))
			var person, background float32
			for _, s := range parts {
				person, background = person+s.person, background+s.background
			}
			if math.Abs(float64(person)-1) > 1e-5 || math.Abs(float64(background)-1) > 1e-5 {
				t.Fatalf("in frame %d the weights add up to %g and %g", n, person, background)
			}
			now = now.Add(fadeTime / 8)
		}
		if painted != most {
			t.Errorf("person apart %t: up to %d styles are painted, want %d", apart, painted, most)
		}
	}
}

// One style becomes another within a live run of frames: every step small, SANet
// run once a frame.
func TestAChangeOfStyleIsSmooth(t *testing.T) {
	s := newStudio(t, nil)
	f := portrait(320, 240)
	p := filter.Defaults("dark")
	p.Detail, p.Person = 0, p.Background
	brightness := func() int {
		f.Captured = f.Captured.Add(time.Second / 30)
		return int(s.apply(t, f, p).Row(10)[30])
	}
	before := brightness()
	p.Style = filter.Mix{{Name: "light", Weight: 1}}
	runs, last, frames := s.sanet.runs, before, 0
	for ; last < 215 && frames < 30; frames++ {
		v := brightness()
		if v < last-1 || v > last+20 {
			t.Errorf("from %d to %d within one frame", last, v)
		}
		last = v
	}
	if frames < 12 || frames > 18 {
		t.Errorf("took %d frames, want half a second", frames)
	}
	if s.sanet.runs != runs+frames {
		t.Errorf("SANet ran %d times for %d frames", s.sanet.runs-runs, frames)
	}
	if brightness(); s.sanet.styles != 1 {
		t.Errorf("%d styles are painted after the fade", s.sanet.styles)
	}
}

func TestUnknownStyleKeepsTheOldOne(t *testing.T) {
	var d fader
	dark, unknown := filter.Defaults("dark"), filter.Defaults("unknown")
	for range 2 {
		if parts, err := d.parts(&dark, time.Time{}, find, false); err != nil || parts[0].name != "dark" {
			t.Fatalf("parts %v, error %v", parts, err)
		}
		if _, err := d.parts(&unknown, time.Time{}, find, false); err == nil {
			t.Fatal("an unknown style was found")
		}
	}
}
