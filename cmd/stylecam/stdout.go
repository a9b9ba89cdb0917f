package main

import (
	"errors"
	"fmt"
	"io"
	"syscall"
)

// resultWriter is standard output as the commands print to it. It remembers the
// first failure, so that a full disk is told once, at the end, and no print has
// to be checked.
type resultWriter struct {
	w   io.Writer
	err error
}

func (r *resultWriter) Write(p []byte) (int, error) {
	if r.err == nil {
		_, r.err = r.w.Write(p)
	}
	return len(p), nil
}

// failure is what went wrong while printing. A reader that left (`stylecam
// styles list | head -1`) has had enough, which is its right.
func (r *resultWriter) failure() error {
	if r.err == nil || errors.Is(r.err, syscall.EPIPE) {
		return nil
	}
	return fmt.Errorf("cannot write the result: %w", r.err)
}
