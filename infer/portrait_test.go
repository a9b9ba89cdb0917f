package infer

import (
	"image/jpeg"
	"os"
	"testing"

	"stylecam/models"
)

// halved is a JPEG at half its size, as rows of blue, green, red.
func halved(t *testing.T, file string) (pix []byte, height, width int) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	photo, err := jpeg.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	size := photo.Bounds().Size()
	for y := 0; y < size.Y; y += 2 {
		for x := 0; x < size.X; x += 2 {
			var sum [3]uint32
			for _, at := range [][2]int{{x, y}, {x + 1, y}, {x, y + 1}, {x + 1, y + 1}} {
				r, g, b, _ := photo.At(at[0], at[1]).RGBA()
				sum[0], sum[1], sum[2] = sum[0]+b>>8, sum[1]+g>>8, sum[2]+r>>8
			}
			pix = append(pix, byte(sum[0]/4), byte(sum[1]/4), byte(sum[2]/4))
		}
	}
	return pix, size.Y / 2, size.X / 2
}

// The portrait that the program shows itself by is cut out as one sees it: the person,
// not the flag and the model of a shuttle beside her.
func TestThePortraitIsCutOut(t *testing.T) {
	m, err := models.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	pix, height, width := halved(t, "../capture/portrait/collins.jpg")
	r := onCPU(t)
	for _, model := range []string{models.Lite, models.Full} {
		g, err := m.Graph(model, models.SegNet)
		if err != nil {
			t.Fatal(err)
		}
		n, err := r.SegNet(g)
		if err != nil {
			t.Fatal(err)
		}
		mask := make([]float32, height*width)
		if err := n.Mask(mask, pix, height, width); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			name    string
			x, y    float64 // shares of the picture's sides
			of, had float32
		}{
			{"the face", 0.44, 0.25, 0.9, 1},
			{"the hair", 0.44, 0.07, 0.9, 1},
			{"the suit", 0.35, 0.75, 0.9, 1},
			{"the flag, above", 0.04, 0.06, 0, 0.1},
			{"the flag, below", 0.04, 0.45, 0, 0.1},
			{"the shuttle", 0.82, 0.2, 0, 0.1},
			{"the wall", 0.66, 0.3, 0, 0.1},
		} {
			if got := mask[int(c.y*float64(height))*width+int(c.x*float64(width))]; got < c.of || got > c.had {
				t.Errorf("%s: the mask of %s is %.2f, want %.1f to %.1f", model, c.name, got, c.of, c.had)
			}
		}
	}
}
