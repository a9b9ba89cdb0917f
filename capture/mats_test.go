//go:build !matprofile

package capture

// leakedMats counts only with -tags matprofile.
func leakedMats() int { return 0 }
