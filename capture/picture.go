package capture

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/draw"
	_ "image/gif" // formats that image.Decode knows
	_ "image/jpeg"
	_ "image/png"
	"io"
	"io/fs"
	"os"

	_ "golang.org/x/image/bmp"
	_ "golang.org/x/image/tiff"
	_ "golang.org/x/image/webp"

	"stylecam/filter"
	"stylecam/frame"
)

// What a picture file may be at most. Its size in pixels is read from the header,
// before anything is decoded.
const (
	maxPictureBytes  = 64 << 20
	maxPicturePixels = 50_000_000
)

// PictureFormats is what ReadPicture reads, for messages and help.
const PictureFormats = "JPEG, PNG, WebP, GIF, BMP or TIFF"

// ReadPicture reads a picture file, or standard input for "-". The frame belongs
// to no pool and is upright (EXIF orientation), with transparent places laid over
// white, as printed on paper; 16 bits become 8, grey becomes colour, and of an
// animation it is the first frame. Errors wrap filter.ErrInput, or are those of ctx.
//
// The decoders are Go's own: what strangers' files hold cannot reach beyond them,
// and a file that ends early is an error rather than a picture half grey.
func ReadPicture(ctx context.Context, path string) (*frame.Frame, error) {
	if path == "-" {
		return unlessDone(ctx, func() (*frame.Frame, error) { return DecodePicture(os.Stdin, "standard input") })
	}
	return readPicture(ctx, path, path)
}

// ReadPictureCovering is ReadPicture of a picture scaled to fill width x height
// pixels; what then sticks out at two sides is cut off.
func ReadPictureCovering(ctx context.Context, path string, width, height int) (*frame.Frame, error) {
	picture, err := ReadPicture(ctx, path)
	if err != nil {
		return nil, err
	}
	return covering(picture, width, height)
}

func readPicture(ctx context.Context, path, name string) (*frame.Frame, error) {
	return unlessDone(ctx, func() (*frame.Frame, error) {
		f, err := openInput(path)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		return DecodePicture(f, name)
	})
}

// openInput opens a file that is to be read, and explains why it cannot be.
func openInput(path string) (*os.File, error) {
	f, err := os.Open(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s: there is no such file: %w", path, filter.ErrInput)
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("%s: you may not read this file: %w", path, filter.ErrInput)
	case err != nil:
		return nil, fmt.Errorf("%w: %w", err, filter.ErrInput)
	}
	if info, err := f.Stat(); err == nil && info.IsDir() {
		f.Close()
		return nil, fmt.Errorf("%s: is a folder; name a file in it: %w", path, filter.ErrInput)
	}
	return f, nil
}

// DecodePicture is ReadPicture from a reader; name stands for it in errors.
func DecodePicture(r io.Reader, name string) (*frame.Frame, error) {
	f, err := decodePicture(r)
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %w", name, err, filter.ErrInput)
	}
	return f, nil
}

func decodePicture(r io.Reader) (*frame.Frame, error) {
	data, err := io.ReadAll(io.LimitReader(bufio.NewReader(r), maxPictureBytes+1))
	if err != nil {
		return nil, err
	}
	if len(data) == 0 {
		return nil, errors.New("is empty")
	}
	if len(data) > maxPictureBytes {
		return nil, fmt.Errorf("is larger than %d MiB; save it smaller", maxPictureBytes>>20)
	}
	in := input{Reader: bytes.NewReader(data)}
	header, _, err := image.DecodeConfig(&in)
	switch {
	case errors.Is(err, image.ErrFormat):
		return nil, fmt.Errorf("is no picture that can be read; give %s", PictureFormats)
	case err != nil:
		return nil, in.broken(err)
	case header.Width < 1 || header.Height < 1:
		return nil, fmt.Errorf("is %dx%d pixels: there is nothing in it", header.Width, header.Height)
	case header.Width > maxPicturePixels/header.Height:
		return nil, fmt.Errorf("is %dx%d pixels, more than %d million; scale it down first", header.Width, header.Height, maxPicturePixels/1_000_000)
	}
	in = input{Reader: bytes.NewReader(data)}
	m, format, err := image.Decode(&in)
	if err != nil {
		return nil, in.broken(err)
	}
	if format == "webp" {
		fullRange(m)
	}
	// A GIF's first frame may cover a part of the picture alone: the header counts.
	return toFrame(m, image.Rect(0, 0, header.Width, header.Height), orientationOf(data)), nil
}

// input knows whether its end was reached: a decoder that failed there wanted more.
type input struct {
	io.Reader
	ended bool
}

func (in *input) Read(p []byte) (int, error) {
	n, err := in.Reader.Read(p)
	in.ended = in.ended || err == io.EOF
	return n, err
}

// broken explains why decoding failed.
func (in *input) broken(err error) error {
	if in.ended {
		return errors.New("is cut off: the file ends in the middle of the picture; get a whole copy")
	}
	return fmt.Errorf("is damaged or of a kind that cannot be read (%w); save it anew as JPEG or PNG", err)
}

// toFrame lays the part of m within bounds over white and turns it upright. Rows
// pass through a narrow band, so that a large picture is not held a third time.
func toFrame(m image.Image, bounds image.Rectangle, o orientation) *frame.Frame {
	const bandRows = 16
	w, h := bounds.Dx(), bounds.Dy()
	f := frame.New(o.size(w, h))
	band := image.NewRGBA(image.Rect(0, 0, w, min(h, bandRows)))
	for top := 0; top < h; top += bandRows {
		draw.Draw(band, band.Bounds(), image.White, image.Point{}, draw.Src)
		draw.Draw(band, band.Bounds(), m, bounds.Min.Add(image.Pt(0, top)), draw.Over)
		for y := top; y < min(h, top+bandRows); y++ {
			row := band.Pix[(y-top)*band.Stride:]
			first, along := o.row(y, w, h)
			at, step := first.Y*f.Stride+3*first.X, along.Y*f.Stride+3*along.X
			for x := range w {
				p := f.Pix[at+x*step:][:3]
				p[0], p[1], p[2] = row[4*x+2], row[4*x+1], row[4*x]
			}
		}
	}
	return f
}
