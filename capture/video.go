package capture

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"
	"time"

	"stylecam/filter"
)

// decoding is the ffmpeg program at work: it turns a video file into a y4m stream
// on its standard output and tells the frames' times on its standard error.
//
// Within OpenCV there is an ffmpeg too. But that one shows the last picture for
// ever when a video changes its size, takes BT.709 for BT.601, knows no time for
// the last frames, and a read that hangs cannot be ended. Here every frame comes
// upright, in BT.601 and at the first one's size, and with its time.
type decoding struct {
	cmd      *exec.Cmd
	frames   io.Reader
	duration time.Duration      // 0 if unknown; like rate valid once the first time came
	rate     float64            // frames a second on average
	times    chan time.Duration // closed at the end
	stopped  chan struct{}
	failed   chan error // of listening
}

// openVideo opens a file of any format that ffmpeg knows. It is read until ctx ends.
func openVideo(ctx context.Context, path string, c Config) (Source, error) {
	d, err := decodeVideo(ctx, path)
	if err != nil {
		return nil, err
	}
	// The first time proves that there are frames.
	var first time.Duration
	ok := false
	select {
	case first, ok = <-d.times:
	case <-ctx.Done():
	}
	if !ok {
		d.Close()
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := d.failure(nil); err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("%s: is no video that can be read, or is cut off at its beginning; give MP4, MKV, WebM, AVI, MOV or y4m: %w", c.Input, filter.ErrInput)
	}
	v, err := openY4M(d, d, c)
	if err != nil {
		return nil, err
	}
	if d.rate > 0 { // a GIF has none, so no one knows how many frames it holds
		// Some recorders announce their clock's ticks, a thousand a second, as the rate.
		if v.info.FPS > 1.5*d.rate {
			v.info.FPS = d.rate
		}
		v.info.Frames, v.lasts = uint64(d.duration.Seconds()*d.rate+0.5), d.duration
	}
	v.time = func(seq uint64) time.Duration {
		if seq == 0 {
			return first
		}
		return <-d.times // 0 after the end: the clock then takes the last step again
	}
	return v, nil
}

func decodeVideo(ctx context.Context, path string) (*decoding, error) {
	program, err := exec.LookPath("ffmpeg")
	if err != nil {
		return nil, fmt.Errorf("reading videos needs the program ffmpeg (sudo apt install ffmpeg): %w", filter.ErrMissing)
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, program, "-hide_banner", "-nostdin", "-nostats", "-loglevel", "info",
		"-protocol_whitelist", "file,crypto,data", "-i", "file:"+abs, // whatever its name: a file, and nothing beyond it
		"-map", "0:V:0", "-vsync", "passthrough",
		"-vf", "showinfo=checksum=0,scale=out_color_matrix=bt601:out_range=limited,format=yuv420p",
		"-f", "yuv4mpegpipe", "pipe:1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is ours to deal with
	d := &decoding{cmd: cmd, times: make(chan time.Duration, 16), stopped: make(chan struct{}), failed: make(chan error, 1)}
	if d.frames, err = cmd.StdoutPipe(); err != nil {
		return nil, err
	}
	told, err := cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", program, err)
	}
	go func() {
		defer close(d.times)
		if err := filter.Guard(func() error { return d.listen(told) }); err != nil {
			d.failed <- err
			_ = cmd.Process.Kill() // which would wait to be heard
		}
	}()
	return d, nil
}

var (
	toldDuration = regexp.MustCompile(`^\s*Duration: (\d+):(\d+):(\d+)\.(\d\d),`)
	toldRate     = regexp.MustCompile(`^\s*Stream #0:.* Video: .* ([.\d]+) fps,`)
	// Times are told in seconds too, but of those only six digits: past three hours a
	// tenth of a second would be the finest.
	toldBase = regexp.MustCompile(`^\[Parsed_showinfo.* config in time_base: (\d+)/(\d+)`)
	toldTime = regexp.MustCompile(`^\[Parsed_showinfo.* pts:\s*(-?\d+|NOPTS) `)
)

// Read reads the stream of frames.
func (d *decoding) Read(p []byte) (int, error) {
	n, err := d.frames.Read(p)
	if err != nil {
		err = d.failure(err)
	}
	return n, err
}

// failure is why listening failed, else err.
func (d *decoding) failure(err error) error {
	select {
	case failed := <-d.failed:
		return failed
	default:
		return err
	}
}

// listen reads what ffmpeg tells, to the end.
func (d *decoding) listen(told io.Reader) error {
	lines, begun, tick := bufio.NewScanner(told), false, 0.0 // in seconds
	for lines.Scan() {
		line := lines.Text()
		if m := toldDuration.FindStringSubmatch(line); m != nil && !begun {
			d.duration = clockTime(m[1:]...)
		}
		if m := toldRate.FindStringSubmatch(line); m != nil && !begun && d.rate == 0 { // the first stream's, which is read
			d.rate, _ = strconv.ParseFloat(m[1], 64)
		}
		if m := toldBase.FindStringSubmatch(line); m != nil {
			numerator, _ := strconv.ParseFloat(m[1], 64)
			denominator, _ := strconv.ParseFloat(m[2], 64)
			tick = numerator / max(1, denominator)
		}
		if m := toldTime.FindStringSubmatch(line); m != nil {
			begun = true
			ticks, _ := strconv.ParseFloat(m[1], 64) // none is 0, which does not grow: see clock
			select {
			case d.times <- time.Duration(ticks * tick * float64(time.Second)):
			case <-d.stopped:
			}
		}
	}
	_, _ = io.Copy(io.Discard, told) // a line too long must not hold ffmpeg up
	return nil
}

// clockTime is hours, minutes, seconds and hundredths.
func clockTime(digits ...string) time.Duration {
	var sum time.Duration
	for i, unit := range []time.Duration{time.Hour, time.Minute, time.Second, time.Second / 100} {
		n, _ := strconv.Atoi(digits[i])
		sum += time.Duration(n) * unit
	}
	return sum
}

// Close ends ffmpeg, wherever it is.
func (d *decoding) Close() error {
	close(d.stopped)
	_ = d.cmd.Process.Kill()
	for range d.times { // until listening has ended: Wait closes what it reads
	}
	_ = d.cmd.Wait() // it was killed
	return nil
}
