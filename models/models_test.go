package models

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"stylecam/filter"
)

func TestBuiltinGraphsAreTheManifests(t *testing.T) {
	m, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	for _, graph := range [][2]string{{Lite, SegNet}, {Full, SegNet}, {Lite, SANetStyle}, {Lite, SANetPaint}} {
		g, err := m.Graph(graph[0], graph[1])
		if err != nil {
			t.Error(err)
			continue
		}
		if int64(len(g.Bytes)) != g.Entry.Bytes {
			t.Errorf("%s has %d bytes, the manifest says %d", g.File, len(g.Bytes), g.Entry.Bytes)
		}
		if len(g.Evaluation) == 0 {
			t.Errorf("%s was not evaluated: make evaluate", g.File)
		}
	}
	for _, e := range m.Models {
		if _, err := m.Take(e); err != nil {
			t.Error(err)
		}
	}
}

// entry is a manifest's text for one graph whose bytes are content.
func entry(content string) string {
	sum := sha256.Sum256([]byte(content))
	return fmt.Sprintf(`{"name": "lite", "graph": "segnet", "file": "a.onnx", "sha256": "%s", "bytes": %d, "contract": 2, "sizes": [[144, 192]]}`,
		hex.EncodeToString(sum[:]), len(content))
}

func manifest(entries ...string) string {
	return `{"contract": 2, "models": [` + strings.Join(entries, ",") + `]}`
}

func TestTakingAGraph(t *testing.T) {
	tests := map[string]struct {
		files fstest.MapFS
		kind  error
		says  string
	}{
		"as promised": {files: fstest.MapFS{"a.onnx": {Data: []byte("graph")}}},
		"tampered":    {fstest.MapFS{"a.onnx": {Data: []byte("grapf")}}, filter.ErrInput, "damaged or replaced"},
		"truncated":   {fstest.MapFS{"a.onnx": {Data: []byte("gra")}}, filter.ErrInput, "a.onnx (3 bytes)"},
		"not there":   {fstest.MapFS{}, filter.ErrMissing, "a.onnx"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			test.files["manifest.json"] = &fstest.MapFile{Data: []byte(manifest(entry("graph")))}
			m, err := Open(test.files)
			if err != nil {
				t.Fatal(err)
			}
			_, err = m.Graph(Lite, SegNet)
			if !errors.Is(err, test.kind) {
				t.Fatalf("error is %v, not a %v", err, test.kind)
			}
			if err != nil && !strings.Contains(err.Error(), test.says) {
				t.Errorf("error %q does not say %q", err, test.says)
			}
		})
	}
}

func TestUnknownModelNamesThoseThereAre(t *testing.T) {
	m, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	_, err = m.Graph("huge", SegNet)
	if !errors.Is(err, filter.ErrMissing) || !strings.Contains(err.Error(), `["full" "full-half" "lite" "lite-half"]`) {
		t.Errorf("error is %v", err)
	}
}

func TestManifestRefuses(t *testing.T) {
	good := entry("graph")
	tests := map[string]struct{ text, says string }{
		"nothing":          {"", "unexpected end"},
		"another contract": {`{"contract": 1}`, "contract version 1"},
		"contract of a graph": {manifest(strings.Replace(good, `"contract": 2`, `"contract": 9`, 1)),
			"contract version 9"},
		"a file outside": {manifest(strings.Replace(good, "a.onnx", "../a.onnx", 1)), "no path below"},
		"a short sum":    {manifest(strings.Replace(good, `"sha256": "`, `"sha256": "ab", "was": "`, 1)), "64 hexadecimal"},
		"no such graph":  {manifest(strings.Replace(good, "segnet", "segmentation", 1)), "is none of"},
		"odd sizes":      {manifest(strings.Replace(good, "[144,", "[145,", 1)), "145x192"},
		"no sizes":       {manifest(strings.Replace(good, "[[144, 192]]", "[]", 1)), "no working sizes"},
		"twice the same": {manifest(good, good), "listed twice"},
		"no name":        {manifest(strings.Replace(good, "lite", "", 1)), "has no name"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := Open(fstest.MapFS{"manifest.json": {Data: []byte(test.text)}})
			if !errors.Is(err, filter.ErrInput) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("error is %v, should say %q", err, test.says)
			}
		})
	}
	if _, err := Open(fstest.MapFS{}); !errors.Is(err, filter.ErrMissing) {
		t.Errorf("of an empty folder the error is %v", err)
	}
}

func FuzzManifest(f *testing.F) {
	f.Add([]byte(manifest(entry("graph"))))
	f.Add([]byte(`{"contract": 2, "models": null}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := parse(text)
		if err != nil {
			return
		}
		m.files = fstest.MapFS{"a.onnx": {Data: []byte("graph")}}
		for _, e := range m.Models {
			if g, err := m.Take(e); err == nil && string(g.Bytes) != "graph" {
				t.Errorf("%q gave %q", e.File, g.Bytes)
			}
		}
	})
}
