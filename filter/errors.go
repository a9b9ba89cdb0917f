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
