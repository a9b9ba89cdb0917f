package output

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
)

// OpenCV's writer converts by BT.601 whatever the size, and says so nowhere.
// Browsers take an untagged video of 720 lines or more for BT.709 and show its
// reds and greens askew. So an mp4 gets the missing box: colr, in the description
// of its pictures (ISO/IEC 14496-12, 12.1.5).
//
//	ftyp  mdat  moov > trak > mdia > minf > stbl > stsd > avc1 > colr
//
// The index, moov, stands last, so that nothing moves when it grows.
var colours = []byte{
	0, 0, 0, 19, 'c', 'o', 'l', 'r', 'n', 'c', 'l', 'x',
	0, 1, // primaries: BT.709, which are sRGB's
	0, 1, // transfer: BT.709
	0, 6, // matrix: BT.601
	0, // limited range
}

var errNoIndex = errors.New("its index is not where it should be")

// tagColours writes into an mp4 or mov file how its colours are meant.
func tagColours(path string) (err error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	at, moov, err := lastBox(f)
	if err != nil {
		return fmt.Errorf("tag colours: %w", err)
	}
	for _, codec := range []string{"avc1", "mp4v"} {
		tagged, ok := insert(moov, []string{"moov", "trak", "mdia", "minf", "stbl", "stsd", codec}, colours)
		if ok {
			_, err := f.WriteAt(tagged, at)
			return err
		}
	}
	return fmt.Errorf("tag colours: %w", errNoIndex)
}

// lastBox returns the box that ends the file, and where it begins.
func lastBox(f *os.File) (at int64, box []byte, err error) {
	info, err := f.Stat()
	if err != nil {
		return 0, nil, err
	}
	head := make([]byte, 16)
	for at = 0; ; {
		if n, err := f.ReadAt(head, at); err != nil && !errors.Is(err, io.EOF) || n < 8 {
			return 0, nil, errNoIndex
		}
		size := int64(binary.BigEndian.Uint32(head))
		if size == 1 { // more than 4 GiB of pictures
			size = int64(binary.BigEndian.Uint64(head[8:]))
		}
		if size < 8 || size > info.Size()-at {
			return 0, nil, errNoIndex
		}
		if at+size == info.Size() {
			if string(head[4:8]) != "moov" {
				return 0, nil, errNoIndex
			}
			box = make([]byte, size)
			_, err := f.ReadAt(box, at)
			return at, box, err
		}
		at += size
	}
}

// insert puts one more box at the end of the one that path leads to, and corrects
// the sizes of those around it. It is false if there is no such path.
func insert(boxes []byte, path []string, more []byte) ([]byte, bool) {
	const header = 8
	for at := 0; at+header <= len(boxes); {
		size := int(binary.BigEndian.Uint32(boxes[at:]))
		if size < header || size > len(boxes)-at {
			return nil, false
		}
		end := at + size
		if string(boxes[at+4:at+header]) != path[0] {
			at = end
			continue
		}
		body, ok := boxes[at+header:end], true
		switch {
		case len(path) == 1:
			body = slices.Concat(body, more)
		case path[0] == "stsd" && len(body) >= 8: // its version and a count come first
			body, ok = insert(body[8:], path[1:], more)
			body = slices.Concat(boxes[at+header:at+header+8], body)
		default:
			body, ok = insert(body, path[1:], more)
		}
		if !ok {
			return nil, false
		}
		head := binary.BigEndian.AppendUint32(nil, uint32(header+len(body)))
		return slices.Concat(boxes[:at], head, []byte(path[0]), body, boxes[end:]), true
	}
	return nil, false
}
