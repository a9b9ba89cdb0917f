package main

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"stylecam/device"
	"stylecam/filter"
	"stylecam/frame"
	"stylecam/infer"
	"stylecam/models"
	"stylecam/native"
	"stylecam/paint"
	"stylecam/style"
)

// engine is what paints: the styles, and a brush, which is a painter over the
// networks by one provider. Another brush may take over: see relay.go.
type engine struct {
	pool    *frame.Pool
	gallery *gallery
	relay   *relay
	closers []func() error

	interval atomic.Int64 // between two frames of the source; see hold
}

// How a painter is used: a still has no frame before it; live, Auto quality holds
// the source's rate.
type use struct {
	still    bool
	live     bool
	reuse    bool // of a painting while nothing moves: never in measurements
	measured bool // by the one provider, from the first frame on
	transfer style.Transfer
}

// lenient tells whether a frame had better be painted otherwise than not at all.
func (u use) lenient() bool { return u.live && !u.measured }

// modelFor names the model whose networks serve a use: where a CPU must hold a
// camera's rate, the smaller one, unless another was asked for.
func (s *settings) modelFor(u use, onGPU bool) string {
	switch {
	case s.model != autoModel:
		return s.model
	case u.live && !onGPU:
		return models.Lite
	}
	return models.Full
}

// hold says at which rate the source's frames come, once it is known.
func (e *engine) hold(fps float64) { e.interval.Store(int64(float64(time.Second) / fps)) }

// openEngine puts the painter together. The provider really in use is told, and
// so is, once, why it is not the one that was asked for.
func (p *program) openEngine(ctx context.Context, u use) (*engine, error) {
	e := &engine{pool: new(frame.Pool)}
	if err := p.assemble(ctx, e, u); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	return e, nil
}

func (p *program) assemble(ctx context.Context, e *engine, u use) (err error) {
	manifest, err := models.Builtin()
	if err != nil {
		return err
	}
	encoder, err := manifest.Graph(models.Lite, models.SANetStyle)
	if err != nil {
		return err
	}
	styles := p.collection()
	runtime, err := p.openRuntime()
	if err != nil {
		return err
	}
	options := p.runtimeOptions()
	onCPU := options
	onCPU.Provider = infer.CPU
	encoding, err := infer.Open(onCPU) // styles are the same wherever they are painted, and outlive a brush
	if err != nil {
		return errors.Join(err, runtime.Close())
	}
	e.gallery = newGallery(styles, encoding, encoder)
	e.relay = &relay{log: p.log}
	e.closers = append(e.closers, encoding.Close, e.gallery.Close, e.relay.Close)
	by := func(provider infer.Provider, model string) (*brush, error) {
		options := options
		options.Provider = provider
		r, err := infer.Open(options)
		if err != nil {
			return nil, err
		}
		return openBrush(e, manifest, r, u, model)
	}
	model := p.settings.modelFor(u, runtime.OnGPU())
	strict := options.Provider == infer.TensorRT
	if strict && u.lenient() { // CUDA paints until TensorRT can
		if err := runtime.Close(); err != nil {
			return err
		}
		if e.relay.now, err = by(infer.CUDA, model); err != nil {
			return err
		}
		e.relay.strict, e.relay.better = true, soon(func() (*brush, error) { return by(infer.TensorRT, model) })
		return nil
	}
	if runtime.OnGPU() && options.Provider == infer.Auto {
		// What was not asked for by name may be left when it does not compute, and must
		// show first that it does so rightly.
		e.relay.spare = func(provider string) (*brush, error) {
			if provider == infer.TensorRT.String() {
				if b, err := by(infer.CUDA, model); err == nil {
					return b, nil
				}
			}
			return by(infer.CPU, p.settings.modelFor(u, false))
		}
	}
	begin := func() (*brush, error) { return openBrush(e, manifest, runtime, u, model) }
	if err := e.relay.begin(runtime.Provider(), begin); err != nil || !e.relay.onTrial() {
		return err
	}
	known := func(b *brush) (*frame.Frame, error) { return p.known(ctx, e, b) }
	cpu := func() (*brush, error) { return by(infer.CPU, model) } // of the same networks
	if err := e.relay.prove(ctx, cpu, known); err != nil {
		return err
	}
	if system := native.Here(); e.relay.onTrial() && u.lenient() && system.TensorRT() != "" {
		rt := func() (*brush, error) { return by(infer.TensorRT, model) }
		e.relay.better = soon(func() (*brush, error) { return proven(rt, cpu, known) })
	}
	return nil
}

// soon opens a brush beside what goes on.
func soon(open func() (*brush, error)) <-chan arrival {
	arrived := make(chan arrival, 1)
	go func() {
		var a arrival
		a.err = filter.Guard(func() (err error) {
			a.brush, err = open()
			return err
		})
		arrived <- a
	}()
	return arrived
}

// proven opens a brush, and trusts it only if it paints what the CPU's paints.
func proven(open, cpu func() (*brush, error), known func(*brush) (*frame.Frame, error)) (*brush, error) {
	b, err := open()
	if err != nil {
		return nil, err
	}
	rival, err := cpu()
	if err != nil {
		return nil, errors.Join(err, b.Close())
	}
	defer rival.Close()
	if err := alike(b, rival, known); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

// brush paints by one provider.
type brush struct {
	filter.Filter
	painter  *paint.Painter
	model    string // of its networks
	provider string
	threads  int
	closers  []func() error
}

// openBrush opens the networks, and on a GPU, but for stills, the chain of graphs
// between them. It owns the runtime from here on.
func openBrush(e *engine, m *models.Manifest, r *infer.Runtime, u use, model string) (_ *brush, err error) {
	b := &brush{model: model, provider: r.Provider(), threads: r.Threads(), closers: []func() error{r.Close}}
	defer func() {
		if err != nil {
			err = errors.Join(err, b.Close())
		}
	}()
	segnet, err := openNetwork(b, m, model, models.SegNet, r.SegNet)
	if err != nil {
		return nil, err
	}
	paints := model
	if r.WantsHalf() {
		paints = models.Half(model) // masks stay in full precision: docs/gpu.md
	}
	sanet, err := openNetwork(b, m, paints, models.SANetPaint, r.SANet)
	if err != nil {
		return nil, err
	}
	find := func(name string) (*style.Tensors, error) {
		tensors, err := e.gallery.Tensors(name)
		if err != nil {
			return nil, err
		}
		return u.transfer.Of(tensors), nil
	}
	config := paint.Config{
		SegNet: segnet, SANet: sanet, Style: find, Pool: e.pool, OnGPU: r.OnGPU(), Still: u.still, Reuse: u.reuse,
	}
	if u.live {
		config.Interval = func() time.Duration { return time.Duration(e.interval.Load()) }
	}
	if r.OnGPU() && !u.still {
		pipeline, err := device.New(r, m, segnet, sanet)
		if err != nil {
			return nil, err
		}
		config.Device = pipeline
		b.closers = append(b.closers, pipeline.Close)
	}
	if b.painter, err = paint.New(config); err != nil {
		return nil, err
	}
	b.closers = append(b.closers, b.painter.Close)
	b.Filter = b.painter
	return b, nil
}

// openNetwork opens one graph of a model and leaves its closing to the brush.
func openNetwork[N interface{ Close() error }](b *brush, m *models.Manifest, model, graph string, open func(models.Graph) (N, error)) (N, error) {
	var none N
	g, err := m.Graph(model, graph)
	if err != nil {
		return none, err
	}
	network, err := open(g)
	if err != nil {
		return none, err
	}
	b.closers = append(b.closers, network.Close)
	return network, nil
}

// Close closes what a brush is made of, the last opened first.
func (b *brush) Close() error { return closeAll(&b.closers) }

// Close closes everything, the last opened first.
func (e *engine) Close() error { return closeAll(&e.closers) }

func closeAll(closers *[]func() error) error {
	var errs []error
	for _, closer := range slices.Backward(*closers) {
		errs = append(errs, closer())
	}
	*closers = nil
	return errors.Join(errs...)
}

// params finishes the settings: styles are loaded and a backdrop is read. A saved
// one that is gone gives way to the default.
func (p *program) params(ctx context.Context, e *engine) (filter.Params, error) {
	for _, style := range []struct {
		option string
		mix    *filter.Mix
	}{{"style", &p.settings.params.Style}, {"person-style", &p.settings.params.PersonStyle}} {
		err := e.gallery.load(ctx, *style.mix)
		if err != nil && p.forget(blame(style.option, err)) {
			err = e.gallery.load(ctx, *style.mix)
		}
		if err != nil {
			return filter.Params{}, err
		}
	}
	backdrop, err := p.settings.backgroundMode.read(ctx)
	if err != nil && p.forget(blame("background-mode", err)) {
		backdrop, err = p.settings.backgroundMode.read(ctx)
	}
	if err != nil {
		return filter.Params{}, err
	}
	params := p.settings.params
	params.BackgroundFill, params.PersonFill = backdrop, p.settings.personMode.fill
	return params, params.Validate()
}
