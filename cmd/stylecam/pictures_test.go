package main

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// A folder's pictures are never written over each other or over the originals.
func TestPairsOverwriteNothing(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for _, path := range []string{"photos/a.jpg", "photos/below/b.png", "photos/photos/c.png", "twice/a.jpg", "twice/a.png"} {
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, nil, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("photos", "link"); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		in, out string
		status  int
	}{
		{"photos", "painted", statusDone},
		{"photos/below", "painted/deep", statusDone},
		{"photos", "photos", statusUsage},
		{"photos", "link", statusUsage},
		{"photos", filepath.Join(dir, "photos", "painted"), statusUsage},
		{"photos", ".", statusUsage}, // for the one in photos/photos
		{"photos/photos", "photos", statusDone},
		{"twice", "painted", statusInput},
	} {
		jobs, err := pairs(test.in, test.out)
		if got := exitStatus(err); got != test.status || (err == nil) != (len(jobs) > 0) {
			t.Errorf("%s to %s: %d pictures, error %v; want status %d", test.in, test.out, len(jobs), err, test.status)
		}
	}
	if _, err := os.Stat("painted"); err == nil {
		t.Error("a folder was made before there was a picture for it")
	}
}
