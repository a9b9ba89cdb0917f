package output

import (
	"errors"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"gocv.io/x/gocv"

	"stylecam/filter"
)

func TestWritePicture(t *testing.T) {
	photo := testCard(641, 479, 3)
	for _, test := range []struct {
		name      string
		tolerance int
	}{{"a.png", 0}, {"a.PNG", 0}, {"a.jpg", 12}, {"a.jpeg", 12}, {"a.webp", 12}} {
		dir := t.TempDir()
		path := filepath.Join(dir, test.name)
		if err := WritePicture(path, Image(photo)); err != nil {
			t.Fatal(err)
		}
		holds(t, dir, test.name)
		got := decode(t, path)
		if got.Bounds().Size() != image.Pt(641, 479) {
			t.Fatalf("%s has a size of %v", test.name, got.Bounds())
		}
		for _, at := range []image.Point{{20, 20}, {120, 20}, {200, 100}, {280, 60}, {360, 60}, {440, 60}, {520, 60}, {600, 60}} {
			p := photo.Row(at.Y)[3*at.X:]
			c := color.NRGBAModel.Convert(got.At(at.X, at.Y)).(color.NRGBA)
			for i, v := range [3]byte{c.B, c.G, c.R} {
				if d := int(v) - int(p[i]); d > test.tolerance || d < -test.tolerance {
					t.Errorf("%s at %v is %v, want BGR %v", test.name, at, c, p[:3])
					break
				}
			}
		}
	}
}

func TestPictureKeepsTransparencyAndGrey(t *testing.T) {
	clear := image.NewNRGBA(image.Rect(0, 0, 32, 16))
	for i := range clear.Pix {
		clear.Pix[i] = 200
	}
	clear.SetNRGBA(3, 2, color.NRGBA{})
	for _, name := range []string{"a.png", "a.webp"} {
		path := filepath.Join(t.TempDir(), name)
		if err := WritePicture(path, clear); err != nil {
			t.Fatal(err)
		}
		got := decode(t, path)
		if _, _, _, a := got.At(3, 2).RGBA(); a != 0 {
			t.Errorf("%s: the hole has opacity %d", name, a)
		}
		if _, _, _, a := got.At(20, 10).RGBA(); a>>8 != 200 {
			t.Errorf("%s: the ground has opacity %d, want 200", name, a>>8)
		}
	}
	path := filepath.Join(t.TempDir(), "mask.png")
	if err := WritePicture(path, image.NewGray(image.Rect(0, 0, 4, 4))); err != nil {
		t.Fatal(err)
	}
	if m := decode(t, path); m.ColorModel() != color.GrayModel {
		t.Errorf("a mask is written as %T, not as grey", m)
	}
}

// decode reads with OpenCV, since x/image takes WebP's limited range for a full one.
func decode(t *testing.T, path string) image.Image {
	t.Helper()
	m := gocv.IMRead(path, gocv.IMReadUnchanged)
	defer m.Close()
	if m.Empty() {
		t.Fatalf("%s cannot be read", path)
	}
	out, err := m.ToImage()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestWhereNoPictureCanBe(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "folder.png"), 0o755); err != nil {
		t.Fatal(err)
	}
	locked := filepath.Join(dir, "locked")
	if err := os.Mkdir(locked, 0o555); err != nil {
		t.Fatal(err)
	}
	m := image.NewGray(image.Rect(0, 0, 4, 4))
	huge := &image.Uniform{color.White} // claims two thousand million pixels a side
	for _, test := range []struct {
		path, want string
		m          image.Image
		is         error
		userOnly   bool
	}{
		{path: "a.bmp", want: "pictures are written as .png, .jpg, .jpeg, .webp"},
		{path: "noending", want: "pictures are written as"},
		{path: filepath.Join(dir, "no", "a.png"), want: "there is no folder", is: filter.ErrMissing},
		{path: filepath.Join(dir, "folder.png"), want: "it is no file"},
		{path: filepath.Join(locked, "a.png"), want: "you may not write in", is: filter.ErrMissing, userOnly: true},
		{path: "/proc/a.png", want: "cannot write /proc/a.png"},
		{path: filepath.Join(dir, "a.webp"), m: huge, want: "too large for WebP"},
	} {
		t.Run(test.want, func(t *testing.T) {
			if test.userOnly && os.Getuid() == 0 {
				t.Skip("root may write anywhere; run the tests as another user")
			}
			if test.m == nil {
				test.m = m
			}
			err := WritePicture(test.path, test.m)
			if err == nil || !strings.Contains(err.Error(), test.want) || test.is != nil && !errors.Is(err, test.is) {
				t.Errorf("%s: error %v, want %q", test.path, err, test.want)
			}
		})
	}
	holds(t, dir, "folder.png", "locked")
	holds(t, locked)
}

func TestFullDisk(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("this system has no /dev/full")
	}
	path := filepath.Join(t.TempDir(), "a.png")
	if err := os.Symlink("/dev/full", path); err != nil {
		t.Fatal(err)
	}
	err := WritePicture(path, image.NewGray(image.Rect(0, 0, 4, 4)))
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "the disk is full") {
		t.Errorf("error %v", err)
	}
}
