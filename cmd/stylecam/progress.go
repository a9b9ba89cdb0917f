package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"stylecam/filter"
	"stylecam/native"
)

// watch tells how a run gets on, until ctx ends: for one with an end a bar with
// the rate and the time left (lines, where stderr is no terminal), and with -v a
// summary every ten seconds. total is the number of frames, 0 if there is no end:
// of the source's, dropped ones among them, or of pictures painted.
func (p *program) watch(ctx context.Context, total uint64, ofSource bool, stats func() filter.Stats) {
	bar := p.bar(total)
	show := func() {
		s := stats()
		done := s.Frames
		if ofSource {
			done += s.Drops
		}
		bar.show(min(done, total), s.FPS)
	}
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	summary := time.NewTicker(10 * time.Second)
	defer summary.Stop()
	for {
		select {
		case <-tick.C:
			show()
		case <-summary.C:
			p.summarise(stats())
		case <-ctx.Done():
			show()
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

// bar shows how far a run has come, and at what rate it paints.
type bar interface {
	show(done uint64, fps float64)
	end()
}

func (p *program) bar(total uint64) bar {
	if p.quiet || total == 0 {
		return noBar{}
	}
	if f, ok := p.stderr.(*os.File); !ok || !term.IsTerminal(int(f.Fd())) {
		return &lineBar{p: p, total: total, started: time.Now()}
	}
	return terminalBar{p.stderr, progressbar.NewOptions64(int64(total),
		progressbar.OptionSetWriter(p.stderr),
		progressbar.OptionShowCount(),
		progressbar.OptionSetPredictTime(true),
		progressbar.OptionSetElapsedTime(true),
		progressbar.OptionFullWidth(),
	)}
}

type noBar struct{}

func (noBar) show(uint64, float64) {}
func (noBar) end()                 {}

type terminalBar struct {
	w io.Writer
	*progressbar.ProgressBar
}

func (b terminalBar) show(done uint64, fps float64) {
	b.Describe(fmt.Sprintf("painting, %4.1f fps", fps))
	_ = b.Set64(int64(done))
}

func (b terminalBar) end() {
	_ = b.Exit()
	fmt.Fprintln(b.w)
}

// lineBar is for logs: a line every two seconds.
type lineBar struct {
	p       *program
	total   uint64
	started time.Time
	told    time.Duration
}

func (b *lineBar) show(done uint64, fps float64) {
	passed := time.Since(b.started)
	if done == 0 || done >= b.total || passed-b.told < 2*time.Second {
		return
	}
	b.told = passed
	left := passed.Seconds() * float64(b.total-done) / float64(done)
	b.p.tell("painting: %d of %d frames, %.1f fps, %.0f s left", done, b.total, fps, left)
}

func (*lineBar) end() {}

// bytesBar shows how far a download has come: a bar where somebody sees it, else a
// line every ten seconds.
type bytesBar struct {
	p    *program
	bar  *progressbar.ProgressBar // nil: lines
	told time.Time
}

func (p *program) bytesBar() *bytesBar {
	b := &bytesBar{p: p, told: time.Now()}
	if f, ok := p.stderr.(*os.File); ok && !p.quiet && term.IsTerminal(int(f.Fd())) {
		b.bar = progressbar.DefaultBytes(1, "")
	}
	return b
}

func (b *bytesBar) show(at native.Progress) {
	switch {
	case b.bar != nil:
		b.bar.ChangeMax64(at.Total)
		b.bar.Describe(at.Project)
		_ = b.bar.Set64(at.Done)
	case time.Since(b.told) > 10*time.Second:
		b.told = time.Now()
		b.p.tell("%s: %d of %d MB", at.Project, at.Done/1e6, at.Total/1e6)
	}
}

func (b *bytesBar) end() {
	if b.bar != nil {
		_ = b.bar.Exit()
		fmt.Fprintln(b.p.stderr)
	}
}
