package output

import (
	"os"
	"path/filepath"
	"testing"

	"stylecam/frame"
)

// The tags say what is true, are seen by ffmpeg, and survive the laying of sound.
func TestColoursAreTagged(t *testing.T) {
	needs(t, "ffmpeg")
	for name, o := range map[string]Options{
		"out.mp4":   {Policy: frame.Every},
		"out.mov":   {Policy: frame.Every},
		"sound.mp4": {Policy: frame.Every, Sound: film(t, "a.mp4", "0")},
	} {
		path := filepath.Join(t.TempDir(), name)
		v := record(t, path, 1280, 720, 12, o)
		s := probe(t, path).Streams[0]
		if s.Matrix != "smpte170m" || s.Range != "tv" || s.Primaries != "bt709" || len(v.Notes()) > 0 {
			t.Errorf("%s: matrix %q, range %q, primaries %q; notes %q", name, s.Matrix, s.Range, s.Primaries, v.Notes())
		}
		// Decoded by what the tags say, the colours are those that went in.
		got := frame.New(1280, 720)
		got.Pix = ffmpeg(t, nil, "-i", path, "-frames:v", "1", "-vf", "scale=in_color_matrix=auto")
		if d := shift(testCard(1280, 720, 0), got); d > 3.5 {
			t.Errorf("%s: colours are shifted by %.1f of 255", name, d)
		}
	}
}

func FuzzInsert(f *testing.F) {
	path := filepath.Join(f.TempDir(), "a.mp4")
	record(f, path, 16, 16, 2, Options{})
	file, err := os.Open(path)
	if err != nil {
		f.Fatal(err)
	}
	defer file.Close()
	_, moov, err := lastBox(file)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(moov)
	f.Add([]byte("\x00\x00\x00\x10moov\x00\x00\x00\x08trak"))
	f.Fuzz(func(t *testing.T, boxes []byte) {
		out, ok := insert(boxes, []string{"moov", "trak", "mdia", "minf", "stbl", "stsd", "avc1"}, colours)
		if ok && len(out) != len(boxes)+len(colours) {
			t.Errorf("%d bytes became %d", len(boxes), len(out))
		}
	})
}

func TestFilesThatCannotBeTagged(t *testing.T) {
	for name, content := range map[string]string{
		"empty":     "",
		"cut":       "\x00\x00\x00\x20ftyp",
		"other end": "\x00\x00\x00\x08ftyp\x00\x00\x00\x08mdat",
		"no track":  "\x00\x00\x00\x08ftyp\x00\x00\x00\x08moov",
		"long":      "\x00\x00\x00\x01mdat\x7f\xff\xff\xff\xff\xff\xff\xff",
	} {
		path := filepath.Join(t.TempDir(), "a.mp4")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := tagColours(path); err == nil {
			t.Errorf("%s: tagged", name)
		}
		if after, _ := os.ReadFile(path); string(after) != content {
			t.Errorf("%s: changed", name)
		}
	}
}
