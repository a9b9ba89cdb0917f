package output

import (
	"fmt"
	"image"
	"image/draw"
	"image/jpeg"
	"image/png"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"gocv.io/x/gocv"

	"stylecam/frame"
)

// PictureEndings are those of the pictures that can be written.
var PictureEndings = []string{".png", ".jpg", ".jpeg", ".webp"}

// CheckPicture refuses a name whose ending promises what is not written; "-",
// standard output, is PNG.
func CheckPicture(path string) error {
	if path == "-" || slices.Contains(PictureEndings, pictureKind(path)) {
		return nil
	}
	return fmt.Errorf("%s: pictures are written as %s", path, strings.Join(PictureEndings, ", "))
}

// KeepsTransparency tells whether a picture of that name keeps it.
func KeepsTransparency(path string) bool {
	kind := pictureKind(path)
	return kind == ".png" || kind == ".webp"
}

// WritePicture writes a picture as its name's ending says, whole or not at all.
func WritePicture(path string, m image.Image) error {
	if err := CheckPicture(path); err != nil {
		return err
	}
	return WriteFile(path, func(w io.Writer) error { return EncodePicture(w, path, m) })
}

// EncodePicture writes a picture of the kind that path, of which nothing else
// counts, says. Transparency is kept by PNG and WebP.
func EncodePicture(w io.Writer, path string, m image.Image) error {
	switch pictureKind(path) {
	case ".png":
		return png.Encode(w, m)
	case ".jpg", ".jpeg":
		return jpeg.Encode(w, m, &jpeg.Options{Quality: 95})
	case ".webp":
		return encodeWebP(w, m)
	}
	return CheckPicture(path)
}

func pictureKind(path string) string {
	if path == "-" {
		return ".png"
	}
	return strings.ToLower(filepath.Ext(path))
}

// encodeWebP has OpenCV do what Go's libraries do not.
func encodeWebP(w io.Writer, m image.Image) error {
	const maxSide = 16383 // of the format
	size := m.Bounds().Size()
	if size.X > maxSide || size.Y > maxSide {
		return fmt.Errorf("%dx%d pixels are too large for WebP, which ends at %d; write .png", size.X, size.Y, maxSide)
	}
	rgba := image.NewNRGBA(image.Rectangle{Max: size})
	draw.Draw(rgba, rgba.Rect, m, m.Bounds().Min, draw.Src)
	in, err := gocv.NewMatFromBytes(size.Y, size.X, gocv.MatTypeCV8UC4, rgba.Pix)
	if err != nil {
		return err
	}
	defer in.Close()
	bgra := gocv.NewMat()
	defer bgra.Close()
	order := gocv.ColorRGBAToBGRA
	if rgba.Opaque() {
		order = gocv.ColorRGBAToBGR
	}
	if err := gocv.CvtColor(in, &bgra, order); err != nil {
		return err
	}
	file, err := gocv.IMEncodeWithParams(".webp", bgra, []int{gocv.IMWriteWebpQuality, 95})
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = w.Write(file.GetBytes())
	return err
}

// Image returns a frame's picture as Go's encoders take it, in memory of its own.
func Image(f *frame.Frame) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, f.Width, f.Height))
	for y := range f.Height {
		row, out := f.Row(y), m.Pix[y*m.Stride:][:4*f.Width]
		for x := range f.Width {
			out[4*x], out[4*x+1], out[4*x+2], out[4*x+3] = row[3*x+2], row[3*x+1], row[3*x], 255
		}
	}
	return m
}
