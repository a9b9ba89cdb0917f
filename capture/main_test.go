package capture

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// No goroutine and, counted with the tag matprofile, no Mat outlives the tests.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(status int) {
		if status == 0 {
			status = leakedMats()
		}
		os.Exit(status)
	}))
}
