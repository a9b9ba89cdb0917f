// Package capture is where frames come from: cameras, video files, pictures, and
// what the program draws itself. [Open] turns the command line's --input into a
// [Source]:
//
//	camera         the first real camera; camera:N, camera:/dev/videoN, camera:NAME choose; so does /dev/videoN
//	demo           a portrait that moves before a noisy camera; needs no hardware
//	card           the test card
//	FILE           a video; a y4m stream (*.y4m, or y4m:- for standard input); a picture, which stands still
//
// Sources only read: pacing a file like a camera is theirs, but retrying,
// reconnecting and dropping are the live loop's. Whatever a file or camera does,
// Read returns frames of one size, in order, or an error.
package capture

import (
	"context"
	"fmt"
	"strings"

	"stylecam/capture/camera"
	"stylecam/filter"
	"stylecam/frame"
)

// Config says what to open. The zero value of a number leaves the choice to the
// source.
type Config struct {
	Input         string
	Width, Height int     // pixels; cameras grant what they can, files are scaled to cover
	FPS           float64 // frames a second; video files keep their own
	Frames        uint64  // demo, card and pictures end after so many
	Live          bool    // files and drawn sources keep pace with the clock, as a camera does
	Pool          *frame.Pool
}

// Source is a filter.Source that knows what it is.
type Source interface {
	filter.Source
	Info() Info
}

// Info describes an open source.
type Info struct {
	Name          string  // for people: "demo", the camera's card name, the file's name
	Width, Height int     // of every frame
	FPS           float64 // as announced, else DefaultFPS
	Frames        uint64  // how many will come, as announced; 0 when unknown or endless
	Endless       bool    // a picture, the demo, the test card: drawn again for ever
	Camera        bool    // worth waiting for when it goes away
	Stable        string  // the Input that finds the same camera, whatever number it comes back under
	Note          string  // what the user should be told (a file cut off, another size granted); may come late
}

// What drawn sources and cameras give when nobody asked for anything else.
const (
	DefaultWidth  = camera.DefaultWidth
	DefaultHeight = camera.DefaultHeight
	DefaultFPS    = camera.DefaultFPS
)

// maxSide bounds what may be asked for, in pixels.
const maxSide = 8192

// Open opens the input that c names. Errors wrap filter.ErrInput (a file is not
// what it should be) or filter.ErrMissing (no such camera, no permission).
func Open(ctx context.Context, c Config) (Source, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if c.Width < 0 || c.Height < 0 || c.Width > maxSide || c.Height > maxSide || (c.Width == 0) != (c.Height == 0) {
		return nil, fmt.Errorf("size %dx%d is outside 1x1 to %dx%d: %w", c.Width, c.Height, maxSide, maxSide, filter.ErrInput)
	}
	if !(c.FPS >= 0 && c.FPS <= 1000) {
		return nil, fmt.Errorf("%g frames a second are outside 0 to 1000: %w", c.FPS, filter.ErrInput)
	}
	if which, ok := cameraOf(c.Input); ok {
		return openCamera(ctx, which, c)
	}
	switch c.Input {
	case "":
		return nil, fmt.Errorf("no input named; give camera, demo, card or a file: %w", filter.ErrInput)
	case "demo":
		return newDemo(c)
	case "card":
		return newCard(c), nil
	default:
		return openFile(ctx, c)
	}
}

// IsCamera tells whether an input names a camera.
func IsCamera(input string) bool {
	_, ok := cameraOf(input)
	return ok
}

// cameraOf returns which camera an input names, "" for any, if it names one.
func cameraOf(input string) (which string, ok bool) {
	if strings.HasPrefix(input, "/dev/video") || strings.HasPrefix(input, "/dev/v4l/") {
		return input, true
	}
	word, which, _ := strings.Cut(input, ":")
	return which, word == "camera"
}
