package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"stylecam/capture"
	"stylecam/filter"
	"stylecam/output/window"
	"stylecam/v4l2"
)

func (p *program) runCommand() *cli.Command {
	var frames uint64
	const example = "stylecam run --style starry-night --person 0.4,0.2"
	return p.command(spec{
		name:  "run",
		usage: "paint live: from the camera into a window, a file, a pipe",
		about: `Without --input and --out it takes the camera, or the built-in demo where there is
none, into a window, or into a file below out/ where there is no display.

Keys in the window: n p style, [ ] background, { } person, space filter on and off,
b blank (a card instead of any picture, on every output), m mask, o side by side,
f flip, s snapshot, i statistics, h help, q quit.`,
		examples: []string{
			example,
			"stylecam run --input camera:1 --out window --out evening.mp4",
			"stylecam run --input demo --out null --frames 300",
			"stylecam run --out y4m:- | ffplay -",
			"stylecam run --out v4l2:/dev/video10",
			"stylecam run --out webrtc",
			"stylecam run --input webrtc --webrtc-address 0.0.0.0:8090 --webrtc-tls self",
		},
		flags: append(flags(p.settings.live(), p.settings.picture(), p.settings.network(), p.settings.machine()),
			flagOf("frames", "end after `N` pictures, 0 for no end", &frames, parseCount, formatCount)),
		run: func(ctx context.Context, _ *cli.Context) error {
			for {
				pl, err := decide(&p.settings, frames, hasCamera, p.hasDisplay)
				if err == nil {
					err = p.checkOutputs(pl.outputs)
				}
				for _, o := range pl.outputs {
					if err == nil {
						err = notItself(pl.input, o.arg)
					}
				}
				if err == nil {
					err = checkLoop(pl.input, pl.outputs, v4l2.List)
				}
				if err != nil {
					err = &usageError{blame("out", fmt.Errorf("run: %w", err)), example}
				} else {
					err = p.runLive(ctx, pl)
				}
				if err == nil || ctx.Err() != nil || !p.forget(err) {
					return err
				}
			}
		},
	})
}

func (p *program) hasDisplay() bool { return window.Check(p.getenv) == nil }

// checkOutputs refuses results and pictures on the same stream.
func (p *program) checkOutputs(outputs []sinkSpec) error {
	for _, o := range outputs {
		if o.onStdout() && p.json {
			return errors.New("--json and --out y4m:- both want standard output")
		}
	}
	return nil
}

// runLive runs as planned.
func (p *program) runLive(ctx context.Context, pl plan) error {
	for _, reason := range pl.reasons {
		p.tell("%s", reason)
	}
	if err := checkDevices(pl); err != nil {
		return err
	}
	if pl.folder != "" {
		if err := os.MkdirAll(pl.folder, 0o755); err != nil {
			return fmt.Errorf("%w; name a file in another folder with --out: %w", err, filter.ErrMissing)
		}
	}
	e, err := p.openEngine(ctx, use{
		live:  true,
		reuse: pl.input != "demo", // which `bench` and its like measure by
	})
	if err != nil {
		return err
	}
	defer e.Close()
	params, err := p.params(ctx, e)
	if err != nil {
		return err
	}
	r, err := p.drive(ctx, e, drive{
		source: capture.Config{Input: pl.input, Width: pl.size.width, Height: pl.size.height, FPS: pl.fps, Frames: pl.length, Live: true, Pool: e.pool},
		sinks:  pl.outputs,
		params: params,
		frames: pl.frames,

		idle:     p.settings.idle,
		original: p.settings.failure == "original",
	})
	if r.Frames == 0 {
		return err
	}
	if p.json {
		return errors.Join(err, p.printJSON(r))
	}
	p.tellRun(r)
	if err == nil || onlyCanceled(err) { // else a file may not have been kept
		p.tellNext(pl)
	}
	return err
}

// tellRun says what a run did, in a few lines.
func (p *program) tellRun(r report) {
	p.tell("painted %d frames of %s at %s in %.1f s: %.1f fps, on %s, in the style %s", r.Frames, r.Input, r.Size, r.Seconds, r.FPS, r.Provider, r.Style)
	p.tell("delay %.0f ms (95 of 100 frames within %.0f ms): give the sound the same offset", r.Age.P50, r.Age.P95)
	drops := []string{fmt.Sprintf("source %d", r.Drops)}
	for _, o := range r.Outputs {
		drops = append(drops, fmt.Sprintf("%s %d", o.Name, o.Drops))
	}
	p.tell("dropped frames: %s", strings.Join(drops, ", "))
	if r.Failures > 0 {
		p.tell("%d frames could not be painted", r.Failures)
	}
}

// tellNext says what to type next.
func (p *program) tellNext(pl plan) {
	for _, o := range pl.outputs {
		if o.kind == "file" || o.kind == "y4m" && !o.onStdout() {
			p.tell("written: %s; see it: ffplay %s", o.arg, o.arg)
		}
	}
	p.tell("next: %s styles list, then %s run --style NAME; %s image photo.jpg painted.jpg; %s help", p.name, p.name, p.name, p.name)
}
