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
	Formats []format `json:"formats,omitempty"` // a virtual camera's while it is fed
	Holders []string `json:"holders,omitempty"`
	Fault   string   `json:"fault,omitempty"`
}

// format is a layout that a device gives, and its sizes.
type format struct {
	Layout string       `json:"layout"` // as V4L2 names it: YUYV, MJPG
	Sizes  []formatSize `json:"sizes,omitempty"`
}

type formatSize struct {
	Size  string    `json:"size"`            // or the smallest, where any up to Up will do
	Up    string    `json:"up_to,omitempty"` // the largest
	Rates []float64 `json:"rates,omitempty"` // frames a second, of the largest size
}

func (p *program) devicesCommand() *cli.Command {
	return p.command(spec{
		name:  "devices",
		usage: "list cameras and virtual cameras, what they give, and who holds them",
		about: "--input camera:NAME takes a number, a path, or a part of a name below that is more than a number.",
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
	lines := slices.Clone(d.Names)
	for _, f := range d.Formats {
		for _, s := range f.Sizes {
			lines = append(lines, f.Layout+" "+s.String())
		}
		if len(f.Sizes) == 0 {
			lines = append(lines, f.Layout)
		}
	}
	for _, holder := range d.Holders {
		lines = append(lines, "held by "+holder)
	}
	if d.Fault != "" {
		lines = append(lines, "cannot be asked: "+d.Fault)
	}
	return lines
}

func (s formatSize) String() string {
	text := s.Size
	if s.Up != "" {
		text += " to " + s.Up
	}
	if len(s.Rates) == 0 {
		return text
	}
	var rates []string
	for _, rate := range s.Rates {
		rates = append(rates, fmt.Sprintf("%.4g", rate))
	}
	return text + " at " + strings.Join(rates, ", ")
}

func devices() []videoDevice {
	found := []videoDevice{}
	for _, info := range v4l2.List() {
		d := videoDevice{Path: info.Path, Card: info.Card, Kind: "camera", Names: info.Names}
		if !info.Camera() {
			d.Kind = "virtual camera"
		}
		if info.Err != nil {
			d.Fault = info.Err.Error()
		} else {
			d.Formats = formats(info.Path)
		}
		for _, holder := range v4l2.Holders(info.Path) {
			d.Holders = append(d.Holders, holder.String())
		}
		found = append(found, d)
	}
	return found
}

// formats lists what a device gives.
func formats(path string) []format {
	d, err := v4l2.Open(path)
	if err != nil {
		return nil
	}
	defer d.Close()
	var all []format
	for _, layout := range d.Formats(v4l2.Capture) {
		f := format{Layout: layout.String()}
		for _, s := range d.Sizes(layout) {
			text := func(width, height int) string { return size{width, height}.String() }
			given := formatSize{Size: text(s.Width, s.Height), Rates: d.Rates(layout, s.Width, s.Height)}
			if s.MinWidth != s.Width || s.MinHeight != s.Height {
				given.Size, given.Up = text(s.MinWidth, s.MinHeight), given.Size
			}
			slices.Sort(given.Rates)
			f.Sizes = append(f.Sizes, given)
		}
		all = append(all, f)
	}
	return all
}

func hasCamera() bool { return slices.ContainsFunc(v4l2.List(), v4l2.Info.Camera) }
