package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"stylecam/capture"
	"stylecam/card"
	"stylecam/filter"
	"stylecam/output"
	"stylecam/output/v4l2"
	"stylecam/output/window"
	"stylecam/webrtc"
)

// sinks are the outputs of one drive.
type sinks struct {
	all    []filter.NamedSink
	window *window.Window // nil if there is none; it has to be served
}

// openSinks opens every output of a drive, or none.
func (p *program) openSinks(e *engine, d drive, info capture.Info) (s sinks, err error) {
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	options := output.Options{FPS: info.FPS, Policy: d.policy, Sound: d.sound}
	for _, spec := range d.sinks {
		sink, err := p.openSink(e, spec, options, d.web)
		if err != nil {
			return s, err
		}
		if w, ok := sink.(*window.Window); ok {
			s.window = w
		}
		s.all = append(s.all, filter.NamedSink{Name: s.name(spec), Sink: sink})
	}
	return s, nil
}

// name is what statistics call a sink: none like another, and text, which not every
// file's name is.
func (s sinks) name(spec sinkSpec) string {
	base := strings.ToValidUTF8(spec.String(), "?")
	if spec.kind == "whip" {
		base = spec.kind // there may be a key in the address
	}
	name := base
	for n := 2; slices.ContainsFunc(s.all, func(other filter.NamedSink) bool { return other.Name == name }); n++ {
		name = fmt.Sprint(base, " ", n)
	}
	return name
}

func (p *program) openSink(e *engine, spec sinkSpec, options output.Options, web *webrtc.Server) (filter.Sink, error) {
	switch spec.kind {
	case "window":
		styles, err := e.gallery.collection.Names()
		if err != nil {
			return nil, err
		}
		return window.New(window.Config{Styles: styles})
	case "null":
		return new(output.Null), nil
	case "y4m":
		if spec.arg == "-" {
			return output.NewY4M(os.Stdout, options), nil
		}
		return output.CreateY4M(spec.arg, options)
	case "v4l2":
		return v4l2.Open(v4l2.Config{Path: spec.arg, FPS: options.FPS, Card: card.Notice, Log: p.log})
	case "webrtc":
		return web.Stream(), nil
	case "whip":
		return webrtc.NewPublisher(spec.arg, p.settings.web.whipToken, p.settings.web.ice, webCodecs(), p.log)
	case "file":
		return output.CreateVideo(spec.arg, options)
	}
	return nil, fmt.Errorf("--out %s: %w in this build", spec, filter.ErrMissing)
}

// Close closes sinks that no run has taken over.
func (s sinks) Close() error {
	var errs []error
	for _, sink := range s.all {
		errs = append(errs, sink.Sink.Close())
	}
	return errors.Join(errs...)
}
