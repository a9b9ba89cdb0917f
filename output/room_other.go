//go:build !linux && !darwin

package output

// room knows nothing of this system's disks: a full one shows when the video is
// read back.
func room(*part) error { return nil }
