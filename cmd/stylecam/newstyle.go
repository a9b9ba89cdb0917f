package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"image"
	"image/jpeg"
	"path/filepath"

	"stylecam/capture"
	"stylecam/filter"
	"stylecam/frame"
	"stylecam/style"
)

// The preview's size and the qualities it is tried at until it is small enough.
const previewWidth, previewHeight = 320, 240

var previewQualities = []int{85, 75, 65, 50, 35, 20}

// makeStyle makes a style of a picture, or takes one from a .style file, under
// the given name and origin; what they leave open the file may tell.
func (e *engine) makeStyle(ctx context.Context, file string, s style.Style) (*style.Style, error) {
	if filepath.Ext(file) == ".style" {
		from, err := style.Read(file)
		if err != nil {
			return nil, err
		}
		s.Artist, s.Title = cmp.Or(s.Artist, from.Artist), cmp.Or(s.Title, from.Title)
		s.Year, s.Licence = cmp.Or(s.Year, from.Year), cmp.Or(s.Licence, from.Licence)
		s.Preview, s.Sections = from.Preview, from.Sections
		return &s, nil
	}
	tensors, err := e.gallery.encode(ctx, file)
	if err != nil {
		return nil, err
	}
	graph := e.gallery.graph
	s.Sections = []style.Section{{Model: graph.Name, Digest: graph.SHA256, Tensors: tensors}}
	e.gallery.keep(s.Name, tensors)
	s.Preview, err = e.preview(ctx, s.Name)
	return &s, err
}

// preview paints the demo's portrait in a loaded style, small enough to be kept
// with it.
func (e *engine) preview(ctx context.Context, name string) ([]byte, error) {
	photo, err := portrait(ctx, previewWidth, previewHeight)
	if err != nil {
		return nil, err
	}
	params := filter.Defaults(name)
	params.Quality = filter.Best
	picture, err := e.paint(ctx, photo, &params)
	if err != nil {
		return nil, err
	}
	return encodePreview(picture)
}

// encodePreview writes a preview as small as it has to be.
func encodePreview(picture image.Image) ([]byte, error) {
	for _, quality := range previewQualities {
		var file bytes.Buffer
		if err := jpeg.Encode(&file, picture, &jpeg.Options{Quality: quality}); err != nil {
			return nil, err
		}
		if file.Len() <= style.MaxPreview {
			return file.Bytes(), nil
		}
	}
	return nil, errors.New("the preview does not become small enough")
}

// portrait is the demo's first frame, which previews and proofs are painted of.
func portrait(ctx context.Context, width, height int) (*frame.Frame, error) {
	source, err := capture.Open(ctx, capture.Config{Input: "demo", Width: width, Height: height, Frames: 1, Pool: new(frame.Pool)})
	if err != nil {
		return nil, err
	}
	defer source.Close()
	return source.Read(ctx)
}
