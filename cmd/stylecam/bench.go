package main

import (
	"context"
	"fmt"
	"runtime"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"stylecam/capture"
	"stylecam/filter"
	"stylecam/frame"
)

// benchReport is what `bench --json` prints: a live run's report, and what the
// same machine does when nothing paces it.
type benchReport struct {
	report
	// Throughput is the rate of the same frames taken as fast as they can be
	// painted, every one of them: what is left above FPS is headroom.
	Throughput     float64 `json:"throughput_fps"`
	AllocsPerFrame float64 `json:"allocs_per_frame"`
	PeakMemory     float64 `json:"peak_memory_mb"`
	Cores          int     `json:"cores"`
	Threads        int     `json:"threads"`
	Model          string  `json:"model"` // of the networks
	Version        string  `json:"version"`
}

func (p *program) benchCommand() *cli.Command {
	frames := uint64(300)
	return p.command(spec{
		name:  "bench",
		usage: "measure this machine on the moving demo",
		about: `Two runs over the built-in demo, with no output but a counter: first live, which is
` + "`stylecam run --input demo --out null --frames N`" + ` to the letter and gives fps, age and the
stages' times; then without a clock, every frame as fast as it goes, which gives the
throughput and the allocations. No painting is used twice.`,
		examples: []string{"stylecam bench", "stylecam bench --frames 900 --json", "stylecam bench --size 1280x720 --provider cuda"},
		flags: append(flags(p.settings.picture(), p.settings.machine()),
			flagOf("size", "paint frames of `WIDTHxHEIGHT`", &p.settings.size, parseSize, size.String),
			flagOf("fps", "pace the live run at `N` frames a second", &p.settings.fps, parseRate, formatRate),
			flagOf("frames", "paint `N` frames in each run", &frames, parseCount, formatCount)),
		run: func(ctx context.Context, _ *cli.Context) error {
			r, err := p.bench(ctx, max(frames, 2))
			if err != nil {
				return err
			}
			if p.json {
				return p.printJSON(r)
			}
			return p.printBench(r)
		},
	})
}

func (p *program) bench(ctx context.Context, frames uint64) (benchReport, error) {
	p.settings.input, p.settings.outputs = "demo", []string{"null"}
	pl, err := decide(&p.settings, frames, nil, nil)
	if err != nil {
		return benchReport{}, err
	}
	e, err := p.openEngine(ctx, use{live: true, measured: true})
	if err != nil {
		return benchReport{}, err
	}
	defer e.Close()
	params, err := p.params(ctx, e)
	if err != nil {
		return benchReport{}, err
	}
	d := drive{
		source: capture.Config{Input: pl.input, Width: pl.size.width, Height: pl.size.height, FPS: pl.fps, Live: true, Pool: e.pool},
		sinks:  pl.outputs,
		params: params,
		frames: frames,
	}
	live, err := p.drive(ctx, e, d)
	if err != nil {
		return benchReport{}, err
	}
	d.source.Live, d.policy = false, frame.Every
	before := allocations()
	unpaced, err := p.drive(ctx, e, d)
	if err != nil {
		return benchReport{}, err
	}
	return benchReport{
		report:         live,
		Throughput:     unpaced.FPS,
		AllocsPerFrame: round(float64(allocations()-before)/float64(frames), 1),
		PeakMemory:     round(float64(peakMemory())/1e6, 1),
		Cores:          runtime.NumCPU(),
		Threads:        e.relay.now.threads,
		Model:          e.relay.now.model,
		Version:        p.versionText(),
	}, nil
}

// allocations counts the objects that Go has allocated so far.
func allocations() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.Mallocs
}

func (p *program) printBench(r benchReport) error {
	fmt.Fprintf(p.stdout, "live: %.1f fps, %d frames of %s, %d dropped; start to first frame %.0f ms\n", r.FPS, r.Frames, r.Size, r.Drops, r.StartMS)
	fmt.Fprintf(p.stdout, "unpaced: %.1f fps, %.1f allocations a frame; peak memory %.0f MB\n", r.Throughput, r.AllocsPerFrame, r.PeakMemory)
	fmt.Fprintf(p.stdout, "on %s, %d threads of %d cores, networks %q; stylecam %s\n\n", r.Provider, r.Threads, r.Cores, r.Model, r.Version)
	t := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "milliseconds\tp50\tp95\tp99\t")
	row := func(name string, q quantiles) {
		fmt.Fprintf(t, "%s\t%.1f\t%.1f\t%.1f\t\n", name, q.P50, q.P95, q.P99)
	}
	for stage := filter.StageRead; stage <= filter.StageFilter; stage++ {
		if q, ok := r.Stages[stage.String()]; ok {
			row(stage.String(), q)
		}
	}
	row("age at the sink", r.Age)
	return t.Flush()
}
