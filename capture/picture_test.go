package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"

	"stylecam/filter"
	"stylecam/frame"
)

// corners is 6x4 with red at the top left, green at the top right, blue at the
// bottom left, on white: in which way it was turned shows.
func corners() *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, 6, 4))
	for i := range m.Pix {
		m.Pix[i] = 255
	}
	m.Set(0, 0, color.NRGBA{255, 0, 0, 255})
	m.Set(5, 0, color.NRGBA{0, 255, 0, 255})
	m.Set(0, 3, color.NRGBA{0, 0, 255, 255})
	return m
}

func encode(t testing.TB, with func(io.Writer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := with(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func pngOf(t testing.TB, m image.Image) []byte {
	return encode(t, func(w io.Writer) error { return png.Encode(w, m) })
}

func decode(t *testing.T, data []byte) *frame.Frame {
	t.Helper()
	f, err := DecodePicture(bytes.NewReader(data), "picture")
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// at returns the colour of a pixel as red, green, blue.
func at(f *frame.Frame, x, y int) [3]byte {
	p := f.Row(y)[3*x:]
	return [3]byte{p[2], p[1], p[0]}
}

func TestPictureFormats(t *testing.T) {
	m := corners()
	for name, data := range map[string][]byte{
		"png":  pngOf(t, m),
		"bmp":  encode(t, func(w io.Writer) error { return bmp.Encode(w, m) }),
		"tiff": encode(t, func(w io.Writer) error { return tiff.Encode(w, m, nil) }),
		"gif":  encode(t, func(w io.Writer) error { return gif.Encode(w, m, nil) }),
	} {
		f := decode(t, data)
		if f.Width != 6 || f.Height != 4 || at(f, 5, 3) != [3]byte{255, 255, 255} {
			t.Errorf("%s: %dx%d, %v", name, f.Width, f.Height, at(f, 5, 3))
		}
		if r, g, b := at(f, 0, 0), at(f, 5, 0), at(f, 0, 3); r[0] < 200 || r[1] > 60 || g[1] < 200 || g[0] > 60 || b[2] < 200 || b[0] > 60 {
			t.Errorf("%s: corners %v %v %v", name, r, g, b)
		}
	}
}

func TestPictureKinds(t *testing.T) {
	deep := image.NewRGBA64(image.Rect(0, 0, 1, 1))
	deep.Set(0, 0, color.RGBA64{0xffff, 0x8080, 0x0101, 0xffff})
	grey := image.NewGray(image.Rect(0, 0, 1, 1))
	grey.Set(0, 0, color.Gray{77})
	grey16 := image.NewGray16(image.Rect(0, 0, 1, 1))
	grey16.Set(0, 0, color.Gray16{0x4d4d})
	clear, half := image.NewNRGBA(image.Rect(0, 0, 1, 1)), image.NewNRGBA(image.Rect(0, 0, 1, 1))
	half.Set(0, 0, color.NRGBA{0, 0, 0, 128})
	for name, c := range map[string]struct {
		m    image.Image
		want [3]byte
	}{
		"16 bit":           {deep, [3]byte{255, 128, 1}},
		"grey":             {grey, [3]byte{77, 77, 77}},
		"grey of 16 bit":   {grey16, [3]byte{77, 77, 77}},
		"transparent":      {clear, [3]byte{255, 255, 255}},
		"half transparent": {half, [3]byte{127, 127, 127}},
	} {
		if got := at(decode(t, pngOf(t, c.m)), 0, 0); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	wide := image.NewGray(image.Rect(0, 0, 20_000, 3))
	if f := decode(t, pngOf(t, wide)); f.Width != 20_000 || f.Height != 3 {
		t.Errorf("20000x3 became %dx%d", f.Width, f.Height)
	}
}

func TestAnimationGivesItsFirstFrame(t *testing.T) {
	palette := color.Palette{color.Transparent, color.RGBA{255, 0, 0, 255}, color.RGBA{0, 0, 255, 255}}
	first := image.NewPaletted(image.Rect(2, 1, 4, 3), palette) // a part of the picture alone
	second := image.NewPaletted(image.Rect(0, 0, 6, 4), palette)
	for i := range first.Pix {
		first.Pix[i] = 1
	}
	for i := range second.Pix {
		second.Pix[i] = 2
	}
	f := decode(t, encode(t, func(w io.Writer) error {
		return gif.EncodeAll(w, &gif.GIF{
			Image: []*image.Paletted{first, second}, Delay: []int{10, 10},
			Config: image.Config{Width: 6, Height: 4, ColorModel: palette},
		})
	}))
	if f.Width != 6 || f.Height != 4 || at(f, 2, 1) != [3]byte{255, 0, 0} || at(f, 0, 0) != [3]byte{255, 255, 255} {
		t.Errorf("%dx%d, %v, %v", f.Width, f.Height, at(f, 2, 1), at(f, 0, 0))
	}
}

// exif is a directory that holds an orientation and no more.
func exif(order binary.AppendByteOrder, o uint16) []byte {
	b := []byte("II*\x00")
	if order == binary.AppendByteOrder(binary.BigEndian) {
		b = []byte("MM\x00*")
	}
	b = order.AppendUint32(b, 8)
	b = order.AppendUint16(b, 1)
	b = order.AppendUint16(b, 0x0112)
	b = order.AppendUint16(b, 3)
	b = order.AppendUint32(b, 1)
	b = order.AppendUint16(b, o)
	return append(b, 0, 0, 0, 0, 0, 0)
}

func jpegWith(t testing.TB, m image.Image, exif []byte) []byte {
	file := encode(t, func(w io.Writer) error { return jpeg.Encode(w, m, &jpeg.Options{Quality: 100}) })
	body := append([]byte("Exif\x00\x00"), exif...)
	segment := binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(len(body)+2))
	return bytes.Join([][]byte{file[:2], segment, body, file[2:]}, nil)
}

func TestOrientation(t *testing.T) {
	// A dark block in the corner that is the top left one once the picture stands.
	const w, h, block = 48, 32, 16
	for o := orientation(1); o <= 8; o++ {
		stored := image.NewGray(image.Rect(0, 0, w, h))
		for y := range h {
			for x := range w {
				right := o == 2 || o == 3 || o == 7 || o == 8
				low := o == 3 || o == 4 || o == 6 || o == 7
				inX, inY := x < block, y < block
				if right {
					inX = x >= w-block
				}
				if low {
					inY = y >= h-block
				}
				if !inX || !inY {
					stored.SetGray(x, y, color.Gray{255})
				}
			}
		}
		for name, file := range map[string][]byte{
			"little": jpegWith(t, stored, exif(binary.LittleEndian, uint16(o))),
			"big":    jpegWith(t, stored, exif(binary.BigEndian, uint16(o))),
		} {
			f := decode(t, file)
			wantW, wantH := o.size(w, h)
			if f.Width != wantW || f.Height != wantH {
				t.Errorf("%d %s: %dx%d", o, name, f.Width, f.Height)
				continue
			}
			for corner, p := range map[string]image.Point{"top left": {3, 3}, "top right": {wantW - 4, 3}, "bottom left": {3, wantH - 4}, "bottom right": {wantW - 4, wantH - 4}} {
				if dark := at(f, p.X, p.Y)[0] < 128; dark != (corner == "top left") {
					t.Errorf("%d %s: %s is dark: %v", o, name, corner, dark)
				}
			}
		}
	}
}

func TestOrientationInEveryContainer(t *testing.T) {
	tag := exif(binary.LittleEndian, 6)
	chunk := func(name string, order binary.AppendByteOrder, nameFirst bool) []byte {
		size := order.AppendUint32(nil, uint32(len(tag)))
		if nameFirst {
			return bytes.Join([][]byte{[]byte(name), size, tag}, nil)
		}
		return bytes.Join([][]byte{size, []byte(name), tag, make([]byte, 4)}, nil)
	}
	for name, file := range map[string][]byte{
		"jpeg": jpegWith(t, corners(), tag),
		"png":  append([]byte("\x89PNG\r\n\x1a\n"), chunk("eXIf", binary.BigEndian, false)...),
		"webp": append([]byte("RIFF\x00\x00\x00\x00WEBPICCP\x01\x00\x00\x00x\x00"), chunk("EXIF", binary.LittleEndian, true)...),
		"tiff": tag,
	} {
		if got := orientationOf(file); got != 6 {
			t.Errorf("%s: %d, want 6", name, got)
		}
		for n := range file {
			orientationOf(file[:n]) // no cut may panic
		}
	}
	for _, o := range []uint16{0, 9, 65535} {
		if got := orientationOf(exif(binary.BigEndian, o)); got != upright {
			t.Errorf("nonsense %d is taken for %d", o, got)
		}
	}
}

func TestBadPictures(t *testing.T) {
	good := pngOf(t, corners())
	photo := encode(t, func(w io.Writer) error { return jpeg.Encode(w, image.NewGray(image.Rect(0, 0, 300, 300)), nil) })
	huge := bytes.Clone(good) // claims 20,000 x 20,000
	binary.BigEndian.PutUint32(huge[16:], 20_000)
	binary.BigEndian.PutUint32(huge[20:], 20_000)
	fixChecksum(huge)
	damaged := bytes.Clone(good)
	damaged[len(damaged)-20] ^= 0xff
	for name, c := range map[string]struct {
		data []byte
		say  string
	}{
		"empty":          {nil, "is empty"},
		"text":           {[]byte(strings.Repeat("a style that is a text file\n", 50)), "is no picture"},
		"one byte":       {[]byte{0xff}, "is no picture"},
		"cut PNG":        {good[:len(good)/2], "cut off"},
		"cut JPEG":       {photo[:len(photo)-200], "cut off"},
		"header alone":   {photo[:20], "cut off"},
		"20,000 pixels":  {huge, "20000x20000 pixels, more than 50 million"},
		"damaged":        {damaged, "damaged"},
		"larger than 64": {append(bytes.Clone(good), make([]byte, maxPictureBytes)...), "larger than 64 MiB"},
	} {
		_, err := DecodePicture(bytes.NewReader(c.data), "x.png")
		if !errors.Is(err, filter.ErrInput) || !strings.Contains(err.Error(), c.say) || !strings.HasPrefix(err.Error(), "x.png: ") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v; want %q", name, err, c.say)
		}
	}
	dir := t.TempDir()
	for path, say := range map[string]string{filepath.Join(dir, "none.png"): "no such file", dir: "is a folder", "": "no such file"} {
		if _, err := ReadPicture(t.Context(), path); !errors.Is(err, filter.ErrInput) || !strings.Contains(err.Error(), say) {
			t.Errorf("%q: %v; want %q", path, err, say)
		}
	}
	if _, err := DecodePicture(iotest.ErrReader(os.ErrDeadlineExceeded), "x"); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the reader's own error is lost: %v", err)
	}
}

func TestWebP(t *testing.T) {
	red := ffmpeg(t, "red.webp", nil, "-f", "lavfi", "-i", "color=red:size=32x16", "-frames:v", "1", "-lossless", "1")
	f, err := ReadPicture(t.Context(), red)
	if err != nil || f.Width != 32 || f.Height != 16 || at(f, 9, 9)[0] < 250 || at(f, 9, 9)[1] > 5 {
		t.Errorf("%v, %v", f, err)
	}
	for colour, want := range map[string][3]int{"black": {0, 0, 0}, "white": {255, 255, 255}, "0x204060": {0x20, 0x40, 0x60}, "0xc08040": {0xc0, 0x80, 0x40}} {
		lossy := ffmpeg(t, "lossy.webp", nil, "-f", "lavfi", "-i", "color="+colour+":size=32x16", "-frames:v", "1", "-lossless", "0", "-quality", "95")
		f, err := ReadPicture(t.Context(), lossy)
		if err != nil {
			t.Fatal(err)
		}
		for c, v := range at(f, 9, 9) {
			if d := int(v) - want[c]; d > 3 || d < -3 {
				t.Errorf("a lossy WebP of %s reads as RGB %v", colour, at(f, 9, 9))
				break
			}
		}
	}
	// Go's decoder knows no animation: an error, which tells what to do.
	moving := ffmpeg(t, "moving.webp", nil, "-f", "lavfi", "-i", "testsrc=size=32x16", "-frames:v", "3", "-c:v", "libwebp_anim")
	if _, err := ReadPicture(t.Context(), moving); !errors.Is(err, filter.ErrInput) || !strings.Contains(err.Error(), "save it anew") {
		t.Errorf("animated: %v", err)
	}
}

func TestReadPictureFromAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a picture")
	if err := os.WriteFile(path, pngOf(t, image.NewGray(image.Rect(0, 0, 1, 1))), 0o644); err != nil {
		t.Fatal(err)
	}
	f, err := ReadPicture(t.Context(), path)
	if err != nil || f.Width != 1 || f.Height != 1 || at(f, 0, 0) != [3]byte{} {
		t.Errorf("1x1: %v, %v", f, err)
	}
}

func FuzzDecodePicture(f *testing.F) {
	f.Add(pngOf(f, corners()))
	f.Add(jpegWith(f, corners(), exif(binary.BigEndian, 6)))
	f.Add(encode(f, func(w io.Writer) error { return gif.Encode(w, corners(), nil) }))
	f.Add(encode(f, func(w io.Writer) error { return tiff.Encode(w, corners(), nil) }))
	f.Fuzz(func(t *testing.T, data []byte) {
		if c, _, err := image.DecodeConfig(bytes.NewReader(data)); err == nil && c.Width*c.Height > 1<<20 {
			return // allowed, but slow
		}
		p, err := DecodePicture(bytes.NewReader(data), "fuzz")
		if err != nil && !errors.Is(err, filter.ErrInput) {
			t.Error(err)
		}
		if err == nil && len(p.Pix) != 3*p.Width*p.Height {
			t.Errorf("%dx%d in %d bytes", p.Width, p.Height, len(p.Pix))
		}
		orientationOf(data)
	})
}

// fixChecksum mends the checksum of a PNG's header after it was changed.
func fixChecksum(file []byte) {
	binary.BigEndian.PutUint32(file[29:], crc32.ChecksumIEEE(file[12:29]))
}
