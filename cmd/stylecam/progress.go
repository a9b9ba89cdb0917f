package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"stylecam/filter"
)

// watch tells how a run gets on, until ctx ends: for one with an end a bar with
// the rate and the time left (lines, where stderr is no terminal), and with -v a
// summary every ten seconds. total is the number of frames, 0 if there is no end.
func (p *program) watch(ctx context.Context, total uint64, stats func() filter.Stats) {
	bar := p.bar(total)
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	summary := time.NewTicker(10 * time.Second)
	defer summary.Stop()
	for {
		select {
		case <-tick.C:
			bar.show(stats().Frames)
		case <-summary.C:
			p.summarise(stats())
		case <-ctx.Done():
			bar.show(stats().Frames)
			bar.end()
			return
		}
	}
}

func (p *program) summarise(s filter.Stats) {
	args := []any{"frames", s.Frames, "fps", round(s.FPS, 1), "dropped", s.Drops}
	for _, sink := range s.Sinks {
		args = append(args, sink.Name+".dropped", sink.Drops, sink.Name+".age_ms", milliseconds(sink.Age.P50))
	}
	p.log.Info("running", args...)
}

// bar shows how far a run has come.
type bar interface {
	show(frames uint64)
	end()
}

func (p *program) bar(total uint64) bar {
	if p.quiet || total == 0 {
		return noBar{}
	}
	if f, ok := p.stderr.(*os.File); !ok || !term.IsTerminal(int(f.Fd())) {
		return &lineBar{p: p, total: total, started: time.Now()}
	}
	return terminalBar{progressbar.NewOptions64(int64(total),
		progressbar.OptionSetWriter(p.stderr),
		progressbar.OptionSetDescription("painting"),
		progressbar.OptionSetItsString("frames"),
		progressbar.OptionShowIts(),
		progressbar.OptionShowCount(),
		progressbar.OptionSetPredictTime(true),
		progressbar.OptionSetElapsedTime(true),
		progressbar.OptionFullWidth(),
	)}
}

type noBar struct{}

func (noBar) show(uint64) {}
func (noBar) end()        {}

type terminalBar struct{ *progressbar.ProgressBar }

func (b terminalBar) show(frames uint64) { _ = b.Set64(min(int64(frames), b.GetMax64())) }
func (b terminalBar) end()               { _ = b.Exit() }

// lineBar is for logs: a line every two seconds.
type lineBar struct {
	p       *program
	total   uint64
	started time.Time
	told    time.Duration
}

func (b *lineBar) show(frames uint64) {
	passed := time.Since(b.started)
	if frames == 0 || frames >= b.total || passed-b.told < 2*time.Second {
		return
	}
	b.told = passed
	rate := float64(frames) / passed.Seconds()
	b.p.tell("painting %s", fmt.Sprintf("%d of %d frames, %.1f fps, %.0f s left", frames, b.total, rate, float64(b.total-frames)/rate))
}

func (*lineBar) end() {}
