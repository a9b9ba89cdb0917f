//go:build matprofile

package capture

import (
	"os"

	"gocv.io/x/gocv"
)

// leakedMats is not 0 if a Mat that a test made was not closed again.
func leakedMats() int {
	if gocv.MatProfile.Count() == 0 {
		return 0
	}
	_ = gocv.MatProfile.WriteTo(os.Stderr, 1)
	return 1
}
