package main

import (
	"encoding/json"

	"github.com/rogpeppe/go-internal/testscript"
)

// measured wants the last command to have printed a whole report of `bench --json`.
func measured(ts *testscript.TestScript, _ bool, _ []string) {
	var r benchReport
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &r))
	for name, v := range map[string]float64{
		"fps": r.FPS, "throughput_fps": r.Throughput, "start_ms": r.StartMS, "seconds": r.Seconds,
		"peak_memory_mb": r.PeakMemory, "allocs_per_frame": r.AllocsPerFrame, "threads": float64(r.Threads),
	} {
		if v <= 0 {
			ts.Fatalf("%s is %g", name, v)
		}
	}
	ordered := func(name string, q quantiles) {
		if !(q.P50 > 0 && q.P50 <= q.P95 && q.P95 <= q.P99) {
			ts.Fatalf("%s: %+v", name, q)
		}
	}
	ordered("age_ms", r.Age)
	for _, stage := range []string{"read", "mask", "refine", "paint", "compose", "filter"} {
		ordered(stage, r.Stages[stage])
	}
}
