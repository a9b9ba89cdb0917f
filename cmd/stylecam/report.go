package main

import (
	"math"
	"time"

	"stylecam/filter"
)

// report is what a run has done, in the words of --json; `run`, `video` and
// `bench` share it. Times are in milliseconds.
type report struct {
	Input    string               `json:"input"`
	Style    string               `json:"style"`
	Provider string               `json:"provider"`
	Size     string               `json:"size,omitempty"`
	Frames   uint64               `json:"frames"`
	Failures uint64               `json:"failures"`
	Lost     uint64               `json:"source_lost"` // times it went away and came back
	Seconds  float64              `json:"seconds"`     // from the first picture to the last
	FPS      float64              `json:"fps"`
	StartMS  float64              `json:"start_ms"`        // from the start of the program to the first finished picture
	Age      quantiles            `json:"age_ms,omitzero"` // from the light falling in to the end of the slowest sink's write
	Stages   map[string]quantiles `json:"stages"`
	Drops    uint64               `json:"drops"` // frames of the source that a newer one replaced
	Outputs  []outputReport       `json:"outputs"`
}

type quantiles struct {
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
	P99 float64 `json:"p99"`
}

type outputReport struct {
	Name   string    `json:"name"`
	Frames uint64    `json:"frames"`
	Drops  uint64    `json:"drops"`
	Age    quantiles `json:"age_ms,omitzero"`
	Left   bool      `json:"left,omitempty"` // whoever looked had enough before the end
}

func newReport(s filter.Stats) report {
	r := report{
		Frames:   s.Frames,
		Failures: s.Failures,
		Lost:     s.Lost,
		Seconds:  round(s.Running.Seconds(), 3),
		Drops:    s.Drops,
		Stages:   make(map[string]quantiles, len(s.Stages)),
		Outputs:  make([]outputReport, 0, len(s.Sinks)),
	}
	if s.Running > 0 { // n pictures have n-1 gaps between them
		r.FPS = round(float64(s.Frames-1)/s.Running.Seconds(), 2)
	}
	for name, q := range s.Stages {
		r.Stages[name] = newQuantiles(q)
	}
	for _, sink := range s.Sinks {
		o := outputReport{sink.Name, sink.Written, sink.Drops, newQuantiles(sink.Age), sink.Left}
		r.Outputs = append(r.Outputs, o)
		if o.Age.P50 >= r.Age.P50 {
			r.Age = o.Age
		}
	}
	return r
}

func newQuantiles(q filter.Quantiles) quantiles {
	return quantiles{milliseconds(q.P50), milliseconds(q.P95), milliseconds(q.P99)}
}

func milliseconds(d time.Duration) float64 { return round(d.Seconds()*1000, 2) }

func round(v float64, digits int) float64 {
	scale := math.Pow10(digits)
	return math.Round(v*scale) / scale
}
