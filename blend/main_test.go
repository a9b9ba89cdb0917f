package blend

import (
	"os"
	"testing"

	"stylecam/blend/mats"
)

// No Mat outlives the tests.
func TestMain(m *testing.M) { os.Exit(mats.Leaked(m.Run())) }
