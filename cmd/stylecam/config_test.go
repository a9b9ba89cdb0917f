package main

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stylecam/filter"
)

// saved returns the settings that a program takes from a file and an environment,
// and what it warned of.
func saved(t *testing.T, file string, env map[string]string, onCommandLine ...string) (settings, string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "stylecam"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "stylecam", "config.toml"), []byte(file), 0o644); err != nil {
		t.Fatal(err)
	}
	p := newProgram("stylecam", nil, io.Discard, io.Discard, func(name string) string {
		if name == "XDG_CONFIG_HOME" {
			return dir
		}
		return env[name]
	})
	var log bytes.Buffer
	p.log = slog.New(slog.NewTextHandler(&log, nil))
	p.loadSaved(func(name string) bool {
		for _, n := range onCommandLine {
			if n == name {
				return true
			}
		}
		return false
	})
	return p.settings, log.String()
}

func TestPrecedence(t *testing.T) {
	file := "smoothing = 'steady'\nfeather = 9\nbackground = [1, 0.5]\nout = ['window', 'a.mp4']\nmirror = true\ndetail = 2.0"
	s, warned := saved(t, file, map[string]string{"STYLECAM_FEATHER": "7", "STYLECAM_OUT": "null"}, "smoothing")
	if warned != "" {
		t.Errorf("warned: %s", warned)
	}
	want := defaultSettings()
	want.params.Feather = 7
	want.params.Background.High = 0.5
	want.params.Mirror = true
	want.params.Detail = 2
	want.outputs = []string{"null"}
	if diff := cmp.Diff(want.values(), s.values()); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
}

// A saved setting that cannot be meant is warned of, and everything else holds.
func TestBadSaved(t *testing.T) {
	for _, test := range []struct{ name, file, key string }{
		{"value", "feather = 99\nsmoothing = 'steady'", "key=feather"},
		{"type", "feather = 'wide'\nsmoothing = 'steady'", "key=feather"},
		{"key", "smoothin = 'quick'\nsmoothing = 'steady'", "nearest=smoothing"},
		{"alpha", "person = 'nan'\nsmoothing = 'steady'", "key=person"},
		{"list", "out = ['']\nsmoothing = 'steady'", "key=out"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, warned := saved(t, test.file, nil)
			if !strings.Contains(warned, test.key) || strings.Count(warned, "\n") != 1 {
				t.Errorf("warned %q, want one line with %s", warned, test.key)
			}
			want := defaultSettings()
			want.params.Smoothing = 0.8
			if diff := cmp.Diff(want.values(), s.values()); diff != "" {
				t.Errorf("settings (-want +got):\n%s", diff)
			}
		})
	}
	for _, broken := range []string{"feather = ", "[[[", "a = {b = 1}", "[window]\nx = 1"} {
		s, warned := saved(t, broken, nil)
		defaults := defaultSettings()
		if strings.Count(warned, "\n") != 1 || !cmp.Equal(s.values(), defaults.values()) {
			t.Errorf("of %q: warned %q, settings %v", broken, warned, s.values())
		}
	}
}

// What `config` prints is a settings file that gives the same settings again.
func TestConfigRoundTrip(t *testing.T) {
	s := defaultSettings()
	for _, option := range s.all() {
		text, ok := map[string]string{
			"style": "a:0.25,b:0.75", "person-style": "c", "background": "1.5,0.25", "person": "0,0",
			"background-mode": "color:#102030", "person-mode": "original", "quality": "best", "compose": "paper",
			"smoothing": "0.3", "feather": "0.5", "detail": "0", "mirror": "true", "provider": "cpu", "model": "full", "precision": "fp32", "gpu-memory": "2048", "threads": "2",
			"onnxruntime": `C:\a "b".dll`, "input": "camera:#1", "out": "x.mp4", "size": "320x240", "fps": "29.97", "idle": "never", "on-failure": "original",
			"webrtc-address": "0.0.0.0:8091", "webrtc-port": "8189", "webrtc-token": "sixteen 'letters', or more", "webrtc-tls": "self", "whip-token": "c",
			"webrtc-host": "studio.example", "webrtc-origin": "https://studio.example", "webrtc-ice": "turn:a:b@turn.example",
		}[option.Name]
		if !ok {
			t.Errorf("this test says nothing of --%s", option.Name)
		}
		if err := option.Value.Set(text); err != nil {
			t.Errorf("--%s %s: %v", option.Name, text, err)
		}
	}
	defaults := defaultSettings()
	var file bytes.Buffer
	if err := writeConfig(&file, "config.toml", s.all(), defaults.all()); err != nil {
		t.Fatal(err)
	}
	again, warned := saved(t, file.String(), nil)
	if warned != "" {
		t.Errorf("warned: %s", warned)
	}
	if diff := cmp.Diff(s.values(), again.values()); diff != "" {
		t.Errorf("settings (-want +got):\n%s\nfile:\n%s", diff, file.String())
	}
}

// Every default is what its own option reads: forget relies on it.
func TestDefaultsAreRead(t *testing.T) {
	s := defaultSettings()
	for _, option := range s.all() {
		before := option.Value.String()
		if _, repeatable := option.Value.(list); repeatable {
			continue
		}
		if err := option.Value.Set(before); err != nil || option.Value.String() != before {
			t.Errorf("--%s: its default %q reads as %q, %v", option.Name, before, option.Value.String(), err)
		}
	}
}

func TestForgetLeavesTheCommandLineAlone(t *testing.T) {
	var told bytes.Buffer
	p := newProgram("stylecam", nil, io.Discard, io.Discard, func(string) string { return "" })
	p.log = slog.New(slog.NewTextHandler(&told, nil))
	p.settings.input, p.settings.outputs = "camera:9", []string{"window"}
	p.saved["input"] = "config.toml"
	if !p.forget(blame("input", fmt.Errorf("camera 9 is not there: %w", filter.ErrMissing))) || p.settings.input != "auto" || len(p.settings.outputs) != 1 {
		t.Errorf("input %q, outputs %q: want the saved one forgotten alone", p.settings.input, p.settings.outputs)
	}
	if !strings.Contains(told.String(), `key=input from=config.toml err="camera 9 is not there"`) {
		t.Errorf("told %q", told.String())
	}
	if p.forget(blame("input", io.EOF)) || p.forget(blame("out", io.EOF)) || p.forget(io.EOF) {
		t.Error("forgot what nobody saved, or nobody blamed")
	}
}

func FuzzConfig(f *testing.F) {
	f.Add([]byte("style = 'a:0.3,b:0.7'\nout = ['window']\nfeather = 4"))
	f.Add([]byte("background = [1, 2, 3]\nmirror = 1e400\nx.y = 2"))
	f.Fuzz(func(t *testing.T, data []byte) {
		values, err := parseConfig(data)
		if err != nil {
			return
		}
		s := defaultSettings()
		for _, option := range s.all() {
			texts, ok := values[option.Name]
			if !ok {
				continue
			}
			before := option.Value.String()
			if err := setSaved(option, texts); err != nil && option.Value.String() != before {
				t.Errorf("--%s %q was refused (%v) and yet changed %q to %q", option.Name, texts, err, before, option.Value.String())
			}
		}
		if err := s.params.Validate(); err != nil {
			t.Errorf("accepted %q: %v", data, err)
		}
	})
}

// Whatever an option accepts it prints in a form that it accepts again, to the
// same effect.
func FuzzAlphaOption(f *testing.F) {
	for _, seed := range []string{"1", "0.5,0.3", "nan", "-1", "5,", ",", "0x1p-2,1", "1e-300", " 1 , 1 "} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s := defaultSettings()
		option := findOption(s.all(), "person")
		if option.Value.Set(text) != nil {
			return
		}
		if err := s.params.Validate(); err != nil {
			t.Fatalf("accepted %q: %v", text, err)
		}
		first := s.params.Person
		if err := option.Value.Set(option.Value.String()); err != nil || s.params.Person != first {
			t.Errorf("%q printed as %q gives %v, %v", text, option.Value.String(), s.params.Person, err)
		}
	})
}
