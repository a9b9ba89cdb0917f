package paint

import (
	"math"
	"testing"
	"time"

	"stylecam/filter"
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
