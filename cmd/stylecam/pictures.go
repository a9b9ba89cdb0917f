package main

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"stylecam/capture"
	"stylecam/filter"
	"stylecam/frame"
)

// pictures draws something of one picture, or of each in a folder.
func (p *program) pictures(ctx context.Context, in, out string, sequence bool, draw drawing) error {
	jobs, err := pairs(in, out)
	if err != nil {
		return err
	}
	if err := checkEnding(jobs[0].out); err != nil { // before the work, not after it
		return err
	}
	e, err := p.openEngine(use{still: !sequence})
	if err != nil {
		return err
	}
	defer e.Close()
	params := p.settings.params
	if draw.styled {
		if params, err = p.params(ctx, e); err != nil {
			return err
		}
	}
	for _, job := range jobs {
		if err := ctx.Err(); err != nil {
			return err
		}
		photo, err := capture.ReadPicture(job.in)
		if err != nil {
			return err
		}
		picture, err := draw.of(ctx, e, photo, &params)
		if err != nil {
			return fmt.Errorf("%s: %w", job.in, err)
		}
		if err := p.writePicture(job.out, picture); err != nil {
			return err
		}
		p.log.Info("done", "in", job.in, "out", job.out)
	}
	return nil
}

// job is one picture's way.
type job struct{ in, out string }

// pairs names what becomes of a picture, or of each in a folder and the folders
// below it, in the order of their names.
func pairs(in, out string) ([]job, error) {
	info, err := os.Stat(in)
	if in == "-" || err != nil || !info.IsDir() {
		return []job{{in, out}}, nil // whoever reads it tells what is wrong
	}
	var jobs []job
	err = filepath.WalkDir(in, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !slices.Contains(pictureEndings, strings.ToLower(filepath.Ext(path))) {
			return err
		}
		below, err := filepath.Rel(in, path)
		jobs = append(jobs, job{path, filepath.Join(out, strings.TrimSuffix(below, filepath.Ext(below))+".png")})
		return err
	})
	if err == nil && len(jobs) == 0 {
		err = fmt.Errorf("%s: no picture in this folder", in)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", filter.ErrInput, err)
	}
	return jobs, nil
}

var pictureEndings = []string{".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff"}

// checkEnding refuses a file whose ending promises what is not written.
func checkEnding(path string) error {
	switch ending := strings.ToLower(filepath.Ext(path)); {
	case path == "-", ending == ".png", ending == ".jpg", ending == ".jpeg":
		return nil
	}
	return &usageError{fmt.Errorf("%s: pictures are written as .png or .jpg", path), "stylecam image photo.jpg painted.png"}
}

// toImage is a frame as Go's encoders take it.
func toImage(f *frame.Frame) *image.NRGBA {
	picture := image.NewNRGBA(image.Rect(0, 0, f.Width, f.Height))
	for y := range f.Height {
		row, out := f.Row(y), picture.Pix[y*picture.Stride:]
		for x := range f.Width {
			out[4*x], out[4*x+1], out[4*x+2], out[4*x+3] = row[3*x+2], row[3*x+1], row[3*x], 255
		}
	}
	return picture
}

// writePicture encodes a picture by its file's ending, for standard output as PNG.
func (p *program) writePicture(path string, picture image.Image) error {
	var file bytes.Buffer
	var err error
	switch strings.ToLower(filepath.Ext(path)) {
	case ".jpg", ".jpeg":
		err = jpeg.Encode(&file, picture, &jpeg.Options{Quality: 95})
	default:
		err = png.Encode(&file, picture)
	}
	if err != nil {
		return err
	}
	return p.writeFile(path, file.Bytes())
}
