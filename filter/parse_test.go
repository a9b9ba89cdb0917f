package filter

import (
	"strings"
	"testing"

	"stylecam/frame"
)

func TestParseAlpha(t *testing.T) {
	for in, want := range map[string]Alpha{
		"1": {1, 1}, "0": {0, 0}, "0.5,0.3": {0.5, 0.3}, " 1 , 0 ": {1, 0}, "1.5": {1.5, 1.5}, "1e-1,0": {0.1, 0},
	} {
		if got, err := ParseAlpha(in); err != nil || got != want {
			t.Errorf("ParseAlpha(%q) = %v, %v; want %v", in, got, err, want)
		}
	}
	for _, in := range []string{"", "nan", "-1", "5,", ",1", "1,2,3", "1.51", "inf", "0.5;0.3", "much"} {
		if got, err := ParseAlpha(in); err == nil {
			t.Errorf("ParseAlpha(%q) = %v, want an error", in, got)
		} else if strings.ContainsRune(err.Error(), '\n') {
			t.Errorf("ParseAlpha(%q) takes more than a line: %v", in, err)
		}
	}
}

func TestParseMix(t *testing.T) {
	for in, want := range map[string]Mix{
		"scream":               {{"scream", 1}},
		"a:0.3,b:0.7":          {{"a", 0.3}, {"b", 0.7}},
		"a:1,b:3":              {{"a", 0.25}, {"b", 0.75}},
		"a,b":                  {{"a", 0.5}, {"b", 0.5}},
		"C:/pictures/monk.jpg": {{"C:/pictures/monk.jpg", 1}},
	} {
		if got, err := ParseMix(in); err != nil || !got.Equal(want) {
			t.Errorf("ParseMix(%q) = %v, %v; want %v", in, got, err, want)
		}
	}
	for _, in := range []string{"", ",", "a:0", "a:-1", "a:nan", "a:inf", "a,b,c,d,e", ":1", "a:0.3,"} {
		if got, err := ParseMix(in); err == nil {
			t.Errorf("ParseMix(%q) = %v, want an error", in, got)
		}
	}
}

func TestParseFill(t *testing.T) {
	for in, want := range map[string]Fill{
		"paint": {}, "original": {Kind: FillOriginal}, "blur": {Kind: FillBlur},
		"color:#00ff10": {Kind: FillColour, Colour: [3]byte{0x10, 0xff, 0}},
		"image:a:b.png": {Kind: FillPicture},
	} {
		if got, _, err := ParseFill(in); err != nil || got != want {
			t.Errorf("ParseFill(%q) = %v, %v; want %v", in, got, err, want)
		}
	}
	if _, file, _ := ParseFill("image:a:b.png"); file != "a:b.png" {
		t.Errorf("file %q, want a:b.png", file)
	}
	for _, in := range []string{"", "sepia", "color", "color:", "color:green", "color:#00ff0", "image", "image:", "blur:9"} {
		if got, _, err := ParseFill(in); err == nil {
			t.Errorf("ParseFill(%q) = %v, want an error", in, got)
		}
	}
}

func TestWordsGoBothWays(t *testing.T) {
	for _, q := range []Quality{Auto, Fast, Balanced, Best} {
		if got, err := ParseQuality(q.String()); err != nil || got != q {
			t.Errorf("quality %v came back as %v, %v", q, got, err)
		}
	}
	for _, v := range []View{Painted, Unfiltered, MaskOverlay, SideBySide} {
		if got, err := ParseView(v.String()); err != nil || got != v {
			t.Errorf("view %v came back as %v, %v", v, got, err)
		}
	}
	for _, c := range []Compose{Fused, Paper} {
		if got, err := ParseCompose(c.String()); err != nil || got != c {
			t.Errorf("compose %v came back as %v, %v", c, got, err)
		}
	}
	for in, want := range map[string]float32{"quick": Quick, "steady": Steady, "0": 0, "1": 1} {
		if got, err := ParseSmoothing(in); err != nil || got != want {
			t.Errorf("ParseSmoothing(%q) = %v, %v; want %v", in, got, err, want)
		}
	}
	for _, in := range []string{"", "nan", "2", "-0.1", "slow"} {
		if got, err := ParseSmoothing(in); err == nil {
			t.Errorf("ParseSmoothing(%q) = %v, want an error", in, got)
		}
	}
}

func TestValidate(t *testing.T) {
	good := Defaults("any")
	if err := good.Validate(); err != nil {
		t.Errorf("the defaults are refused: %v", err)
	}
	for name, change := range map[string]func(*Params){
		"negative feather":          func(p *Params) { p.Feather = -1 },
		"no style":                  func(p *Params) { p.Style = nil },
		"weights that do not sum":   func(p *Params) { p.Style = Mix{{"a", 0.5}} },
		"too many styles":           func(p *Params) { p.PersonStyle = make(Mix, MaxParts+1) },
		"a blurred person":          func(p *Params) { p.PersonFill.Kind = FillBlur },
		"a backdrop that is absent": func(p *Params) { p.BackgroundFill.Kind = FillPicture },
		"a fill beyond the last":    func(p *Params) { p.BackgroundFill = Fill{Kind: 77, Picture: frame.New(1, 1)} },
	} {
		p := Defaults("any")
		change(&p)
		if p.Validate() == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

func FuzzParseAlpha(f *testing.F) {
	for _, s := range []string{"0.5,0.3", "nan", "5,", "1e309", "0x1p-2,1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := ParseAlpha(s)
		if err != nil {
			return
		}
		if b, err := ParseAlpha(a.String()); err != nil || b != a {
			t.Errorf("%q read as %v, written and read again as %v, %v", s, a, b, err)
		}
	})
}

func FuzzParseMix(f *testing.F) {
	for _, s := range []string{"a:0.3,b:0.7", "a", "a:1e-30,b:1", ":"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		m, err := ParseMix(s)
		if err != nil {
			return
		}
		if err := m.validate("style", false); err != nil {
			t.Errorf("%q was read as %v, which is refused: %v", s, m, err)
		}
	})
}
