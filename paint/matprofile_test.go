//go:build matprofile

package paint

import (
	"os"
	"testing"

	"gocv.io/x/gocv"
)

// Run with -tags matprofile (beside the tags of the Makefile): every Mat that the
// painters made is closed again.
func TestMain(m *testing.M) {
	before := gocv.MatProfile.Count()
	status := m.Run()
	if n := gocv.MatProfile.Count() - before; status == 0 && n != 0 {
		_ = gocv.MatProfile.WriteTo(os.Stderr, 1)
		status = 1
	}
	os.Exit(status)
}
