package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"time"

	"stylecam/filter"
	"stylecam/frame"
	"stylecam/infer"
	"stylecam/models"
	"stylecam/paint"
)

// engine is what paints: the runtime, the networks, the styles, and the painter
// over them.
type engine struct {
	pool    *frame.Pool
	runtime *infer.Runtime
	gallery *gallery
	painter *paint.Painter
	closers []func() error
}

// How a painter is used: a still has no frame before it; live, Auto quality holds
// the interval between two frames.
type use struct {
	still    bool
	interval time.Duration
	reuse    bool // of a painting while nothing moves: never in measurements
}

// openEngine puts the painter together. The provider really in use is told, and
// so is, once, why it is not the one that was asked for.
func (p *program) openEngine(u use) (*engine, error) {
	e := &engine{pool: new(frame.Pool)}
	if err := p.assemble(e, u); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	return e, nil
}

func (p *program) assemble(e *engine, u use) (err error) {
	if e.runtime, err = p.openRuntime(); err != nil {
		return err
	}
	e.closers = append(e.closers, e.runtime.Close)

	manifest, err := models.Builtin()
	if err != nil {
		return err
	}
	segnet, err := openNetwork(e, manifest, models.SegNet, e.runtime.SegNet)
	if err != nil {
		return err
	}
	sanet, err := openNetwork(e, manifest, models.SANetPaint, e.runtime.SANet)
	if err != nil {
		return err
	}
	encoder, err := manifest.Graph(models.Lite, models.SANetStyle)
	if err != nil {
		return err
	}
	styles, err := p.collection()
	if err != nil {
		return err
	}
	e.gallery = newGallery(styles, e.runtime, encoder)
	e.closers = append(e.closers, e.gallery.Close)
	e.painter, err = paint.New(paint.Config{
		SegNet: segnet, SANet: sanet, Style: e.gallery.Tensors, Pool: e.pool, Interval: u.interval, Still: u.still, Reuse: u.reuse,
	})
	if err != nil {
		return err
	}
	e.closers = append(e.closers, e.painter.Close)
	return nil
}

// openNetwork opens one graph of the model and leaves its closing to the engine.
func openNetwork[N interface{ Close() error }](e *engine, m *models.Manifest, graph string, open func(models.Graph) (N, error)) (N, error) {
	var none N
	g, err := m.Graph(models.Lite, graph)
	if err != nil {
		return none, err
	}
	network, err := open(g)
	if err != nil {
		return none, err
	}
	e.closers = append(e.closers, network.Close)
	return network, nil
}

// Close closes everything, the last opened first.
func (e *engine) Close() error {
	var errs []error
	for i := len(e.closers) - 1; i >= 0; i-- {
		errs = append(errs, e.closers[i]())
	}
	e.closers = nil
	return errors.Join(errs...)
}

// openRuntime opens the library. A saved provider or library that is not to be had
// must not keep the program from starting.
func (p *program) openRuntime() (*infer.Runtime, error) {
	runtime, err := infer.Open(p.runtimeOptions())
	if err != nil && p.forget(err, "provider", "onnxruntime") {
		runtime, err = infer.Open(p.runtimeOptions())
	}
	if err != nil {
		return nil, err
	}
	p.log.Info("ONNX Runtime", "version", runtime.Version(), "library", runtime.LibraryPath(), "provider", runtime.Provider())
	if reason := runtime.Fallback(); reason != "" {
		level := slog.LevelInfo // no GPU, no surprise
		if _, err := os.Stat("/dev/nvidia0"); err == nil {
			level = slog.LevelWarn
		}
		p.log.Log(context.Background(), level, "computing on the CPU", "because", reason)
	}
	return runtime, nil
}

func (p *program) runtimeOptions() infer.Options {
	return infer.Options{Library: p.settings.library, Provider: p.settings.provider, Threads: p.settings.threads}
}

// params finishes the settings: styles are loaded and a backdrop is read. A saved
// one that is gone gives way to the default.
func (p *program) params(ctx context.Context, e *engine) (filter.Params, error) {
	for _, style := range []struct {
		option string
		mix    *filter.Mix
	}{{"style", &p.settings.params.Style}, {"person-style", &p.settings.params.PersonStyle}} {
		err := e.gallery.load(ctx, *style.mix)
		if err != nil && p.forget(err, style.option) {
			err = e.gallery.load(ctx, *style.mix)
		}
		if err != nil {
			return filter.Params{}, err
		}
	}
	backdrop, err := p.settings.backgroundMode.read()
	if err != nil && p.forget(err, "background-mode") {
		backdrop, err = p.settings.backgroundMode.read()
	}
	if err != nil {
		return filter.Params{}, err
	}
	params := p.settings.params
	params.BackgroundFill, params.PersonFill = backdrop, p.settings.personMode.fill
	return params, params.Validate()
}
