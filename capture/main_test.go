package capture

import (
	"os"
	"testing"

	"go.uber.org/goleak"

	"stylecam/blend/mats"
)

// Neither a goroutine nor a Mat outlives the tests.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(status int) { os.Exit(mats.Leaked(status)) }))
}
