package capture

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"stylecam/frame"
)

// newPipe makes a named pipe. When the test ends, whoever still waits at it is let go.
func newPipe(t *testing.T) string {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		w, err := os.OpenFile(pipe, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		w.Close()
	})
	return pipe
}

// Whoever stops the program while a pipe is opened need not wait for the pipe, and
// nothing is left of what had come.
func TestPipeThatHangs(t *testing.T) {
	for _, c := range []struct {
		name   string
		writer bool
		sent   string
		stored bool // before the run is stopped
	}{
		{name: "nobody writes"},
		{name: "nothing comes", writer: true},
		{name: "the header of a y4m stream does not end", writer: true, sent: "YUV4MPEG2 W640"},
		{name: "a file does not end", writer: true, sent: "no stream, and longer than its magic", stored: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			temp := t.TempDir()
			t.Setenv("TMPDIR", temp)
			pipe := newPipe(t)
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			if c.stored {
				ctx, cancel = context.WithCancel(t.Context())
			}
			defer cancel()
			ended := make(chan error, 1)
			go func() {
				_, err := Open(ctx, Config{Input: pipe, Pool: new(frame.Pool)})
				ended <- err
			}()
			if c.writer {
				w, err := os.OpenFile(pipe, os.O_RDWR, 0) // does not wait for the reader
				if err != nil {
					t.Fatal(err)
				}
				defer w.Close()
				if _, err := w.WriteString(c.sent); err != nil {
					t.Fatal(err)
				}
			}
			for c.stored {
				if files, err := filepath.Glob(filepath.Join(temp, "*")); err != nil || len(files) > 0 {
					break
				}
				select {
				case err := <-ended:
					t.Fatalf("ended by itself: %v", err)
				case <-time.After(time.Millisecond):
				}
			}
			if c.stored {
				cancel()
			}
			select {
			case err := <-ended:
				if ctx.Err() == nil || !errors.Is(err, ctx.Err()) {
					t.Errorf("got %v, want %v", err, ctx.Err())
				}
			case <-time.After(time.Minute):
				t.Fatal("hangs")
			}
			if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
				t.Errorf("left behind: %v, %v", left, err)
			}
		})
	}
}

func TestPicturePipeThatHangs(t *testing.T) {
	pipe := newPipe(t)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := ReadPicture(ctx, pipe); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}
