package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"stylecam/v4l2"
)

// videoDevice is one in the words of --json.
type videoDevice struct {
	Path    string   `json:"path"`
	Card    string   `json:"card"`
	Kind    string   `json:"kind"` // "camera", or "virtual camera"
	Names   []string `json:"names,omitempty"`
	Formats []string `json:"formats,omitempty"`
	Holders []string `json:"holders,omitempty"`
	Fault   string   `json:"fault,omitempty"`
}

func (p *program) devicesCommand() *cli.Command {
	return p.command(spec{
		name:  "devices",
		usage: "list cameras and virtual cameras, what they give, and who holds them",
		about: "--input camera:NAME takes a number, a path, or a part of a name below.",
		examples: []string{
			"stylecam devices",
			"stylecam run --input camera:/dev/v4l/by-id/usb-046d_HD_Webcam-video-index0",
		},
		run: func(context.Context, *cli.Context) error {
			found := devices()
			if p.json {
				return p.printJSON(found)
			}
			if len(found) == 0 {
				fmt.Fprintln(p.stdout, "no camera and no virtual camera; the demo needs none: stylecam run --input demo")
				return nil
			}
			t := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
			for _, d := range found {
				fmt.Fprintf(t, "%s\t%s\t%s\n", d.Path, d.Kind, d.Card)
				for _, line := range d.details() {
					fmt.Fprintf(t, "\t%s\t\n", line)
				}
			}
			return t.Flush()
		},
	})
}

// details are the lines below a device's name.
func (d videoDevice) details() []string {
	lines := slices.Concat(d.Names, d.Formats)
	for _, holder := range d.Holders {
		lines = append(lines, "held by "+holder)
	}
	if d.Fault != "" {
		lines = append(lines, "cannot be asked: "+d.Fault)
	}
	return lines
}

func devices() []videoDevice {
	found := []videoDevice{}
	for _, info := range v4l2.List() {
		d := videoDevice{Path: info.Path, Card: info.Card, Kind: "camera", Names: info.Names}
		if info.Loopback() || !info.Captures && info.Err == nil {
			d.Kind = "virtual camera"
		}
		if info.Err != nil {
			d.Fault = info.Err.Error()
		} else {
			d.Formats = formats(info.Path)
		}
		for _, holder := range v4l2.Holders(info.Path) {
			d.Holders = append(d.Holders, fmt.Sprintf("%s (process %d)", holder.Name, holder.PID))
		}
		found = append(found, d)
	}
	return found
}

// formats lists what a device gives, a line a layout: sizes, and rates of the largest.
func formats(path string) []string {
	d, err := v4l2.Open(path)
	if err != nil {
		return nil
	}
	defer d.Close()
	var lines []string
	for _, format := range d.Formats(v4l2.Capture) {
		var sizes []string
		for _, s := range d.Sizes(format) {
			text := fmt.Sprintf("%dx%d", s.Width, s.Height)
			if s.MinWidth != s.Width || s.MinHeight != s.Height {
				text = fmt.Sprintf("%dx%d to %s", s.MinWidth, s.MinHeight, text)
			}
			if rates := d.Rates(format, s.Width, s.Height); len(rates) > 0 {
				text += fmt.Sprintf(" at %g", slices.Max(rates))
			}
			sizes = append(sizes, text)
		}
		lines = append(lines, strings.TrimSpace(format.String()+" "+strings.Join(sizes, ", ")))
	}
	return lines
}

// hasCamera tells whether a camera is there; of one that may not be opened, opening
// it tells what to do.
func hasCamera() bool {
	return slices.ContainsFunc(v4l2.List(), func(i v4l2.Info) bool { return i.Camera() || i.Err != nil })
}
