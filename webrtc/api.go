package webrtc

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"stylecam/filter"
)

const mostState = 16 << 10 // bytes of a PATCH

func (s *Server) api(mux *http.ServeMux) {
	mux.HandleFunc("GET /api/state", s.getState)
	mux.HandleFunc("PATCH /api/state", s.patchState)
	mux.HandleFunc("GET /api/stats", s.getStats)
	mux.HandleFunc("GET /api/styles", s.listStyles)
	mux.HandleFunc("POST /api/styles", s.addStyle)
	mux.HandleFunc("GET /api/styles/{name}/preview", s.previewStyle)
	mux.HandleFunc("DELETE /api/styles/{name}", s.removeStyle)
	mux.HandleFunc("GET /api/openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(page("openapi.json"))
	})
	for path, allowed := range map[string]string{
		"/api/state": "GET, OPTIONS, PATCH", "/api/stats": "GET, OPTIONS",
		"/api/styles": "GET, OPTIONS, POST", "/api/styles/{name}": "DELETE, OPTIONS",
	} {
		mux.HandleFunc("OPTIONS "+path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Allow", allowed)
			w.WriteHeader(http.StatusNoContent)
		})
		mux.HandleFunc(path, methods(allowed))
	}
}

func (s *Server) getState(w http.ResponseWriter, _ *http.Request) {
	p := s.controls.Params()
	reply(w, http.StatusOK, stateOf(&p))
}

func (s *Server) patchState(w http.ResponseWriter, r *http.Request) {
	if !s.limits.changes.Allow() {
		w.Header().Set("Retry-After", "1")
		problem(w, http.StatusTooManyRequests, "too many changes at once")
		return
	}
	if t := r.Header.Get("Content-Type"); !strings.HasPrefix(t, "application/json") && !strings.HasPrefix(t, "application/merge-patch+json") {
		problem(w, http.StatusUnsupportedMediaType, "the body has to be application/json")
		return
	}
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, mostState))
	if err != nil {
		unreadable(w, err)
		return
	}
	if !json.Valid(data) {
		problem(w, http.StatusBadRequest, "the body is no JSON")
		return
	}
	if err := s.change(data); err != nil {
		problem(w, http.StatusUnprocessableEntity, strings.ReplaceAll(err.Error(), "\n", "; "))
		return
	}
	s.getState(w, r)
}

// change puts new settings in force, or none of them.
func (s *Server) change(data []byte) error {
	var refused error
	err := s.controls.Update(func(p *filter.Params) {
		before := *p
		if refused = patch(p, data); refused != nil {
			return
		}
		if refused = s.known(&before, p); refused != nil {
			*p = before
		}
	})
	return errors.Join(refused, err)
}

// known refuses a style that nobody has. What was in use may go on being used: a
// style given as a file on the command line is in no list.
func (s *Server) known(before, after *filter.Params) error {
	for _, name := range styles(after) {
		if slices.Contains(styles(before), name) {
			continue
		}
		if _, ok := s.cfg.Styles.Get(name); !ok {
			return fmt.Errorf("there is no style %q", clip(name))
		}
	}
	return nil
}

// stats is filter.Stats and ours, as the API tells them. Times are in ms.
type stats struct {
	FPS      float64              `json:"fps"`
	Frames   uint64               `json:"frames"`
	Drops    uint64               `json:"drops"`
	Failures uint64               `json:"failures"`
	Lost     uint64               `json:"lost"`
	Stages   map[string]quantiles `json:"stages"`
	Sinks    map[string]sinkStats `json:"sinks"`
	Stream   StreamStats          `json:"stream"`
	Camera   map[string]bool      `json:"camera"`
}

type quantiles struct {
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
	P99 float64 `json:"p99"`
}

type sinkStats struct {
	Written uint64    `json:"written"`
	Drops   uint64    `json:"drops"`
	Age     quantiles `json:"age"` // from capture to the end of the sink's work
}

func inMs(q filter.Quantiles) quantiles {
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	return quantiles{ms(q.P50), ms(q.P95), ms(q.P99)}
}

func (s *Server) stats() stats {
	from := s.controls.Stats()
	to := stats{
		FPS: from.FPS, Frames: from.Frames, Drops: from.Drops, Failures: from.Failures, Lost: from.Lost,
		Stages: make(map[string]quantiles),
		Sinks:  make(map[string]sinkStats),
		Stream: s.stream.Stats(),
		Camera: map[string]bool{"publishing": s.camera.Publishing(), "wanted": s.camera.wanted()},
	}
	for name, q := range from.Stages {
		to.Stages[name] = inMs(q)
	}
	for _, sink := range from.Sinks {
		to.Sinks[sink.Name] = sinkStats{sink.Written, sink.Drops, inMs(sink.Age)}
	}
	return to
}

// getStats answers once, or goes on as server-sent events: "stats" every second,
// and "state" whenever a setting was changed by anyone.
func (s *Server) getStats(w http.ResponseWriter, r *http.Request) {
	if !strings.Contains(r.Header.Get("Accept"), "text/event-stream") {
		reply(w, http.StatusOK, s.stats())
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	out := http.NewResponseController(w)
	_ = out.SetReadDeadline(time.Time{}) // ReadTimeout was for the request
	event := func(name string, data []byte) error {
		// A reader that takes nothing for so long has gone to sleep.
		_ = out.SetWriteDeadline(time.Now().Add(10 * time.Second))
		_, err := fmt.Fprintf(w, "event: %s\ndata: %s\n\n", name, data)
		return errors.Join(err, out.Flush())
	}
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	var told []byte
	for n := 0; ; n++ {
		p := s.controls.Params()
		if now, err := json.Marshal(stateOf(&p)); err == nil && !bytes.Equal(now, told) {
			if event("state", now) != nil {
				return
			}
			told = now
		}
		if n%10 == 0 {
			if data, err := json.Marshal(s.stats()); err != nil || event("stats", data) != nil {
				return
			}
		}
		select {
		case <-tick.C:
		case <-r.Context().Done():
			return
		}
	}
}

func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // a client that is gone hears nothing
}
