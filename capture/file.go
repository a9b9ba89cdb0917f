package capture

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"io/fs"
	"os"
	"strings"

	"stylecam/filter"
	"stylecam/y4m"
)

// openFile opens what a path names, "-" being standard input. What the file is
// shows in its first bytes, not in its name; "y4m:" may stand before the name and
// changes nothing.
func openFile(ctx context.Context, c Config) (Source, error) {
	c.Input = strings.TrimPrefix(c.Input, "y4m:")
	if c.Input == "-" {
		c.Input = "standard input"
		return openPipe(ctx, io.NopCloser(os.Stdin), c)
	}
	file, err := unlessDone(ctx, func() (*os.File, error) { return openInput(c.Input) })
	if err != nil {
		return nil, err
	}
	if info, err := file.Stat(); err == nil && !info.Mode().IsRegular() {
		return openPipe(ctx, file, c)
	}
	defer file.Close()
	return openPath(ctx, c.Input, c)
}

// openPath opens a regular file, for which c.Input stands in messages.
func openPath(ctx context.Context, path string, c Config) (Source, error) {
	file, err := openInput(path)
	if err != nil {
		return nil, err
	}
	begin := bufio.NewReader(file)
	magic, err := begin.Peek(len(y4m.Magic))
	if err != nil && err != io.EOF {
		return nil, errors.Join(fmt.Errorf("%s: %w: %w", c.Input, err, filter.ErrInput), file.Close())
	}
	if string(magic) == y4m.Magic {
		return openY4M(begin, file, c)
	}
	defer file.Close()
	if len(magic) == 0 {
		return nil, fmt.Errorf("%s: is empty: %w", c.Input, filter.ErrInput)
	}
	// GIF is the one picture that plays: it goes to the video decoder.
	if _, format, err := image.DecodeConfig(begin); errors.Is(err, image.ErrFormat) || format == "gif" {
		return openVideo(ctx, path, c)
	}
	picture, err := readPicture(ctx, path, c.Input)
	if err != nil {
		return nil, err
	}
	return newStill(c, picture)
}

// openPipe takes a y4m stream as it comes. Anything else is stored first, since
// video files keep their index wherever they like.
func openPipe(ctx context.Context, pipe io.ReadCloser, c Config) (Source, error) {
	begin := bufio.NewReader(pipe)
	magic, err := unlessDone(ctx, func() ([]byte, error) {
		magic, _ := begin.Peek(len(y4m.Magic)) // its error comes again
		return magic, nil
	})
	if err == nil && string(magic) == y4m.Magic {
		return unlessDone(ctx, func() (Source, error) { return openY4M(begin, pipe, c) })
	}
	defer pipe.Close()
	if err != nil {
		return nil, err
	}
	file, err := os.CreateTemp("", "stylecam-input-*")
	if err != nil {
		return nil, err
	}
	stored := storedSource{path: file.Name()}
	_, err = unlessDone(ctx, func() (int64, error) { return io.Copy(file, begin) })
	if err = errors.Join(err, file.Close()); err == nil {
		stored.Source, err = openPath(ctx, stored.path, c)
	}
	if err != nil {
		return nil, errors.Join(err, os.Remove(stored.path))
	}
	return stored, nil
}

// unlessDone does what may never return, the opening or reading of a pipe, and gives
// up waiting for it when ctx ends.
func unlessDone[T any](ctx context.Context, do func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		var r result
		r.err = filter.Guard(func() (err error) {
			r.value, err = do()
			return err
		})
		done <- r
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

// storedSource is a source whose file goes when it is closed.
type storedSource struct {
	Source
	path string
}

func (s storedSource) Close() error {
	err := s.Source.Close()
	if gone := os.Remove(s.path); gone != nil && !errors.Is(gone, fs.ErrNotExist) {
		err = errors.Join(err, gone)
	}
	return err
}
