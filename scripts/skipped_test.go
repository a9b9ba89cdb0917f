//go:build linux

package scripts_test

import (
	"os/exec"
	"strings"
	"testing"
)

const verboseLog = `=== RUN   TestParent
=== RUN   TestParent/sub_one
    a_test.go:3: no display: set DISPLAY
=== RUN   TestParent/sub_two
    a_test.go:9: only a remark
--- PASS: TestParent (0.00s)
    --- SKIP: TestParent/sub_one (0.00s)
    --- PASS: TestParent/sub_two (0.00s)
=== RUN   TestSilent
--- SKIP: TestSilent (0.00s)
=== CONT  TestParallel
=== CONT  TestParallel/p
    script.go:5: starting
    script.go:6: of p
        in two lines
=== CONT  TestParallel/q
    script.go:6: of q
=== NAME  TestParallel/p
--- PASS: TestParallel (0.00s)
    --- SKIP: TestParallel/p (0.00s)
    --- SKIP: TestParallel/q (0.00s)
ok  	stylecam/a	0.009s
=== RUN   TestParent
=== RUN   TestParent/sub_one
    a_test.go:3: no display: set DISPLAY
--- PASS: TestParent (0.00s)
    --- SKIP: TestParent/sub_one (0.00s)
=== RUN   TestParallel/p
--- SKIP: TestParallel/p (0.00s)
ok  	stylecam/b	0.009s
`

// Of a test that was skipped its own word is told, wherever the log has it, and once.
func TestSkippedTellsReasons(t *testing.T) {
	awk := exec.Command("awk", "-f", "skipped.awk")
	awk.Stdin = strings.NewReader(verboseLog)
	got, err := awk.CombinedOutput()
	want := `skipped: a_test.go:3: no display: set DISPLAY
skipped: TestSilent says no reason
skipped: script.go:6: of p
skipped: script.go:6: of q
skipped: TestParallel/p says no reason
`
	if err != nil || string(got) != want {
		t.Errorf("%v, printed\n%s\nwant\n%s", err, got, want)
	}
}
