package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"stylecam/blend"
	"stylecam/capture"
	"stylecam/filter"
	"stylecam/output"
)

// pictures draws something of one picture, or of each in a folder.
func (p *program) pictures(ctx context.Context, in, out string, sequence bool, draw drawing) error {
	jobs, err := pairs(in, out)
	if err != nil {
		return err
	}
	if err := output.CheckPicture(jobs[0].out); err != nil { // before the work, not after it
		return &usageError{err, "stylecam image photo.jpg painted.png"}
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
	// The photograph is mirrored, not what is made of it, so that paintings and
	// masks agree and captions stay legible.
	mirror := params.Mirror
	params.Mirror = false
	if backdrop := params.BackgroundFill.Picture; mirror && backdrop != nil {
		if err := blend.Mirror(backdrop); err != nil {
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
		if mirror {
			if err := blend.Mirror(photo); err != nil {
				return err
			}
		}
		picture, err := draw.of(ctx, e, photo, &params)
		if err != nil {
			return fmt.Errorf("%s: %w", job.in, err)
		}
		if err := output.WritePicture(job.out, picture); err != nil {
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
		if err != nil {
			return err
		}
		to := filepath.Join(out, strings.TrimSuffix(below, filepath.Ext(below))+".png")
		jobs = append(jobs, job{path, to})
		return os.MkdirAll(filepath.Dir(to), 0o755)
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
