package output

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"stylecam/filter"
)

// part is a file in the making: it lies beside its place and is moved there once
// it is whole.
type part struct {
	path string // where it shall be
	temp string // where it is: .NAME.123.part.mp4, with the ending that libraries look at
}

// newPart makes an empty file beside path, open for writing. It fails where
// nothing could be put in the end.
func newPart(path string) (*part, *os.File, error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, nil, cannotWrite(path, errNoFile)
	}
	// In full, since FFmpeg takes what stands before a colon for a protocol.
	whole, err := filepath.Abs(path)
	if err != nil {
		return nil, nil, cannotWrite(path, err)
	}
	dir, name := filepath.Split(whole)
	ending := filepath.Ext(name)
	stem := strings.TrimSuffix(name, ending)
	ending = shortened(ending, longest)
	hidden := dir + "." + shortened(stem, longest-len(ending)) + "." // not joined, which would take ".." for the folder above
	for {
		p := &part{path, hidden + strconv.FormatUint(uint64(rand.Uint32()), 36) + ".part" + ending}
		// Unlike os.CreateTemp's, the file gets the permissions of any other file.
		f, err := os.OpenFile(p.temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return nil, nil, cannotWrite(path, err)
		}
		return p, f, nil
	}
}

// longest is what a hidden name has room for besides what is put around it: file
// systems take 255 bytes, and the name that was asked for may have all of them.
const longest = 255 - len("..1234567.part")

// shortened is the beginning of a name, at most so many bytes.
func shortened(name string, bytes int) string {
	if len(name) <= bytes {
		return name
	}
	return strings.ToValidUTF8(name[:bytes], "") // a letter may have been cut
}

// keep gives the file its name.
func (p *part) keep() error {
	if err := os.Rename(p.temp, p.path); err != nil {
		p.discard()
		return cannotWrite(p.path, err)
	}
	return nil
}

// discard leaves nothing. That the file may be gone already is as well.
func (p *part) discard() { _ = os.Remove(p.temp) }

// WriteFile writes a file whole or not at all. Devices and pipes, which nothing can
// be renamed to, are written in place.
func WriteFile(path string, write func(io.Writer) error) error {
	if isDevice(path) {
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return cannotWrite(path, err)
		}
		if err := errors.Join(write(f), f.Close()); err != nil {
			return cannotWrite(path, err)
		}
		return nil
	}
	p, f, err := newPart(path)
	if err != nil {
		return err
	}
	if err := errors.Join(write(f), f.Close()); err != nil {
		p.discard()
		return cannotWrite(path, err)
	}
	return p.keep()
}

// isDevice tells whether path is there and neither file nor folder.
func isDevice(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.Mode().IsRegular() && !info.IsDir()
}

var errNoFile = errors.New("it is no file; name one")

// cannotWrite tells why path cannot be written and what to do, naming the file
// that was asked for rather than the one beside it.
func cannotWrite(path string, err error) error {
	dir := filepath.Dir(path)
	_, noFolder := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist) && noFolder == nil: // like /proc
		return fmt.Errorf("cannot write %s: no file can be made in %s; choose another folder: %w", path, dir, filter.ErrMissing)
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("cannot write %s: there is no folder %s; make it with: mkdir -p %s: %w", path, dir, dir, filter.ErrMissing)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return fmt.Errorf("cannot write %s: you may not write in %s; choose another folder: %w", path, dir, filter.ErrMissing)
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("cannot write %s: the disk is full; make room or choose another folder: %w", path, syscall.ENOSPC)
	}
	var at *fs.PathError
	if errors.As(err, &at) {
		err = at.Err
	}
	var link *os.LinkError
	if errors.As(err, &link) {
		err = link.Err
	}
	return fmt.Errorf("cannot write %s: %w", path, err)
}
