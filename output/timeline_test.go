package output

import (
	"math/rand/v2"
	"testing"
	"time"

	"stylecam/frame"
)

func TestTimeline(t *testing.T) {
	ms := func(values ...int) []time.Duration {
		var times []time.Duration
		for _, v := range values {
			times = append(times, time.Duration(v)*time.Millisecond)
		}
		return times
	}
	for _, test := range []struct {
		name     string
		policy   frame.Policy
		captured []time.Duration
		want     string // a digit for every slot: which picture stands there
	}{
		{"even", frame.Newest, ms(0, 100, 200, 300), "0123"},
		{"jitter changes nothing", frame.Newest, ms(0, 140, 180, 330, 390, 500), "012345"},
		{"a gap holds the last picture", frame.Newest, ms(0, 100, 500, 600), "0111123"},
		{"too many are thinned out", frame.Newest, ms(0, 25, 50, 75, 100, 125, 150, 175, 200, 225, 250, 275, 300), "0159"},
		{"half the rate", frame.Newest, ms(0, 200, 400, 600, 800), "001122334"},
		{"time that runs back", frame.Newest, ms(0, 100, 200, 0, 300), "0124"},
		{"offline nothing is dropped", frame.Every, ms(0, 25, 50, 75, 100), "01234"},
		{"offline a gap holds the last picture too", frame.Every, ms(0, 100, 110, 120, 500, 600), "0123345"},
	} {
		t.Run(test.name, func(t *testing.T) {
			line := timeline{fps: 10, policy: test.policy}
			got, last := "", ""
			for i, at := range test.captured {
				repeat, write := line.place(epoch.Add(at))
				for range repeat {
					got += last
				}
				if write {
					last = string(rune('0' + i))
					got += last
				}
			}
			if got != test.want {
				t.Errorf("slots show %s, want %s", got, test.want)
			}
		})
	}
}

// However a source comes, the video is as long as life was, and no picture stands
// more than a slot from its place.
func TestTimelineKeepsTime(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, rate := range []float64{7, 12.5, 24, 29.9, 30, 30.2, 60} {
		line := timeline{fps: 30, policy: frame.Newest}
		slots, at := 0, 0.0
		for at < 60 {
			repeat, write := line.place(epoch.Add(time.Duration(at * float64(time.Second))))
			slots += repeat
			if write {
				if off := float64(slots) - at*30; off > 1 || off < -1 {
					t.Fatalf("at %g fps the picture of %.3f s stands %.2f slots away", rate, at, off)
				}
				slots++
			}
			at += (0.7 + 0.6*random.Float64()) / rate
		}
		if slots < 60*30-6 || slots > 60*30+2 {
			t.Errorf("a minute at %g fps fills %d slots, not 1800", rate, slots)
		}
	}
}

func TestLongGapIsCut(t *testing.T) {
	line := timeline{fps: 30, policy: frame.Newest}
	line.place(epoch)
	if repeat, write := line.place(epoch.Add(time.Hour)); repeat != 300 || !write {
		t.Errorf("an hour's gap is filled with %d pictures (%t), want 10 s of them", repeat, write)
	}
	if repeat, write := line.place(epoch.Add(time.Hour + time.Second/30)); repeat != 0 || !write {
		t.Errorf("the picture after the gap: %d, %t", repeat, write)
	}
}
