package filter

import (
	"fmt"
	"runtime/debug"
)

// Bug is a panic, ours or of a library below, as an error that can be told.
type Bug struct {
	Cause any
	Stack []byte
}

func (b *Bug) Error() string { return fmt.Sprintf("a bug: %v", b.Cause) }

// Guard does f and turns its panic into an error, a [Bug]. Every goroutine stands in
// one, and a test says so: a panic that reaches a goroutine's end ends the program,
// with pages on the screen and files half-written.
func Guard(f func() error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = &Bug{cause, debug.Stack()}
		}
	}()
	return f()
}
