package main

import (
	"context"
	"fmt"
	"image"

	"github.com/urfave/cli/v2"

	"stylecam/filter"
	"stylecam/frame"
	"stylecam/output"
	"stylecam/style"
)

func (p *program) imageCommand() *cli.Command {
	var figure, cutOut, sequence bool
	var transfer style.Transfer
	const example = "stylecam image photo.jpg painted.jpg --style scream"
	return p.command(spec{
		name:  "image",
		usage: "paint a picture, or a folder of them",
		args:  "IN OUT",
		about: `IN and OUT are picture files of the kind that their endings say; - stands for
standard input and output (as PNG). A folder's pictures go, as PNG, into a folder.
A picture keeps its size.`,
		examples: []string{
			example,
			"stylecam image photo.jpg figure.png --figure",
			"stylecam image - - < photo.jpg > painted.png",
		},
		flags: append(flags(p.settings.picture(), p.settings.machine()),
			&cli.BoolFlag{Name: "figure", Usage: "draw the paper's five panels: photograph, mask, both paintings, result", Destination: &figure},
			&cli.BoolFlag{Name: "cut-out", Usage: "the painted person alone, on a transparent ground (PNG, WebP)", Destination: &cutOut},
			flagOf("transfer", "`HOW` places choose among a style's: sanet; or, to compare, adain (its average) or avatar (the best match)",
				&transfer, style.ParseTransfer, style.Transfer.String),
			sequenceFlag(&sequence)),
		run: func(ctx context.Context, c *cli.Context) error {
			draw := drawing{of: painted, styled: true, example: example}
			switch {
			case figure && cutOut:
				return &usageError{fmt.Errorf("image: --figure and --cut-out do not go together"), example}
			case figure:
				draw.of = fivePanels
			case cutOut:
				draw.of, draw.transparent, draw.example = paintedCutOut, true, "stylecam image photo.jpg person.png --cut-out"
			}
			return p.pictures(ctx, c.Args().Get(0), c.Args().Get(1), use{still: !sequence, transfer: transfer}, draw)
		},
	})
}

func (p *program) maskCommand() *cli.Command {
	var cutOut, sequence bool
	return p.command(spec{
		name:  "mask",
		usage: "find the person in a picture, or in a folder of them",
		args:  "IN OUT",
		about: "OUT is the mask, grey, white where the person is; or, with --cut-out, the person\nalone. A folder's masks go, as PNG, into a folder.",
		examples: []string{
			"stylecam mask photo.jpg mask.png",
			"stylecam mask photo.jpg person.png --cut-out",
		},
		flags: append(flags(p.settings.masking(), p.settings.machine()),
			&cli.BoolFlag{Name: "cut-out", Usage: "the person alone, on a transparent ground (PNG, WebP)", Destination: &cutOut},
			sequenceFlag(&sequence)),
		run: func(ctx context.Context, c *cli.Context) error {
			draw := drawing{of: maskAlone, example: "stylecam mask photo.jpg mask.png"}
			if cutOut {
				draw.of, draw.transparent, draw.example = maskedCutOut, true, "stylecam mask photo.jpg person.png --cut-out"
			}
			return p.pictures(ctx, c.Args().Get(0), c.Args().Get(1), use{still: !sequence}, draw)
		},
	})
}

func sequenceFlag(to *bool) cli.Flag {
	return &cli.BoolFlag{Name: "sequence", Usage: "a folder's pictures are frames of one film: each mask leans on those before", Destination: to}
}

// drawing is what one of the commands makes of a picture.
type drawing struct {
	of          func(ctx context.Context, e *engine, photo *frame.Frame, params *filter.Params) (image.Image, error)
	styled      bool // it paints
	transparent bool // in places
	example     string
}

func painted(ctx context.Context, e *engine, photo *frame.Frame, params *filter.Params) (image.Image, error) {
	return e.paint(ctx, photo, params)
}

func maskAlone(ctx context.Context, e *engine, photo *frame.Frame, params *filter.Params) (image.Image, error) {
	var mask []byte
	err := e.relay.do(ctx, func(b *brush) (err error) {
		mask, err = b.painter.Mask(ctx, photo, params, new(filter.Trace))
		return err
	})
	if err != nil {
		return nil, err
	}
	return &image.Gray{Pix: mask, Stride: photo.Width, Rect: image.Rect(0, 0, photo.Width, photo.Height)}, nil
}

func maskedCutOut(ctx context.Context, e *engine, photo *frame.Frame, params *filter.Params) (image.Image, error) {
	var cut *image.NRGBA
	err := e.relay.do(ctx, func(b *brush) (err error) {
		cut, err = b.painter.CutOut(ctx, photo, params, new(filter.Trace))
		return err
	})
	return cut, err
}

// paintedCutOut is the painting under the photograph's mask.
func paintedCutOut(ctx context.Context, e *engine, photo *frame.Frame, params *filter.Params) (image.Image, error) {
	var picture *frame.Frame
	var mask []byte
	err := e.relay.do(ctx, func(b *brush) (err error) {
		picture, mask, err = b.painter.ApplyMasked(ctx, photo, params, new(filter.Trace))
		return err
	})
	if err != nil {
		return nil, err
	}
	defer picture.Release()
	out := output.Image(picture)
	for i, opacity := range mask {
		out.Pix[4*i+3] = opacity
	}
	return out, nil
}

// paint returns the painting of one picture.
func (e *engine) paint(ctx context.Context, photo *frame.Frame, params *filter.Params) (*image.NRGBA, error) {
	picture, err := e.relay.Apply(ctx, photo, params, new(filter.Trace))
	if err != nil {
		return nil, err
	}
	defer picture.Release()
	return output.Image(picture), nil
}
