package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// oddPictures are what people and other programs hand in besides photographs.
var oddPictures = map[string]func(w io.Writer, photo image.Image) error{
	"1x1.png": func(w io.Writer, _ image.Image) error { return png.Encode(w, image.NewNRGBA(image.Rect(0, 0, 1, 1))) },
	"thin.png": func(w io.Writer, m image.Image) error {
		return png.Encode(w, cut(m, image.NewRGBA(image.Rect(0, 0, 3, 500))))
	},
	"grey16.png": func(w io.Writer, m image.Image) error {
		return png.Encode(w, cut(m, image.NewGray16(image.Rect(0, 0, 99, 77))))
	},
	"clear.png": func(w io.Writer, m image.Image) error {
		half := image.NewNRGBA(image.Rect(0, 0, 99, 77))
		draw.DrawMask(half, half.Rect, m, image.Point{}, image.NewUniform(color.Alpha{128}), image.Point{}, draw.Over)
		return png.Encode(w, half)
	},
	"moving.gif": func(w io.Writer, m image.Image) error {
		a, b := image.NewPaletted(image.Rect(0, 0, 64, 48), color.Palette{color.Black, color.White}), image.NewPaletted(image.Rect(0, 0, 64, 48), color.Palette{color.Black, color.White})
		cut(m, a)
		return gif.EncodeAll(w, &gif.GIF{Image: []*image.Paletted{a, b}, Delay: []int{1, 1}})
	},
	"cut.jpg": func(w io.Writer, m image.Image) error {
		var whole bytes.Buffer
		err := jpeg.Encode(&whole, m, nil)
		w.Write(whole.Bytes()[:whole.Len()/2])
		return err
	},
	"turned.jpg": func(w io.Writer, m image.Image) error {
		var plain bytes.Buffer
		err := jpeg.Encode(&plain, cut(m, image.NewRGBA(image.Rect(0, 0, 96, 64))), nil)
		w.Write(plain.Bytes()[:2])
		io.WriteString(w, exifTurned)
		w.Write(plain.Bytes()[2:])
		return err
	},
	"20000x20000.png": func(w io.Writer, _ image.Image) error {
		var small bytes.Buffer
		err := png.Encode(&small, image.NewGray(image.Rect(0, 0, 1, 1)))
		head := small.Bytes()[12:33] // IHDR and its checksum
		binary.BigEndian.PutUint32(head[4:], 20000)
		binary.BigEndian.PutUint32(head[8:], 20000)
		binary.BigEndian.PutUint32(head[17:], crc32.ChecksumIEEE(head[:17]))
		w.Write(small.Bytes())
		return err
	},
}

// exifTurned is an APP1 segment that says: turn a quarter to the right (6).
const exifTurned = "\xff\xe1\x00\x22Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00"

func cut(from image.Image, to draw.Image) image.Image {
	draw.Draw(to, to.Bounds(), from, image.Point{}, draw.Src)
	return to
}

// writeOddPictures makes them all in a folder.
func writeOddPictures(folder string, photo []byte) error {
	m, err := jpeg.Decode(bytes.NewReader(photo))
	if err != nil {
		return err
	}
	for name, encode := range oddPictures {
		f, err := os.Create(filepath.Join(folder, name))
		if err != nil {
			return err
		}
		if err := encode(f, m); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err := f.Close(); err != nil {
			return err
		}
	}
	return nil
}

func TestOneLine(t *testing.T) {
	for text, want := range map[string]string{
		"a\nb":                               "a; b",
		"a: bad input":                       "a",
		"style a: bad input: no .style file": "style a: no .style file",
		"a: missing":                         "a",
	} {
		if got := oneLine(fmt.Errorf("%s", text)); got != want {
			t.Errorf("oneLine(%q) = %q, want %q", text, got, want)
		}
	}
}
