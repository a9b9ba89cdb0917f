package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"stylecam/capture"
	"stylecam/card"
	"stylecam/filter"
	"stylecam/frame"
)

// A drive is one run of the loop, live or through a whole file; `run`, `video` and
// `bench` differ in nothing else.
type drive struct {
	source capture.Config
	policy frame.Policy
	sinks  []sinkSpec
	sound  string // a file whose sound goes into a video file
	params filter.Params
	frames uint64 // 0: as many as the source has
}

// drive runs the loop until it ends, and reports what it did, also of a run that
// failed on the way.
func (p *program) drive(ctx context.Context, e *engine, d drive) (report, error) {
	source, err := capture.Open(ctx, d.source)
	if err != nil {
		return report{}, err
	}
	info := source.Info()
	p.log.Info("source", "name", info.Name, "size", fmt.Sprintf("%dx%d", info.Width, info.Height), "fps", info.FPS)
	sinks, err := p.openSinks(d, info)
	if err != nil {
		return report{}, errors.Join(err, source.Close())
	}
	guarded := &guard{Filter: e.painter, Source: source, whole: d.policy == frame.Every, sinks: sinks}
	live, err := filter.New(filter.Config{
		Open:   openAgain(guarded, d.source),
		Retry:  info.Camera,
		Filter: guarded,
		Params: d.params,
		Check:  e.gallery.check,
		Policy: d.policy,
		Pool:   e.pool,
		Card:   card.Notice,
		Sinks:  sinks,
		Frames: d.frames,
		Log:    p.log,
	})
	if err != nil {
		return report{}, errors.Join(err, source.Close(), closeSinks(sinks))
	}

	watching, stop := context.WithCancel(ctx)
	var watcher sync.WaitGroup
	watcher.Go(func() { p.watch(watching, cmp.Or(d.frames, info.Frames), live.Stats) })
	err = live.Run(ctx)
	stop()
	watcher.Wait()

	p.tellNotes(source.Info().Note, sinks)
	r := newReport(live.Stats())
	r.Input = info.Name
	r.Size = size{info.Width, info.Height}.String()
	r.Style = d.params.Style.String()
	r.Provider = e.runtime.Provider()
	r.StartMS = milliseconds(guarded.started)
	return r, err
}

// tellNotes passes on what source and sinks could not do and went on without.
func (p *program) tellNotes(source string, sinks []filter.NamedSink) {
	if source != "" {
		p.log.Warn(source)
	}
	for _, s := range sinks {
		if noted, ok := s.Sink.(interface{ Notes() []string }); ok {
			for _, note := range noted.Notes() {
				p.log.Warn(note, "output", s.Name)
			}
		}
	}
}

// openAgain hands out the source that is open already, and opens it again after
// that one was lost.
func openAgain(first filter.Source, c capture.Config) func(context.Context) (filter.Source, error) {
	return func(ctx context.Context) (filter.Source, error) {
		if source := first; source != nil {
			first = nil
			return source, nil
		}
		return capture.Open(ctx, c)
	}
}

// guard stands before the source and the filter of a run. Where every frame
// counts, one that cannot be read or painted aborts what is being written, so that
// a file which looks whole is whole; a run that is merely stopped keeps what it has.
// It notes, too, when the first picture was made.
type guard struct {
	filter.Source
	filter.Filter
	whole bool
	sinks []filter.NamedSink

	started time.Duration // from the start of the program; read after the run
}

func (g *guard) Read(ctx context.Context) (*frame.Frame, error) {
	f, err := g.Source.Read(ctx)
	if !errors.Is(err, io.EOF) {
		g.failed(ctx, err)
	}
	return f, err
}

func (g *guard) Apply(ctx context.Context, f *frame.Frame, p *filter.Params, t *filter.Trace) (*frame.Frame, error) {
	picture, err := g.Filter.Apply(ctx, f, p, t)
	g.failed(ctx, err)
	if g.started == 0 {
		g.started = sinceStart()
	}
	return picture, err
}

func (g *guard) failed(ctx context.Context, err error) {
	if err == nil || ctx.Err() != nil || !g.whole {
		return
	}
	for _, s := range g.sinks {
		if a, ok := s.Sink.(interface{ Abort() }); ok {
			a.Abort()
		}
	}
}
