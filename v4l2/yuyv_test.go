package v4l2

import "testing"

// bars are full-strength colours as BT.601 in limited range has them.
var bars = []struct {
	name    string
	b, g, r byte
	y, u, v byte
}{
	{"black", 0, 0, 0, 16, 128, 128},
	{"white", 255, 255, 255, 235, 128, 128},
	{"red", 0, 0, 255, 81, 90, 240},
	{"green", 0, 255, 0, 145, 54, 34},
	{"blue", 255, 0, 0, 41, 240, 110},
	{"yellow", 0, 255, 255, 210, 16, 146},
	{"cyan", 255, 255, 0, 170, 166, 16},
	{"magenta", 255, 0, 255, 106, 202, 222},
	{"grey", 128, 128, 128, 126, 128, 128},
}

func TestColourBars(t *testing.T) {
	for _, c := range bars {
		var packed [4]byte
		PackYUYV(packed[:], []byte{c.b, c.g, c.r, c.b, c.g, c.r})
		if want := [4]byte{c.y, c.u, c.y, c.v}; packed != want {
			t.Errorf("%s is packed as %v, want %v", c.name, packed, want)
		}
		var back [6]byte
		UnpackYUYV(back[:], packed[:], SRGB601Limited)
		for i, want := range []byte{c.b, c.g, c.r, c.b, c.g, c.r} {
			if d := int(back[i]) - int(want); d < -2 || d > 2 {
				t.Errorf("%s comes back as %v", c.name, back)
				break
			}
		}
	}
}

func TestGreyRampStaysGreyAndEven(t *testing.T) {
	last := -1
	for grey := range 256 {
		g := byte(grey)
		var packed [4]byte
		PackYUYV(packed[:], []byte{g, g, g, g, g, g})
		if packed[1] != 128 || packed[3] != 128 || int(packed[0]) < last || packed[0] != packed[2] {
			t.Fatalf("grey %d is packed as %v after luma %d", grey, packed, last)
		}
		last = int(packed[0])
		var back [6]byte
		UnpackYUYV(back[:], packed[:], Colours{})
		if back[0] != back[1] || back[1] != back[2] || int(back[0]) > grey+1 || int(back[0]) < grey-1 {
			t.Fatalf("grey %d comes back as %v", grey, back)
		}
	}
}

func TestOddWidths(t *testing.T) {
	row := []byte{10, 20, 30, 40, 50, 60, 70, 80, 90}
	packed := make([]byte, 8)
	PackYUYV(packed, row)
	if packed[4] != packed[6] {
		t.Errorf("the last pixel of three does not stand for two: %v", packed)
	}
	back := make([]byte, 9)
	UnpackYUYV(back, packed, SRGB601Limited)
	for i := range 3 {
		if d := int(back[6+i]) - int(row[6+i]); d < -2 || d > 2 {
			t.Errorf("the last pixel comes back as %v, want %v", back[6:], row[6:])
			break
		}
	}
}

func TestTagsChooseTheMatrix(t *testing.T) {
	const rangeFull, encoding709 = 1, 2
	for name, tt := range map[string]struct {
		colours Colours
		yuyv    [4]byte
	}{
		"full range": {Colours{Quantization: rangeFull}, [4]byte{76, 85, 76, 255}},
		"JPEG":       {Colours{Space: 7}, [4]byte{76, 85, 76, 255}},
		"BT.709":     {Colours{Encoding: encoding709}, [4]byte{63, 102, 63, 240}},
		"full 709":   {Colours{Encoding: encoding709, Quantization: rangeFull}, [4]byte{54, 99, 54, 255}},
	} {
		var back [3]byte
		UnpackYUYV(back[:], tt.yuyv[:], tt.colours)
		if back[0] > 3 || back[1] > 3 || back[2] < 252 {
			t.Errorf("red in %s comes back as %v", name, back)
		}
	}
}

func BenchmarkPackYUYV(b *testing.B) {
	row, packed := make([]byte, 640*3), make([]byte, 640*2)
	b.SetBytes(int64(len(row)))
	for b.Loop() {
		PackYUYV(packed, row)
	}
}
