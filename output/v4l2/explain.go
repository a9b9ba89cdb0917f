package v4l2

import (
	"errors"
	"fmt"
	"io/fs"

	"stylecam/filter"
	video "stylecam/v4l2"
)

// LoadModule is the command that makes a virtual camera which Chrome and Zoom list.
const LoadModule = "sudo modprobe v4l2loopback devices=1 video_nr=10 card_label=stylecam exclusive_caps=1 max_buffers=4"

// ReloadModule is the same where another or a worn-out one is there.
const ReloadModule = "sudo modprobe -r v4l2loopback && " + LoadModule

// check says why a device that opened is none to feed.
func check(path string, dev device) error {
	c, err := dev.Capability()
	if err != nil {
		return fmt.Errorf("%s is no video device: %w: %w", path, filter.ErrMissing, err)
	}
	switch {
	case c.Outputs && c.ReadsWrites:
		return nil
	case c.Driver != video.LoopbackDriver:
		return fmt.Errorf("%s is %q, no virtual camera: %w; make one: %s", path, c.Card, filter.ErrMissing, LoadModule)
	case c.Captures:
		return fmt.Errorf("%s is fed by another program already%s: %w; end that one, or take another device", path, heldBy(path), filter.ErrMissing)
	}
	// v4l2loopback 0.12 after a producer that only wrote: neither side works.
	return fmt.Errorf("%s is worn out: the last program left it unusable: %w; load the module again: %s", path, filter.ErrMissing, ReloadModule)
}

// explain adds to an error what the user can do about it.
func explain(path string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return absent(path, video.ReadModule("/"))
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("may not open %s: %w; join the group: %s", path, filter.ErrMissing, video.JoinGroup)
	case video.Busy(err):
		return fmt.Errorf("%s is busy%s: %w; end that program, or take another device", path, heldBy(path), filter.ErrMissing)
	case video.Gone(err):
		return fmt.Errorf("the virtual camera %s is gone: %w: %w; load the module again: %s", path, filter.ErrMissing, err, LoadModule)
	}
	return fmt.Errorf("%w (%w)", err, filter.ErrMissing)
}

// absent explains a device that is not there.
func absent(path string, m video.Module) error {
	advice := m.Advice(LoadModule)
	if m.Loaded {
		advice = "`stylecam devices` lists those there are"
	}
	return fmt.Errorf("no virtual camera at %s: %w; %s", path, filter.ErrMissing, advice)
}

func heldBy(path string) string {
	if holders := video.Holders(path); len(holders) > 0 {
		return ", held by " + holders.String()
	}
	return ""
}
