package style

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stylecam/filter"
)

// starry is a style of the lite model's widths, its numbers exact in half precision.
func starry() *Style {
	t := New(Widths{Tokens: 256, KeyDim: 32, LowDim: 48, HighDim: 96, ToneDim: 288})
	random := rand.New(rand.NewPCG(1, 2))
	for _, part := range t.Parts() {
		for i := range part {
			part[i] = float32(random.IntN(2048)-1024) / 256
		}
	}
	return &Style{
		Name: "starry-night", Artist: "Vincent van Gogh", Title: "The Starry Night", Year: "1889",
		Licence: "public domain", Preview: []byte("\xff\xd8 a small picture"),
		Sections: []Section{{"lite", "0123abcd", t}},
	}
}

func encoded(t testing.TB, s *Style) []byte {
	t.Helper()
	var file bytes.Buffer
	if err := Encode(&file, s); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func TestFileGivesBackWhatWasWritten(t *testing.T) {
	two := starry()
	two.Sections = append(two.Sections, Section{"full", "beef", New(Widths{4, 2, 3, 5, 6})})
	bare := &Style{Name: "a", Sections: []Section{{"lite", "", New(Widths{1, 1, 1, 1, 1})}}}
	for name, s := range map[string]*Style{"one model": starry(), "two models": two, "names nothing": bare} {
		got, err := Decode(encoded(t, s))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if diff := cmp.Diff(s, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestLiteStyleIsSmall(t *testing.T) {
	s := starry()
	s.Preview = nil
	if n := len(encoded(t, s)); n > 105<<10 {
		t.Errorf("a style of the lite model is %d bytes, more than 105 KiB", n)
	}
}

func TestDecodeRefuses(t *testing.T) {
	good := encoded(t, starry())
	changed := func(old, new string) []byte { return bytes.Replace(good, []byte(old), []byte(new), 1) }
	notFinite := bytes.Clone(good)
	binary.LittleEndian.PutUint16(notFinite[len(notFinite)-2:], 0x7e00)
	longHeader := bytes.Clone(good)
	binary.LittleEndian.PutUint32(longHeader[len(magic):], math.MaxUint32)
	tests := map[string]struct {
		file []byte
		says string
	}{
		"nothing":               {nil, "no .style file"},
		"a text":                {[]byte("Dear Theo, the stars are out"), "no .style file"},
		"the version before":    {changed("style 2", "style 1"), "another version of the program; make it again"},
		"no header":             {good[:len(magic)+2], "within its header"},
		"half a header":         {good[:len(magic)+40], "within its header"},
		"a header's lie":        {longHeader, "within its header"},
		"cut short":             {good[:len(good)-1], "cut short"},
		"something after":       {append(bytes.Clone(good), 0), "cut short or damaged"},
		"fewer tokens":          {changed(`"tokens":256`, `"tokens":255`), "damaged"},
		"tokens without end":    {changed(`"tokens":256`, `"tokens":999`), "damaged"},
		"no tokens":             {changed(`"tokens":256`, `"tokens":000`), "header"},
		"a negative width":      {changed(`"low_dim":48`, `"low_dim":-8`), "not within 1..4096"},
		"a negative tone":       {changed(`"tone_dim":288`, `"tone_dim":-88`), "not within 1..4096"},
		"a wider tone":          {changed(`"tone_dim":288`, `"tone_dim":289`), "damaged"},
		"a negative preview":    {changed(`"preview_bytes":18`, `"preview_bytes":-7`), "preview of -7"},
		"a name that is path":   {changed("starry-night", "../../../etc"), "style name"},
		"a title that beeps":    {changed("The Starry", `The\u0007r`), "no line"},
		"a number that is none": {notFinite, "no strength"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := Decode(test.file)
			if !errors.Is(err, filter.ErrInput) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("error is %v, should say %q", err, test.says)
			}
		})
	}
}

func TestEncodeRefuses(t *testing.T) {
	tests := map[string]func(*Style){
		"no name":         func(s *Style) { s.Name = "" },
		"capitals":        func(s *Style) { s.Name = "Starry" },
		"a large preview": func(s *Style) { s.Preview = make([]byte, MaxPreview+1) },
		"no section":      func(s *Style) { s.Sections = nil },
		"infinity":        func(s *Style) { s.Sections[0].Tensors.LowKeys[7] = float32(math.Inf(1)) },
		"no tone":         func(s *Style) { s.Sections[0].Tensors.Tone = nil },
		"a short matrix":  func(s *Style) { s.Sections[0].Tensors.HighValues = nil },
		"too much":        func(s *Style) { s.Sections[0].Tensors = New(Widths{4096, 512, 512, 512, 1}) },
	}
	for name, spoil := range tests {
		s := starry()
		spoil(s)
		var file bytes.Buffer
		if err := Encode(&file, s); !errors.Is(err, filter.ErrInput) {
			t.Errorf("%s: error is %v", name, err)
		}
		if file.Len() > 0 {
			t.Errorf("%s: %d bytes were written all the same", name, file.Len())
		}
	}
}

func TestForTellsWhoseStyleItIs(t *testing.T) {
	s := starry()
	if got, err := s.For("lite", "0123abcd"); err != nil || got != s.Sections[0].Tensors {
		t.Errorf("its own model got %v, %v", got, err)
	}
	for _, other := range [][2]string{{"lite", "ffff"}, {"full", "0123abcd"}} {
		_, err := s.For(other[0], other[1])
		if !errors.Is(err, filter.ErrInput) || !strings.Contains(err.Error(), "stylecam styles add PICTURE") {
			t.Errorf("model %v got error %v", other, err)
		}
	}
}

func TestReadOfAMissingFile(t *testing.T) {
	if _, err := Read(filepath.Join(t.TempDir(), "none.style")); !errors.Is(err, filter.ErrInput) || !strings.Contains(err.Error(), "none.style: there is no such file") {
		t.Errorf("error is %v", err)
	}
}

func TestSlug(t *testing.T) {
	for title, want := range map[string]string{
		"The Starry Night":        "the-starry-night",
		"  IMG_0042 (1).JPG":      "img-0042-1-jpg",
		"Ночь":                    "",
		strings.Repeat("ab ", 40): strings.TrimRight(strings.Repeat("ab-", 40)[:maxName], "-"),
	} {
		got := Slug(title)
		if got != want || got != "" && validateName(got) != nil {
			t.Errorf("Slug(%q) = %q, want %q", title, got, want)
		}
	}
}

func TestHalfIsExactOnItsOwnNumbers(t *testing.T) {
	for h := range 1 << 16 {
		f := fromHalf(uint16(h))
		if math.IsNaN(float64(f)) || math.IsInf(float64(f), 0) {
			continue
		}
		if back := toHalf(f); back != uint16(h) {
			t.Fatalf("%#04x is %g, which became %#04x", h, f, back)
		}
	}
}

func TestHalfRoundsToTheNearest(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 200_000 {
		f := float32(math.Ldexp(random.Float64()*2-1, random.IntN(44)-28))
		got := fromHalf(toHalf(f))
		for _, next := range []uint16{toHalf(f) + 1, toHalf(f) - 1} {
			other := fromHalf(next)
			if math.Abs(float64(other-f)) < math.Abs(float64(got-f)) {
				t.Fatalf("%g became %g, though %g is nearer", f, got, other)
			}
		}
	}
	for f, want := range map[float32]float32{1 + 1.0/2048: 1, 1 + 3.0/2048: 1 + 2.0/1024, 0x1p-25: 0, 0x3p-25: 0x2p-24, 65504: 65504} {
		if got := fromHalf(toHalf(f)); got != want {
			t.Errorf("%g became %g, want %g (ties go to even)", f, got, want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	small := &Style{Name: "a", Title: "A", Preview: []byte("jpeg"), Sections: []Section{{"lite", "00", New(Widths{2, 1, 1, 1, 3})}}}
	good := encoded(f, small)
	f.Add(good)
	f.Add(good[:len(good)-3])
	f.Add([]byte(magic))
	f.Fuzz(func(t *testing.T, file []byte) {
		s, err := Decode(file)
		if err != nil {
			if !errors.Is(err, filter.ErrInput) {
				t.Errorf("error is %v", err)
			}
			return
		}
		again, err := Decode(encoded(t, s))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(s, again); diff != "" {
			t.Error(diff)
		}
	})
}
