package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"stylecam/capture"
	"stylecam/card"
	"stylecam/filter"
	"stylecam/frame"
	"stylecam/output/window"
	"stylecam/webrtc"
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
	web    *webrtc.Server

	idle     time.Duration
	original bool // is shown of a frame that cannot be painted
}

// drive runs the loop until it ends, and reports what it did, also of a run that
// failed on the way.
func (p *program) drive(ctx context.Context, e *engine, d drive) (_ report, err error) {
	if d.web, err = p.openWeb(e, d); err != nil {
		return report{}, err
	}
	if d.web != nil {
		defer func() { err = errors.Join(err, d.web.Close()) }()
	}
	source, err := openSource(ctx, d)
	if err != nil {
		return report{}, blame("input", err)
	}
	return p.driveFrom(ctx, e, d, source)
}

// driveFrom is drive from an open source on, which it closes.
func (p *program) driveFrom(ctx context.Context, e *engine, d drive, source capture.Source) (report, error) {
	info := source.Info()
	if info.Endless && d.policy == frame.Every && d.frames == 0 {
		err := fmt.Errorf("%s: is a picture, not a video; paint it with: stylecam image: %w", info.Name, filter.ErrInput)
		return report{}, errors.Join(err, source.Close())
	}
	p.log.Info("source", "name", info.Name, "size", fmt.Sprintf("%dx%d", info.Width, info.Height), "fps", info.FPS)
	if info.Note != "" { // now: a camera gives another size for as long as it runs
		p.log.Warn(info.Note)
	}
	e.hold(info.FPS)
	sinks, err := p.openSinks(e, d, info)
	if err != nil {
		return report{}, errors.Join(blame("out", err), source.Close())
	}
	if info.Stable != "" { // it may come back under another number
		d.source.Input = info.Stable
	}
	if isFile(d.source.Input) || d.source.Input == "webrtc" { // would begin anew, or lose its sender
		d.idle = 0
	}
	watch := &stopwatch{Filter: e.relay}
	live, err := filter.New(filter.Config{
		Open:         openAgain(source, d),
		Retry:        info.Camera,
		Filter:       watch,
		Params:       d.params,
		Check:        e.gallery.check,
		Policy:       d.policy,
		Pool:         e.pool,
		Card:         card.Notice,
		Sinks:        sinks.all,
		Frames:       d.frames,
		Idle:         d.idle,
		ShowOriginal: d.original,
		Log:          p.log,
	})
	if err != nil {
		return report{}, errors.Join(err, source.Close(), sinks.Close())
	}

	p.announce(d.web, live)
	watching := []func(context.Context){func(ctx context.Context) {
		p.watch(ctx, cmp.Or(d.frames, info.Frames), d.frames == 0, live.Stats)
	}}
	systemd, err := newSupervisor(p.getenv)
	if err != nil {
		p.log.Warn(err.Error())
	}
	if systemd != nil {
		watching = append(watching, func(ctx context.Context) { systemd.follow(ctx, live.Stats) })
	}
	err = watched(ctx, watching, func(ctx context.Context) error { return serve(ctx, live, sinks.window) })

	if note := source.Info().Note; note != info.Note { // a file's comes when it ends early
		p.log.Warn(note)
	}
	p.tellNotes(sinks.all)
	r := newReport(live.Stats())
	if r.Frames == 0 {
		err = blameEdge(err)
	}
	r.Input = info.Name
	r.Size = size{info.Width, info.Height}.String()
	r.Style = live.Params().Style.String()
	r.Provider = e.relay.now.provider
	r.StartMS = milliseconds(watch.first)
	return r, err
}

// blameEdge names the option that chose what failed before the first picture: the
// filter is nobody's.
func blameEdge(err error) error {
	var source *filter.SourceError
	var sink *filter.SinkError
	switch {
	case errors.As(err, &source):
		return blame("input", err)
	case errors.As(err, &sink):
		return blame("out", err)
	}
	return err
}

// watched does work while others watch it, each until its context ends, which it does
// when the work has. A watcher that fails ends the work.
func watched(ctx context.Context, watching []func(context.Context), work func(context.Context) error) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	watchers, ctx := errgroup.WithContext(ctx)
	for _, watch := range watching {
		watchers.Go(func() error {
			return filter.Guard(func() error {
				watch(ctx)
				return nil
			})
		})
	}
	err := work(ctx)
	stop()
	if failed := watchers.Wait(); failed != nil { // else the work tells that it was stopped, and not why
		return failed
	}
	return err
}

// serve runs the loop, and the window, if there is one, on the thread we are on:
// the main one, as the toolkit wants it.
func serve(ctx context.Context, live *filter.Live, w *window.Window) error {
	if w == nil {
		return live.Run(ctx)
	}
	w.Controls = live
	ran := make(chan error, 1)
	go func() { ran <- filter.Guard(func() error { return live.Run(ctx) }) }()
	err := filter.Guard(func() error { return w.Run(ctx) })
	if errors.Is(err, filter.ErrClosed) {
		err = nil // the user closed it, which ends the run
	}
	return errors.Join(err, <-ran)
}

// tellNotes passes on what sinks could not do and went on without.
func (p *program) tellNotes(sinks []filter.NamedSink) {
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
func openAgain(first filter.Source, d drive) func(context.Context) (filter.Source, error) {
	var taken atomic.Bool
	return func(ctx context.Context) (filter.Source, error) {
		if taken.CompareAndSwap(false, true) {
			return first, nil
		}
		return openSource(ctx, d)
	}
}

// stopwatch is a filter that notes when its first picture was made.
type stopwatch struct {
	filter.Filter
	first time.Duration // since the start of the program; read after the run
}

func (s *stopwatch) Apply(ctx context.Context, f *frame.Frame, p *filter.Params, t *filter.Trace) (*frame.Frame, error) {
	picture, err := s.Filter.Apply(ctx, f, p, t)
	if err == nil && s.first == 0 {
		s.first = sinceStart()
	}
	return picture, err
}
