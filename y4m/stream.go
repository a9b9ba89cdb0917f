package y4m

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// maxLine bounds a header line.
const maxLine = 1024

// Reader reads a stream.
type Reader struct {
	header Header
	r      *bufio.Reader
	planes []byte
}

// NewReader reads the stream's header.
func NewReader(r io.Reader) (*Reader, error) {
	y := &Reader{r: bufio.NewReaderSize(r, 1<<16)}
	line, err := y.line()
	if err != nil && err != io.EOF {
		return nil, err
	}
	if len(line) == 0 {
		return nil, errors.New("is empty")
	}
	if y.header, err = parseHeader(string(line)); err != nil {
		return nil, err
	}
	return y, nil
}

// Header describes the stream.
func (y *Reader) Header() Header { return y.header }

// ReadFrame returns the next frame's planes, one after the other, which are the
// reader's until the next call. io.EOF says that the stream ended between two
// frames, io.ErrUnexpectedEOF that it ended within one.
func (y *Reader) ReadFrame() ([]byte, error) {
	line, err := y.line()
	if err == io.EOF && len(line) == 0 {
		return nil, io.EOF
	}
	if err == io.EOF {
		return nil, io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, err
	}
	if tag, _, _ := bytes.Cut(line, []byte(" ")); string(tag) != "FRAME" {
		return nil, fmt.Errorf("no frame begins where one should: %.16q", line)
	}
	if y.planes == nil {
		y.planes = make([]byte, y.header.FrameSize())
	}
	if _, err := io.ReadFull(y.r, y.planes); err == io.EOF {
		return nil, io.ErrUnexpectedEOF
	} else if err != nil {
		return nil, err
	}
	return y.planes, nil
}

// line reads up to a line's end, which it drops. With io.EOF comes what stood
// before the stream's end.
func (y *Reader) line() ([]byte, error) {
	var line []byte
	for len(line) < maxLine {
		b, err := y.r.ReadByte()
		if err != nil {
			return line, err
		}
		if b == '\n' {
			return line, nil
		}
		line = append(line, b)
	}
	return nil, fmt.Errorf("is no y4m stream: its header line does not end within %d bytes", maxLine)
}

// Writer writes a stream.
type Writer struct {
	header Header
	w      io.Writer
	begun  bool
}

// NewWriter returns a writer, which writes nothing before the first frame.
func NewWriter(w io.Writer, h Header) (*Writer, error) {
	if err := h.check(); err != nil {
		return nil, fmt.Errorf("the stream %w", err)
	}
	if h.Num < 1 || h.Den < 1 {
		return nil, fmt.Errorf("the stream has no rate: %d:%d frames a second", h.Num, h.Den)
	}
	return &Writer{header: h, w: w}, nil
}

// WriteFrame writes a frame's planes, one after the other: FrameSize bytes.
func (y *Writer) WriteFrame(planes []byte) error {
	if len(planes) != y.header.FrameSize() {
		return fmt.Errorf("a frame of %d bytes in a stream of %d", len(planes), y.header.FrameSize())
	}
	if !y.begun {
		if _, err := io.WriteString(y.w, y.header.String()+"\n"); err != nil {
			return err
		}
		y.begun = true
	}
	if _, err := io.WriteString(y.w, "FRAME\n"); err != nil {
		return err
	}
	_, err := y.w.Write(planes)
	return err
}
