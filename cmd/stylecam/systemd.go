package main

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"time"

	"stylecam/filter"
)

// A supervisor is systemd as sd_notify(3) has it: it hears when the first frame
// was dealt with, and, while the loop makes progress, that all is well; when that stops
// it starts us again.
type supervisor struct {
	socket   *net.UnixConn
	watchdog time.Duration // within which it wants to hear; 0: never
}

// newSupervisor returns nil where systemd did not start us.
func newSupervisor(getenv func(string) string) (*supervisor, error) {
	path := getenv("NOTIFY_SOCKET")
	if path == "" {
		return nil, nil
	}
	socket, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		return nil, fmt.Errorf("tell systemd that we are ready: %w", err)
	}
	s := &supervisor{socket: socket}
	if µs, err := strconv.ParseInt(getenv("WATCHDOG_USEC"), 10, 64); err == nil && µs > 0 {
		s.watchdog = time.Duration(µs) * time.Microsecond
	}
	return s, nil
}

// follow tells systemd how a run fares until ctx ends.
func (s *supervisor) follow(ctx context.Context, stats func() filter.Stats) {
	const poll = 200 * time.Millisecond
	ticks := time.NewTicker(poll)
	defer ticks.Stop()
	defer s.socket.Close()
	ready, told, last := false, time.Now(), stats()
	for {
		select {
		case <-ctx.Done():
			s.tell("STOPPING=1")
			return
		case <-ticks.C:
		}
		now := stats()
		if !ready && now.Handled > 0 {
			ready = true
			s.tell("READY=1")
		}
		if s.watchdog == 0 || time.Since(told) < s.watchdog/2 {
			continue
		}
		if !stuck(last, now) {
			s.tell("WATCHDOG=1")
		}
		told, last = time.Now(), now
	}
}

// stuck tells whether frames came and none was dealt with. A camera that is lost or
// rests is no fault of ours.
func stuck(last, now filter.Stats) bool {
	return now.Drops > last.Drops && now.Handled == last.Handled
}

// tell is a courtesy: a systemd that does not listen changes nothing.
func (s *supervisor) tell(state string) { _, _ = s.socket.Write([]byte(state)) }
