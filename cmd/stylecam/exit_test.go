package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
)

func TestOnlyCanceled(t *testing.T) {
	stopped := fmt.Errorf("photo.jpg: %w", context.Canceled)
	for _, c := range []struct {
		err  error
		want bool
	}{
		{nil, false},
		{stopped, true},
		{errors.Join(stopped, context.Canceled), true},
		{errors.Join(stopped, io.ErrShortWrite), false},
		{fmt.Errorf("close: %w", errors.Join(io.ErrShortWrite, context.Canceled)), false},
		{context.DeadlineExceeded, false},
	} {
		if got := onlyCanceled(c.err); got != c.want {
			t.Errorf("%v: %t, want %t", c.err, got, c.want)
		}
	}
}
