package testbed

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// producer is a process that feeds the virtual camera.
type producer struct {
	t   *testing.T
	cmd *exec.Cmd

	mu    sync.Mutex
	lines []string
	seen  int // lines that a wait has gone past
	more  chan struct{}
	ended chan struct{} // closed when the process has ended and all its lines are there
}

// start runs a program until the test ends.
func start(t *testing.T, cmd *exec.Cmd) *producer {
	t.Helper()
	p := &producer{t: t, cmd: cmd, more: make(chan struct{}, 1), ended: make(chan struct{})}
	r, w := io.Pipe()
	cmd.Stdout, cmd.Stderr = w, w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = cmd.Wait()
		w.Close()
	}()
	go func() {
		defer close(p.ended)
		for lines := bufio.NewScanner(r); lines.Scan(); {
			p.mu.Lock()
			p.lines = append(p.lines, lines.Text())
			p.mu.Unlock()
			select {
			case p.more <- struct{}{}:
			default:
			}
		}
	}()
	t.Cleanup(func() {
		p.stop(os.Kill)
		if t.Failed() {
			p.mu.Lock()
			defer p.mu.Unlock()
			t.Logf("the producer said:\n%s", strings.Join(p.lines[max(0, len(p.lines)-20):], "\n"))
		}
	})
	return p
}

// startFeed feeds the virtual camera and waits until readers see the first picture.
func startFeed(t *testing.T, args string) *producer {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), feedEnv+"="+args)
	p := start(t, cmd)
	p.wait("pictures=", patience)
	p.wait("written=", patience)
	return p
}

// waitForPictures waits until the camera gives pictures that were not under way.
func (p *producer) waitForPictures(limit time.Duration) {
	p.t.Helper()
	for range 2 {
		p.wait("pictures=", limit)
	}
}

// wait waits for a line that holds text, after the last one waited for.
func (p *producer) wait(text string, limit time.Duration) string {
	p.t.Helper()
	line, said := p.hear(text, limit)
	if !said {
		p.t.Fatalf("no %q; it had %v, or ended before", text, limit)
	}
	return line
}

// hear is wait for what may not come.
func (p *producer) hear(text string, limit time.Duration) (line string, said bool) {
	timeout := time.After(limit)
	for ended := false; ; {
		p.mu.Lock()
		for p.seen < len(p.lines) {
			line := p.lines[p.seen]
			p.seen++
			if strings.Contains(line, text) {
				p.mu.Unlock()
				return line, true
			}
		}
		p.mu.Unlock()
		if ended {
			return "", false
		}
		select {
		case <-p.more:
		case <-p.ended:
			ended = true
		case <-timeout:
			return "", false
		}
	}
}

// skip goes past what was said until now, and tells whether text was in it.
func (p *producer) skip(text ...string) (said bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for ; p.seen < len(p.lines); p.seen++ {
		for _, t := range text {
			said = said || strings.Contains(p.lines[p.seen], t)
		}
	}
	return said
}

// end interrupts the process, as a user does, who is to see it end with a status.
func (p *producer) end(status int) {
	p.t.Helper()
	if got := p.stop(os.Interrupt); got != status {
		p.t.Errorf("interrupted, the producer ended with status %d, want %d", got, status)
	}
}

// stop ends the process, waits for it and tells its status; -1 if a signal ended it.
func (p *producer) stop(s os.Signal) (status int) {
	_ = p.cmd.Process.Signal(s)
	select {
	case <-p.ended:
	case <-time.After(patience):
		p.t.Errorf("%v does not end the producer", s)
		_ = p.cmd.Process.Signal(syscall.SIGKILL)
		<-p.ended
	}
	return p.cmd.ProcessState.ExitCode()
}

func TestNobodyWaitsForAProducerThatHasEnded(t *testing.T) {
	p := start(t, exec.Command("echo", "its last words"))
	if _, said := p.hear("more", patience); said {
		t.Error("it said more")
	}
	if p.seen = 0; p.wait("last", patience) != "its last words" {
		t.Error("its last words are lost")
	}
	select {
	case <-p.ended:
	default:
		t.Error("it was given up before it had ended")
	}
}

func TestStatusOfAProducerIsTold(t *testing.T) {
	for script, want := range map[string]int{
		"trap 'exit 3' INT; echo runs; while :; do sleep 0.01; done": 3,
		"echo runs; exec sleep 600":                                  -1,
	} {
		p := start(t, exec.Command("sh", "-c", script))
		p.wait("runs", patience)
		if got := p.stop(os.Interrupt); got != want {
			t.Errorf("%s: status %d, want %d", script, got, want)
		}
	}
}
