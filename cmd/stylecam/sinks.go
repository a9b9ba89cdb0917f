package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"stylecam/capture"
	"stylecam/card"
	"stylecam/filter"
	"stylecam/output"
	"stylecam/output/v4l2"
)

// openSinks opens every output of a drive, or none.
func (p *program) openSinks(d drive, info capture.Info) (sinks []filter.NamedSink, err error) {
	defer func() {
		if err != nil {
			err = errors.Join(err, closeSinks(sinks))
		}
	}()
	options := output.Options{FPS: info.FPS, Policy: d.policy, Sound: d.sound}
	for _, spec := range d.sinks {
		sink, err := p.openSink(spec, options)
		if err != nil {
			return sinks, err
		}
		sinks = append(sinks, filter.NamedSink{Name: spec.String(), Sink: sink})
	}
	return sinks, nil
}

func (p *program) openSink(spec sinkSpec, options output.Options) (filter.Sink, error) {
	switch spec.kind {
	case "null":
		return new(output.Null), nil
	case "y4m":
		if spec.arg == "-" {
			return output.NewY4M(os.Stdout, options), nil
		}
		return output.CreateY4M(spec.arg, options)
	case "v4l2":
		return v4l2.Open(v4l2.Config{Path: spec.arg, FPS: options.FPS, Card: card.Notice})
	case "file":
		if err := os.MkdirAll(filepath.Dir(spec.arg), 0o755); err != nil {
			return nil, err
		}
		return output.CreateVideo(spec.arg, options)
	}
	return nil, fmt.Errorf("--out %s: %w in this build", spec, filter.ErrMissing)
}

func closeSinks(sinks []filter.NamedSink) error {
	var errs []error
	for _, s := range sinks {
		errs = append(errs, s.Sink.Close())
	}
	return errors.Join(errs...)
}
