package window

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"stylecam/blend/mats"
	"stylecam/card"
	"stylecam/filter"
	"stylecam/frame"
)

// The toolkit wants the main thread, which tests do not run on: so the tests that
// open a window start this program once more, as one that shows the test card.
func init() { runtime.LockOSThread() }

const asProgram = "STYLECAM_TEST_SHOWS_A_WINDOW"

func TestMain(m *testing.M) {
	if folder := os.Getenv(asProgram); folder != "" {
		if err := showTestCard(folder); err != nil {
			fmt.Println("failed:", err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

// showTestCard runs the test card through a pass-through filter into a window, and
// prints every change of the settings, why it ended, and what was left behind.
func showTestCard(folder string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	w, err := New(Config{Styles: []string{"great-wave", "scream", "starry-night"}, Folder: folder})
	if err != nil {
		return err
	}
	var pool frame.Pool
	live, err := filter.New(filter.Config{
		Open:   func(context.Context) (filter.Source, error) { return &testCardSource{pool: &pool}, nil },
		Filter: filter.PassThrough{},
		Params: filter.Defaults("scream"),
		Pool:   &pool,
		Card:   card.Notice,
		Sinks:  []filter.NamedSink{{Name: "window", Sink: w}},
	})
	if err != nil {
		return err
	}
	w.Controls = teller{live}

	var runs sync.WaitGroup
	var ran error
	runs.Go(func() { ran = live.Run(ctx) })
	err = w.Run(ctx)
	runs.Wait()
	switch {
	case ran != nil && !errors.Is(ran, context.Canceled):
		return ran
	case errors.Is(err, filter.ErrClosed):
		fmt.Println("closed by the user")
	case err != nil:
		return err
	default:
		fmt.Println("interrupted")
	}
	if n := pool.InUse(); n != 0 {
		return fmt.Errorf("%d frames were left behind", n)
	}
	if n := mats.Open(); n != 0 {
		return fmt.Errorf("%d Mats were left open", n)
	}
	return nil
}

// teller prints what a key has changed.
type teller struct{ *filter.Live }

func (t teller) Update(change func(*filter.Params)) error {
	err := t.Live.Update(change)
	p := t.Params()
	fmt.Printf("set: %s %s %s %s %t\n", p.Style, p.Background, p.Person, p.View, p.Blank)
	return err
}

// testCardSource is a camera of 30 fps that sees the test card.
type testCardSource struct {
	pool *frame.Pool
	seq  uint64
}

func (s *testCardSource) Read(ctx context.Context) (*frame.Frame, error) {
	select {
	case <-time.After(time.Second / 30):
	case <-ctx.Done():
		return nil, io.EOF
	}
	f := s.pool.Get(640, 480)
	card.Test(f, s.seq)
	f.Seq, f.Captured = s.seq, time.Now()
	s.seq++
	return f, nil
}

func (s *testCardSource) Close() error { return nil }
