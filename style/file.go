package style

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"

	"stylecam/filter"
)

// A .style file:
//
//	"stylecam style 2\n"                       magic and version, legible in a pager
//	uint32                                     length of the header, little-endian
//	header                                     JSON: names, origin, sections' widths
//	preview                                    JPEG
//	for each section                           as float16, little-endian, row-major:
//	  low keys, low values, high keys, high values, tone
//
// Nothing follows. The header's widths say how long every part is, so that a file
// that was cut or grew is known by its length, before anything is allocated.

const magic = "stylecam style 2\n"

// Limits of what a file may hold; Decode refuses more before it allocates.
const (
	MaxPreview  = 20 << 10 // bytes of the JPEG
	MaxFile     = 4 << 20  // bytes in all
	maxHeader   = 64 << 10
	maxSections = 8
	maxText     = 300 // bytes of artist, title, year, licence
)

type header struct {
	Name     string          `json:"name"`
	Artist   string          `json:"artist,omitempty"`
	Title    string          `json:"title,omitempty"`
	Year     string          `json:"year,omitempty"`
	Licence  string          `json:"licence,omitempty"`
	Preview  int             `json:"preview_bytes"`
	Sections []sectionHeader `json:"sections"`
}

type sectionHeader struct {
	Model  string `json:"model"`
	Digest string `json:"digest"`
	Widths
}

// Encode writes s as a .style file. The tensors are rounded to half precision.
func Encode(w io.Writer, s *Style) error {
	h, err := describe(s)
	if err != nil {
		return fmt.Errorf("style %q: %w", s.Name, err)
	}
	text, err := json.Marshal(h)
	if err != nil {
		return fmt.Errorf("style %q: %w", s.Name, err)
	}
	file := []byte(magic)
	file = binary.LittleEndian.AppendUint32(file, uint32(len(text)))
	file = append(file, text...)
	file = append(file, s.Preview...)
	for _, section := range s.Sections {
		for _, part := range section.Tensors.Parts() {
			for _, v := range part {
				file = binary.LittleEndian.AppendUint16(file, toHalf(v))
			}
		}
	}
	if len(text) > maxHeader || len(file) > MaxFile {
		return fmt.Errorf("style %q: %w: %d bytes are more than a style's file may have", s.Name, filter.ErrInput, len(file))
	}
	_, err = w.Write(file)
	return err
}

// describe checks that s can be kept, and returns its header.
func describe(s *Style) (header, error) {
	h := header{s.Name, s.Artist, s.Title, s.Year, s.Licence, len(s.Preview), nil}
	for _, section := range s.Sections {
		t := section.Tensors
		if err := t.validate(); err != nil {
			return header{}, fmt.Errorf("model %q: %w: %w", section.Model, filter.ErrInput, err)
		}
		h.Sections = append(h.Sections, sectionHeader{section.Model, section.Digest, t.Widths})
	}
	return h, h.validate()
}

func (h header) validate() error {
	if err := validateName(h.Name); err != nil {
		return err
	}
	for _, text := range []string{h.Artist, h.Title, h.Year, h.Licence} {
		if len(text) > maxText || strings.ContainsFunc(text, unicode.IsControl) || !utf8.ValidString(text) {
			return fmt.Errorf("%w: %.40q is no line of at most %d bytes", filter.ErrInput, text, maxText)
		}
	}
	if h.Preview < 0 || h.Preview > MaxPreview {
		return fmt.Errorf("%w: a preview of %d bytes, at most %d go in", filter.ErrInput, h.Preview, MaxPreview)
	}
	if len(h.Sections) == 0 || len(h.Sections) > maxSections {
		return fmt.Errorf("%w: made for %d models, not for 1 to %d", filter.ErrInput, len(h.Sections), maxSections)
	}
	for _, s := range h.Sections {
		if err := s.Widths.validate(); err != nil {
			return fmt.Errorf("%w: model %q: %w", filter.ErrInput, s.Model, err)
		}
	}
	return nil
}

// Decode reads a .style file. Whatever the bytes are, it returns a style that
// Encode would write, or an error that wraps [filter.ErrInput].
func Decode(file []byte) (*Style, error) {
	h, rest, err := decodeHeader(file)
	if err != nil {
		return nil, err
	}
	want := h.Preview
	for _, s := range h.Sections {
		for _, n := range s.lengths() {
			want += 2 * n // 8 sections of 5 times 4096 × 4096 × 2 at most: no overflow
		}
	}
	if len(rest) != want {
		return nil, fmt.Errorf("%w: %d bytes where the header announces %d: cut short or damaged", filter.ErrInput, len(rest), want)
	}
	s := &Style{Name: h.Name, Artist: h.Artist, Title: h.Title, Year: h.Year, Licence: h.Licence}
	if h.Preview > 0 {
		s.Preview = bytes.Clone(rest[:h.Preview])
	}
	rest = rest[h.Preview:]
	for _, section := range h.Sections {
		t := New(section.Widths)
		for _, part := range t.Parts() {
			for i := range part {
				part[i] = fromHalf(binary.LittleEndian.Uint16(rest[2*i:]))
			}
			rest = rest[2*len(part):]
		}
		if err := t.validate(); err != nil {
			return nil, fmt.Errorf("%w: model %q: %w", filter.ErrInput, section.Model, err)
		}
		s.Sections = append(s.Sections, Section{section.Model, section.Digest, t})
	}
	return s, nil
}

func decodeHeader(file []byte) (h header, rest []byte, err error) {
	rest, ok := bytes.CutPrefix(file, []byte(magic))
	switch {
	case !ok && bytes.HasPrefix(file, []byte("stylecam style ")):
		return h, nil, fmt.Errorf("%w: a style of another version of the program; make it again: stylecam styles add PICTURE", filter.ErrInput)
	case !ok:
		return h, nil, fmt.Errorf("%w: no .style file", filter.ErrInput)
	case len(file) > MaxFile:
		return h, nil, fmt.Errorf("%w: %d bytes are more than a style has", filter.ErrInput, len(file))
	case len(rest) < 4:
		return h, nil, fmt.Errorf("%w: ends within its header", filter.ErrInput)
	}
	length := binary.LittleEndian.Uint32(rest)
	rest = rest[4:]
	if length > maxHeader || int(length) > len(rest) {
		return h, nil, fmt.Errorf("%w: ends within its header", filter.ErrInput)
	}
	if err := json.Unmarshal(rest[:length], &h); err != nil {
		return h, nil, fmt.Errorf("%w: header: %w", filter.ErrInput, err)
	}
	return h, rest[length:], h.validate()
}

// Read reads a .style file by its path.
func Read(path string) (*Style, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("style %s: there is no such file: %w", path, filter.ErrInput)
	}
	if err != nil {
		return nil, fmt.Errorf("style: %w: %w", err, filter.ErrInput)
	}
	defer f.Close()
	file, err := io.ReadAll(io.LimitReader(f, MaxFile+1))
	if err != nil {
		return nil, fmt.Errorf("style: %w: %w", err, filter.ErrInput)
	}
	s, err := Decode(file)
	if err != nil {
		return nil, fmt.Errorf("style %s: %w", path, err)
	}
	return s, nil
}

// write puts s into a file, whole or not at all.
func write(path string, s *Style) (err error) {
	beside, err := os.CreateTemp(filepath.Dir(path), ".*.style.new")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(beside.Name()))
		}
	}()
	err = errors.Join(Encode(beside, s), beside.Chmod(0o644), beside.Close())
	if err != nil {
		return err
	}
	return os.Rename(beside.Name(), path)
}
