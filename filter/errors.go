package filter

import "errors"

// Kinds of failure that the caller tells apart: cmd turns them into its exit
// status, the API into its codes. Whoever knows the kind wraps it with %w.
var (
	// ErrInput: a file, picture, video or style is not what it should be.
	ErrInput = errors.New("bad input")
	// ErrMissing: a library, camera, model or permission is not there.
	ErrMissing = errors.New("missing")
	// ErrClosed: whoever looked at a sink has had enough; the run ends well.
	ErrClosed = errors.New("closed by its reader")
)

// SourceError is a failure of the source.
type SourceError struct{ Err error }

func (e *SourceError) Error() string { return "source: " + e.Err.Error() }
func (e *SourceError) Unwrap() error { return e.Err }

// SinkError is a failure of one sink, by its name.
type SinkError struct {
	Name string
	Err  error
}

func (e *SinkError) Error() string { return "output " + e.Name + ": " + e.Err.Error() }
func (e *SinkError) Unwrap() error { return e.Err }
