package main

import (
	"context"
	"net"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"stylecam/filter"
)

func TestSystemdHearsOfReadinessAndProgress(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notify")
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	hear := func() string {
		t.Helper()
		buf := make([]byte, 64)
		_ = socket.SetReadDeadline(time.Now().Add(10 * time.Second))
		n, err := socket.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		return string(buf[:n])
	}

	env := map[string]string{"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "400000"}
	s, err := newSupervisor(func(name string) string { return env[name] })
	if err != nil {
		t.Fatal(err)
	}
	var handled atomic.Uint64
	stats := func() filter.Stats { return filter.Stats{Handled: handled.Load()} }
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); s.follow(ctx, stats) }()

	if got := hear(); got != "WATCHDOG=1" { // waiting for the camera is no fault
		t.Errorf("heard %q before the first picture", got)
	}
	handled.Store(1)
	for got := hear(); got != "READY=1"; got = hear() {
		if got != "WATCHDOG=1" {
			t.Fatalf("heard %q instead of being ready", got)
		}
	}
	cancel()
	<-done
	for got := hear(); got != "STOPPING=1"; got = hear() {
		if got != "WATCHDOG=1" {
			t.Fatalf("heard %q at the end", got)
		}
	}
}

func TestStuck(t *testing.T) {
	before := filter.Stats{Handled: 10, Drops: 5}
	for name, tt := range map[string]struct {
		now  filter.Stats
		want bool
	}{
		"frames come, none is dealt with": {filter.Stats{Handled: 10, Drops: 9}, true},
		"slow, failing, or switched off":  {filter.Stats{Handled: 11, Drops: 9}, false},
		"no camera, or it rests":          {before, false},
	} {
		if got := stuck(before, tt.now); got != tt.want {
			t.Errorf("%s: stuck %v", name, got)
		}
	}
}

func TestWithoutSystemdNobodyIsTold(t *testing.T) {
	if s, err := newSupervisor(func(string) string { return "" }); s != nil || err != nil {
		t.Errorf("%v, %v", s, err)
	}
}
