package main

import (
	"context"
	"errors"
	"fmt"
	"image"
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
func (p *program) pictures(ctx context.Context, in, out string, u use, draw drawing) error {
	jobs, err := pairs(in, out)
	if err != nil {
		return err
	}
	if jobs[0].out == "-" && p.json {
		return &usageError{errors.New("--json and - both want standard output"), draw.example}
	}
	if err := errors.Join(checkTarget(jobs[0], draw), notItself(jobs[0].in, jobs[0].out)); err != nil { // before the work, not after it
		return &usageError{err, draw.example}
	}
	e, err := p.openEngine(ctx, u)
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
	var results []result
	var errs []error
	for _, job := range jobs {
		r, err := p.picture(ctx, e, job, draw, params, mirror)
		if err == nil {
			results = append(results, r)
			continue
		}
		errs = append(errs, err)
		if !errors.Is(err, filter.ErrInput) { // else the picture's fault, not that of the others
			break
		}
	}
	if p.json && len(results) > 0 {
		errs = append(errs, p.printJSON(results))
	}
	return errors.Join(errs...)
}

// picture draws something of one picture.
func (p *program) picture(ctx context.Context, e *engine, job job, draw drawing, params filter.Params, mirror bool) (result, error) {
	photo, err := capture.ReadPicture(ctx, job.in)
	if err != nil {
		return result{}, err
	}
	if mirror {
		if err := blend.Mirror(photo); err != nil {
			return result{}, err
		}
	}
	picture, err := draw.of(ctx, e, photo, &params)
	if err != nil {
		return result{}, fmt.Errorf("%s: %w", job.in, err)
	}
	if job.folder {
		if err := os.MkdirAll(filepath.Dir(job.out), 0o755); err != nil {
			return result{}, fmt.Errorf("cannot make a folder for %s: %w: %w", job.out, err, filter.ErrMissing)
		}
	}
	if err := p.writePicture(job.out, picture); err != nil {
		return result{}, err
	}
	if !p.json && job.out != "-" {
		p.tell("written: %s", job.out)
	}
	size := picture.Bounds().Size()
	return result{job.in, job.out, size.X, size.Y}, nil
}

// checkTarget refuses what cannot be written as it is named.
func checkTarget(j job, draw drawing) error {
	if err := output.CheckPicture(j.out); err != nil {
		return err
	}
	if draw.transparent && !output.KeepsTransparency(j.out) {
		return fmt.Errorf("%s: JPEG has no transparency; write .png or .webp", j.out)
	}
	return nil
}

// result is a picture in the words of --json.
type result struct {
	In     string `json:"in"`
	Out    string `json:"out"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
}

// writePicture writes to a file, or to standard output, of which the reader may leave.
func (p *program) writePicture(path string, m image.Image) error {
	if path == "-" {
		return output.EncodePicture(p.stdout, path, m)
	}
	return output.WritePicture(path, m)
}

// job is one picture's way.
type job struct {
	in, out string
	folder  bool // of many: the folder of out may have to be made
}

// pairs names what becomes of a picture, or of each in a folder and the folders
// below it, in the order of their names.
func pairs(in, out string) ([]job, error) {
	info, err := os.Stat(in)
	if in == "-" || err != nil || !info.IsDir() {
		return []job{{in: in, out: out}}, nil // whoever reads it tells what is wrong
	}
	if out == "-" {
		return nil, &usageError{fmt.Errorf("%s is a folder, of which one picture cannot go to standard output; name a folder", in), "stylecam image photos painted"}
	}
	var jobs []job
	from := make(map[string]string)
	err = filepath.WalkDir(in, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !slices.Contains(pictureEndings, strings.ToLower(filepath.Ext(path))) {
			return err
		}
		below, err := filepath.Rel(in, path)
		if err != nil {
			return err
		}
		to := filepath.Join(out, strings.TrimSuffix(below, filepath.Ext(below))+".png")
		if lies(to, info) {
			return &usageError{fmt.Errorf("%s would be written among the pictures of %s; name another folder", to, in), "stylecam image photos painted"}
		}
		if other, taken := from[to]; taken {
			return fmt.Errorf("%s and %s would both become %s; rename one", other, path, to)
		}
		from[to] = path
		jobs = append(jobs, job{path, to, true})
		return nil
	})
	if err == nil && len(jobs) == 0 {
		err = fmt.Errorf("%s: no picture in this folder", in)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", err, filter.ErrInput)
	}
	return jobs, nil
}

// lies tells whether a path, whose end need not exist, lies in a folder or below it.
func lies(path string, folder fs.FileInfo) bool {
	path, err := filepath.Abs(path)
	for err == nil {
		if info, err := os.Stat(path); err == nil && os.SameFile(info, folder) {
			return true
		}
		above := filepath.Dir(path)
		if above == path {
			break
		}
		path = above
	}
	return false
}

var pictureEndings = []string{".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff"}
