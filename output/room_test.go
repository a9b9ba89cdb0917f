//go:build linux

package output

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"stylecam/frame"
)

// smallDisk is a folder on a disk of so many bytes.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("stylecam-test", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Skipf("no small disk can be mounted here, which takes root: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func TestVideoOnAFullDisk(t *testing.T) {
	dir := smallDisk(t, "8m")
	_, err := CreateVideo(filepath.Join(dir, "a.mp4"), Options{})
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "a.mp4: the disk is full; make room") {
		t.Errorf("error %v", err)
	}
	holds(t, dir)
}

func TestDiskFillsUp(t *testing.T) {
	needs(t, "ffmpeg")
	for _, test := range []struct {
		name   string
		policy frame.Policy
		left   []string
	}{
		{"a recording is kept", frame.Newest, []string{"a.mp4", "filler"}},
		{"half a film is not", frame.Every, []string{"filler"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := smallDisk(t, "32m")
			path := filepath.Join(dir, "a.mp4")
			v, err := CreateVideo(path, Options{Policy: test.policy})
			if err != nil {
				t.Fatal(err)
			}
			for seq := range uint64(200) {
				if seq == 50 {
					if err := os.WriteFile(filepath.Join(dir, "filler"), make([]byte, 24<<20), 0o600); err != nil {
						t.Fatal(err)
					}
				}
				if err = v.Write(t.Context(), testCard(64, 48, seq)); err != nil {
					break
				}
			}
			if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "the disk is full") {
				t.Errorf("error %v", err)
			}
			if err := v.Close(); err != nil {
				t.Fatal(err)
			}
			holds(t, dir, test.left...)
			if test.policy == frame.Newest {
				if s := probe(t, path).Streams[0]; s.Frames != "60" {
					t.Errorf("%s frames are kept", s.Frames)
				}
			}
		})
	}
}

// A disk that is full without saying so shows when the file is read back.
func TestVideoThatDidNotReachTheDisk(t *testing.T) {
	dir := t.TempDir()
	v, err := CreateVideo(filepath.Join(dir, "a.mp4"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	for seq := range uint64(10) {
		if err := v.Write(t.Context(), testCard(64, 48, seq)); err != nil {
			t.Fatal(err)
		}
	}
	v.frames = 100
	if err := v.Close(); err == nil || !strings.Contains(err.Error(), "of 100 frames 10 were written") {
		t.Errorf("error %v", err)
	}
	holds(t, dir)
}
