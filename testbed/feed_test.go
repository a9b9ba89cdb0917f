package testbed

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"stylecam/capture/camera"
	"stylecam/card"
	"stylecam/filter"
	"stylecam/frame"
	"stylecam/output/v4l2"
	video "stylecam/v4l2"
)

// The emulated processor is too slow for the networks, so most tests run
// stylecam's parts from camera to virtual camera with the filter that does
// nothing. It is this same program, started again: a process of its own, that can
// be killed.
const feedEnv = "STYLECAM_FEED"

func TestMain(m *testing.M) {
	if args, ok := os.LookupEnv(feedEnv); ok {
		if err := feed(strings.Fields(args)); err != nil {
			fmt.Println("ended:", err)
			os.Exit(1)
		}
		fmt.Println("ended")
		return
	}
	os.Exit(m.Run())
}

// feed runs until it is told to stop, and tells on standard output what happens.
func feed(args []string) error {
	flags := flag.NewFlagSet("feed", flag.ExitOnError)
	which := flags.String("camera", "", "a camera, or card")
	out := flags.String("out", virtual, "a virtual camera")
	idle := flags.Duration("idle", 0, "")
	large := flags.Bool("large", false, "twice the size")
	fps := flags.Float64("fps", 15, "")
	inverts := flags.Bool("negative", false, "the filter makes negatives, and fails at times")
	if err := flags.Parse(args); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()

	pool := new(frame.Pool)
	config := camera.Config{Which: *which, Width: width, Height: height, FPS: *fps, Pool: pool, NewDecoder: newDecoder}
	if *large {
		config.Width, config.Height = 2*width, 2*height
	}
	sink, err := v4l2.Open(v4l2.Config{Path: *out, FPS: *fps, Card: card.Notice})
	if err != nil {
		return err
	}
	var paint filter.Filter = filter.PassThrough{}
	if *inverts {
		paint = &negative{pool: pool}
	}
	var stable atomic.Value // the camera's name, once it was open
	live, err := filter.New(filter.Config{
		Open: func(ctx context.Context) (filter.Source, error) {
			if *which == "card" {
				return &cards{config: config}, nil
			}
			c := config
			if name, ok := stable.Load().(string); ok {
				c.Which = name
			}
			cam, err := camera.Open(ctx, c)
			if err != nil {
				return nil, err
			}
			stable.Store(cam.Info().Stable)
			fmt.Println("opened")
			return cam, nil
		},
		Retry:  true,
		Idle:   *idle,
		Filter: paint,
		Params: filter.Defaults("none"),
		Pool:   pool,
		Card:   card.Notice,
		Sinks:  []filter.NamedSink{{Name: "virtual", Sink: sink}},
		Log:    slog.New(slog.NewTextHandler(os.Stdout, nil)),
	})
	if err != nil {
		return err
	}
	go func() {
		var pictures, written uint64 // of the camera; by the virtual one, cards included
		for ; ; time.Sleep(50 * time.Millisecond) {
			s := live.Stats()
			if n := s.Frames; n != pictures {
				if n/100 != pictures/100 {
					fmt.Printf("memory=%d\n", resident())
				}
				pictures = n
				fmt.Printf("pictures=%d\n", n)
			}
			if n := s.Sinks[0].Written; n != written {
				written = n
				fmt.Printf("written=%d\n", n)
			}
		}
	}()
	if err := live.Run(ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	if n := pool.InUse(); n != 0 {
		return fmt.Errorf("%d frames left behind", n)
	}
	return nil
}

// negative makes negatives, which nobody takes for the camera's own pictures, and
// fails on every tenth.
type negative struct {
	pool *frame.Pool
	n    int
}

func (n *negative) Apply(_ context.Context, f *frame.Frame, _ *filter.Params, _ *filter.Trace) (*frame.Frame, error) {
	if n.n++; n.n%10 == 0 {
		return nil, errors.New("as was asked for")
	}
	picture := n.pool.Get(f.Width, f.Height)
	picture.Seq, picture.Captured = f.Seq, f.Captured
	for i, v := range f.Pix {
		picture.Pix[i] = 255 - v
	}
	return picture, nil
}

// cards shows the test card.
type cards struct {
	config camera.Config
	seq    uint64
}

func (c *cards) Read(context.Context) (*frame.Frame, error) {
	time.Sleep(time.Duration(float64(time.Second) / c.config.FPS))
	f := c.config.Pool.Get(c.config.Width, c.config.Height)
	f.Seq, f.Captured = c.seq, time.Now()
	card.Test(f, c.seq)
	c.seq++
	return f, nil
}

func (c *cards) Close() error { return nil }

// decoder reads YUYV, which vivid offers first.
type decoder struct{ format video.Format }

func newDecoder(f video.Format) (camera.Decoder, error) {
	if f.Fourcc != video.YUYV {
		return nil, fmt.Errorf("the camera sends %s, not YUYV", f.Fourcc)
	}
	return decoder{f}, nil
}

func (d decoder) Decode(dst *frame.Frame, data []byte) (whole bool, err error) {
	if len(data) < d.format.Stride*d.format.Height {
		return false, nil
	}
	for y := range dst.Height {
		video.UnpackYUYV(dst.Row(y), data[y*d.format.Stride:], d.format.Colours)
	}
	return true, nil
}

func (d decoder) Close() error { return nil }

// resident is this process's memory in KiB, without what only waits to be collected.
func resident() (kib int) {
	debug.FreeOSMemory()
	status, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(status)) {
		_, _ = fmt.Sscanf(line, "VmRSS: %d kB", &kib)
	}
	return kib
}
