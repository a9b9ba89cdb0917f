package v4l2

import (
	"os"
	"path/filepath"
	"testing"

	video "stylecam/v4l2"
)

func TestOpensAreCounted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "video10")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	before := 1
	o, err := countOpens(path, func() int { return before })
	if err != nil {
		t.Fatal(err)
	}
	defer o.close()
	check := func(when string, want int) {
		t.Helper()
		if got := o.any(); o.n != want || got != (want > 0) {
			t.Errorf("%s: %d count as open, want %d", when, o.n, want)
		}
	}
	check("one had it open before", 1)
	a, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	check("a second opens it", 2)
	for range 100 { // programs that look what there is
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	check("others look in", 2)
	a.Close()
	check("the second leaves", 1)
	w, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	w.Close()
	check("a writer came and went", 1)
	for range 20_000 { // more than the kernel keeps
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	before = 3
	check("so many that some were lost: counted anew", 3)
}

func TestSomebodyIsTakenToReadWhereNothingTells(t *testing.T) {
	var warnings []error
	r := countOrAssume(filepath.Join(t.TempDir(), "cannot be watched"), func() int { return 0 }, func(err error) { warnings = append(warnings, err) })
	defer r.close()
	if !r.any() || len(warnings) != 1 {
		t.Errorf("somebody reads: %t, want so; warned of %v", r.any(), warnings)
	}
}

// One process that opened it twice before us counts as one; when it leaves, another
// that came later must not be forgotten.
func TestCountThatComesToNoneIsLookedUp(t *testing.T) {
	path := filepath.Join(t.TempDir(), "video10")
	var files [3]*os.File
	open := func(i int) {
		t.Helper()
		var err error
		if files[i], err = os.OpenFile(path, os.O_CREATE|os.O_RDONLY, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	open(0)
	open(1)
	processes := 1
	o, err := countOpens(path, func() int { return processes })
	if err != nil {
		t.Fatal(err)
	}
	defer o.close()
	open(2)
	files[0].Close()
	files[1].Close()
	if !o.any() {
		t.Error("the one that still reads is forgotten")
	}
	processes = 0
	files[2].Close()
	if o.any() {
		t.Error("somebody is left who is not there")
	}
}

// Who opens it while /proc is read is found there, and told of by an event as well.
func TestWhoComesDuringTheLookUpCountsOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "video10")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var reader *os.File
	processes := 0
	o, err := countOpens(path, func() int {
		if reader == nil {
			reader, _ = os.Open(path)
			processes = 1
		}
		return processes
	})
	if err != nil {
		t.Fatal(err)
	}
	defer o.close()
	if !o.any() || o.n != 1 {
		t.Errorf("%d count as open, want 1", o.n)
	}
	processes = 0
	reader.Close()
	if o.any() {
		t.Errorf("%d count as open after the only one left", o.n)
	}
}

type told []int

func (t *told) Readers() (int, error) {
	if len(*t) == 0 {
		return 0, video.ErrAgain
	}
	n := (*t)[0]
	*t = (*t)[1:]
	return n, nil
}

func TestEventsTellTheLastNumber(t *testing.T) {
	dev := &told{0}
	e := &events{dev: dev}
	for _, step := range []struct {
		told []int
		want bool
	}{{nil, false}, {[]int{1}, true}, {nil, true}, {[]int{0, 1, 0}, false}} {
		*dev = step.told
		if got := e.any(); got != step.want {
			t.Errorf("after %v somebody reads: %v", step.told, got)
		}
	}
}
