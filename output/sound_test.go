package output

import (
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"stylecam/frame"
)

// film makes a source: two seconds of pictures that begin late by a delay, and a
// tone that begins after one second, in the container's own kind of sound.
func film(t *testing.T, name, pictureDelay string, codec ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	args := append([]string{"-v", "error",
		"-itsoffset", pictureDelay, "-f", "lavfi", "-i", "testsrc=size=64x48:rate=30:duration=2",
		"-f", "lavfi", "-i", "aevalsrc='if(gte(t,1),0.5*sin(2*PI*1000*t),0)':s=48000:d=3"}, codec...)
	if out, err := exec.Command("ffmpeg", append(args, path)...).CombinedOutput(); err != nil {
		t.Fatalf("ffmpeg: %v: %s", err, out)
	}
	return path
}

// onset is when a file's sound begins to be heard, in seconds after its pictures do.
func onset(t *testing.T, path string) float64 {
	t.Helper()
	out, err := exec.Command("ffmpeg", "-v", "error", "-i", path, "-map", "a:0", "-af", "aresample=48000:async=1:first_pts=0",
		"-ac", "1", "-f", "s16le", "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(out); i += 2 {
		if v := int16(binary.LittleEndian.Uint16(out[i:])); v > 3000 || v < -3000 {
			return float64(i/2) / 48000
		}
	}
	t.Fatal("no sound is heard")
	return 0
}

func TestSoundStaysWithThePictures(t *testing.T) {
	needs(t, "ffmpeg")
	for _, test := range []struct {
		name, source, delay string
		codec               []string
		out                 string
		onset               float64
	}{
		{"aac into mp4", "a.mp4", "0", nil, "out.mp4", 1},
		{"pictures begin late", "a.mkv", "0.5", []string{"-c:a", "aac"}, "out.mp4", 0.5},
		{"a kind that mp4 does not hold", "a.avi", "0", []string{"-c:a", "pcm_s16le"}, "out.mp4", 1},
		{"pcm into avi", "a.avi", "0", []string{"-c:a", "pcm_s16le"}, "out.avi", 1},
		{"vorbis into mkv", "a.mkv", "0", []string{"-c:a", "libvorbis"}, "out.mkv", 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			source := film(t, test.source, test.delay, test.codec...)
			dir := t.TempDir()
			path := filepath.Join(dir, test.out)
			v := record(t, path, 64, 48, 60, Options{FPS: 30, Policy: frame.Every, Sound: source})
			holds(t, dir, test.out)
			if len(v.Notes()) > 0 {
				t.Errorf("notes %q", v.Notes())
			}
			p := probe(t, path)
			if len(p.Streams) != 2 || p.Streams[0].Kind != "video" || p.Streams[0].Frames != "60" {
				t.Fatalf("streams %+v", p.Streams)
			}
			if s := p.seconds(t); s < 1.95 || s > 2.1 {
				t.Errorf("the file lasts %g s, its pictures 2", s)
			}
			if at := onset(t, path); at < test.onset-0.03 || at > test.onset+0.03 {
				t.Errorf("the tone begins at %.3f s, want %.3f", at, test.onset)
			}
		})
	}
}

// A film's cover is a stream of pictures too, which begins with the film.
func TestSoundKeepsToTheFilmNotToItsCover(t *testing.T) {
	needs(t, "ffmpeg")
	plain := film(t, "a.mkv", "0.5", "-c:a", "aac")
	covered := filepath.Join(t.TempDir(), "covered.mp4")
	if out, err := exec.Command("ffmpeg", "-v", "error", "-i", plain, "-f", "lavfi", "-i", "testsrc=size=64x48:duration=0.04:rate=25",
		"-map", "0", "-map", "1", "-c:v:0", "copy", "-c:a", "copy", "-c:v:1", "png", "-frames:v:1", "1", "-disposition:v:1", "attached_pic", covered).CombinedOutput(); err != nil {
		t.Fatalf("ffmpeg: %v: %s", err, out)
	}
	for _, path := range []string{plain, covered} {
		delay, has, err := soundOf(path)
		if err != nil || !has || delay < -0.53 || delay > -0.47 {
			t.Errorf("%s: sound %t, delayed by %g s, %v; want by -0.5", filepath.Base(path), has, delay, err)
		}
	}
}

func TestNoSound(t *testing.T) {
	needs(t, "ffmpeg")
	silent := filepath.Join(t.TempDir(), "silent.mp4")
	record(t, silent, 64, 48, 10, Options{})
	tone := film(t, "a.mp4", "0")

	for _, test := range []struct {
		name, source, path, note string
	}{
		{"the source has none", silent, "/usr/bin:/bin", ""},
		{"no ffmpeg", tone, "/nowhere", "apt install ffmpeg"},
		{"the source is gone", filepath.Join(t.TempDir(), "gone.mp4"), "/usr/bin:/bin", "no sound: ffprobe"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "out.mp4")
			t.Run("write", func(t *testing.T) {
				t.Setenv("PATH", test.path)
				v := record(t, path, 64, 48, 10, Options{Policy: frame.Every, Sound: test.source})
				notes := strings.Join(v.Notes(), "; ")
				if test.note == "" && notes != "" || !strings.Contains(notes, test.note) {
					t.Errorf("notes %q, want %q", notes, test.note)
				}
			})
			holds(t, dir, "out.mp4")
			if p := probe(t, path); len(p.Streams) != 1 || p.Streams[0].Frames != "10" {
				t.Errorf("streams %+v", p.Streams)
			}
		})
	}
}

// Ctrl-C reaches every process of the terminal's group: not the one that finishes the file.
func TestToolStandsAlone(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "ffmpeg"), []byte("#!/bin/sh\nread pid name state parent group rest < /proc/$$/stat\necho $group\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	out, err := tool("ffmpeg")
	if err != nil {
		t.Fatal(err)
	}
	group, err := strconv.Atoi(strings.TrimSpace(string(out)))
	if err != nil || group == syscall.Getpgrp() {
		t.Errorf("ffmpeg is in process group %q, ours is %d", out, syscall.Getpgrp())
	}
}
