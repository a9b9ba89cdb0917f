package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/urfave/cli/v2"

	"stylecam/capture"
	"stylecam/frame"
)

func (p *program) videoCommand() *cli.Command {
	return p.command(spec{
		name:  "video",
		usage: "paint every frame of a video, its sound kept",
		args:  "IN OUT",
		about: "OUT's ending says what is written. y4m:- and *.y4m are raw streams; - stands for y4m\non standard input and output.",
		examples: []string{
			"stylecam video party.mp4 painted.mp4 --style scream",
			"ffmpeg -i party.mp4 -f yuv4mpegpipe - | stylecam video - - | ffplay -",
		},
		flags: flags(p.settings.picture(), p.settings.machine()),
		run: func(ctx context.Context, c *cli.Context) error {
			in, out := y4mForDash(c.Args().Get(0)), y4mForDash(c.Args().Get(1))
			sink, err := parseSink(out)
			switch {
			case err != nil:
			case !isFile(in):
				err = fmt.Errorf("video: %q is no video file; live it is: stylecam run --input %s", in, in)
			default:
				err = errors.Join(p.checkOutputs([]sinkSpec{sink}), notItself(in, sink.arg))
			}
			if err != nil {
				return &usageError{err, "stylecam video party.mp4 painted.mp4"}
			}
			return p.paintVideo(ctx, in, sink)
		},
	})
}

func y4mForDash(path string) string {
	if path == "-" {
		return "y4m:-"
	}
	return path
}

// soundOf is the file to take the sound from: a stream has none that could be
// read a second time.
func soundOf(in string) string {
	if info, err := os.Stat(in); err != nil || !info.Mode().IsRegular() {
		return ""
	}
	return in
}

func (p *program) paintVideo(ctx context.Context, in string, sink sinkSpec) error {
	e, err := p.openEngine(ctx, use{})
	if err != nil {
		return err
	}
	defer e.Close()
	params, err := p.params(ctx, e)
	if err != nil {
		return err
	}
	r, err := p.drive(ctx, e, drive{
		source: capture.Config{Input: in, Pool: e.pool},
		policy: frame.Every,
		sinks:  []sinkSpec{sink},
		params: params,
		sound:  soundOf(in),
	})
	if p.json && r.Frames > 0 {
		return errors.Join(err, p.printJSON(r))
	}
	if err != nil {
		if onlyCanceled(err) && r.Frames > 0 {
			p.tell("written: %s, the first %d frames", sink, r.Outputs[0].Frames)
		}
		return err
	}
	p.tell("painted %d frames of %s at %s in %.1f s: %.1f fps, on %s, in the style %s", r.Frames, r.Input, r.Size, r.Seconds, r.FPS, r.Provider, r.Style)
	if written := r.Outputs[0]; written.Left {
		p.tell("written: %s, whose reader left after %d frames", sink, written.Frames)
		return nil
	}
	p.tell("written: %s", sink)
	return nil
}
