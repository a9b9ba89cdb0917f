package v4l2

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestFramesKeepTheDriversTime(t *testing.T) {
	now := time.Now()
	booted := now.Add(-time.Hour)
	stamp := func(age time.Duration) unix.Timeval { return unix.NsecToTimeval((time.Hour - age).Nanoseconds()) }
	if got := taken(booted, stamp(40*time.Millisecond), now); !got.Equal(now.Add(-40 * time.Millisecond)) {
		t.Errorf("a frame of 40 ms ago was taken %v ago", now.Sub(got))
	}
	if got := taken(booted, stamp(-90*time.Millisecond), now); !got.Equal(now) {
		t.Errorf("a frame that ends in 90 ms was taken %v ago", now.Sub(got))
	}
	for _, age := range []time.Duration{-2 * time.Second, 2 * time.Minute, time.Hour} {
		if got := taken(booted, stamp(age), now); !got.IsZero() {
			t.Errorf("an age of %v is believed", age)
		}
	}
}

// Losing the processor while asking makes one answer late, not the result.
func TestBootTimeIsTheEarliestAnswer(t *testing.T) {
	booted := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	up, asked := time.Hour, 0
	got := bootTime(func() time.Duration {
		now := up
		if asked++; asked != 3 {
			up += 20 * time.Millisecond
		}
		return now
	}, func() time.Time { return booted.Add(up) })
	if !got.Equal(booted) || asked < 3 {
		t.Errorf("it is %v late", got.Sub(booted))
	}
}
