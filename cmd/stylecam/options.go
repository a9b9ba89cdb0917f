package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"stylecam/capture"
	"stylecam/filter"
)

// An option connects one field of the settings with its text. It is the value of
// a flag, and the reader of the environment and the file as well, so that all
// three take the same words and refuse the same mistakes.
type option[T any] struct {
	field  *T
	parse  func(string) (T, error)
	format func(T) string
}

// Set parses text into the field, which stays as it was on an error.
func (o option[T]) Set(text string) error {
	v, err := o.parse(text)
	if err != nil {
		return err
	}
	*o.field = v
	return nil
}

// String gives what Set reads.
func (o option[T]) String() string {
	if o.field == nil { // the flag package asks a zero value
		return ""
	}
	return o.format(*o.field)
}

// IsBoolFlag lets --mirror stand for --mirror=true.
func (o option[T]) IsBoolFlag() bool {
	_, ok := any(o.field).(*bool)
	return ok
}

// list is an option that may be given more than once.
type list struct {
	field *[]string
	check func(string) error
}

func (l list) Set(text string) error {
	if err := l.check(text); err != nil {
		return err
	}
	*l.field = append(*l.field, text)
	return nil
}

func (l list) String() string {
	if l.field == nil {
		return ""
	}
	return strings.Join(*l.field, " ")
}

// clear forgets what a weaker source has set.
func (l list) clear() { *l.field = nil }

func flagOf[T any](name, usage string, field *T, parse func(string) (T, error), format func(T) string) *cli.GenericFlag {
	return &cli.GenericFlag{Name: name, Usage: usage, Value: option[T]{field, parse, format}}
}

// parseStyle reads a blend, or the name of a file in which a comma stands.
func parseStyle(s string) (filter.Mix, error) {
	if _, err := os.Stat(s); err == nil && strings.Contains(s, ",") {
		return filter.Mix{{Name: s, Weight: 1}}, nil
	}
	return filter.ParseMix(s)
}

func parseMode(allowed ...filter.FillKind) func(string) (mode, error) {
	return func(s string) (mode, error) {
		fill, file, err := filter.ParseFill(s)
		if err != nil {
			return mode{}, err
		}
		if !slices.Contains(allowed, fill.Kind) {
			return mode{}, fmt.Errorf("%s is not for it", fill.Kind)
		}
		return mode{s, fill, file}, nil
	}
}

func (m mode) String() string { return m.text }

// read returns the fill with its picture, if it is of one.
func (m mode) read(ctx context.Context) (filter.Fill, error) {
	if m.file == "" {
		return m.fill, nil
	}
	picture, err := capture.ReadPicture(ctx, m.file)
	if err != nil {
		return filter.Fill{}, err
	}
	fill := m.fill
	fill.Picture = picture
	return fill, nil
}

func parseSize(s string) (size, error) {
	if s == "" {
		return size{}, nil
	}
	w, h, ok := strings.Cut(s, "x")
	width, err1 := strconv.Atoi(w)
	height, err2 := strconv.Atoi(h)
	if !ok || err1 != nil || err2 != nil {
		return size{}, fmt.Errorf("size %q is not of the form 640x480", s)
	}
	if width < 16 || height < 16 || width > 8192 || height > 8192 {
		return size{}, fmt.Errorf("size %q is outside 16x16..8192x8192", s)
	}
	return size{width, height}, nil
}

func (s size) String() string {
	if s == (size{}) {
		return ""
	}
	return fmt.Sprintf("%dx%d", s.width, s.height)
}

func parseRate(s string) (float64, error) {
	if s == "" {
		return 0, nil
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || !(v > 0 && v <= 1000) {
		return 0, fmt.Errorf("%q is no rate above 0, up to 1000", s)
	}
	return v, nil
}

func formatRate(v float64) string {
	if v == 0 {
		return ""
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

func parseCount(s string) (uint64, error) {
	v, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is no whole number from 0", s)
	}
	return v, nil
}

func formatCount(v uint64) string { return strconv.FormatUint(v, 10) }

func formatSmoothing(v float32) string {
	switch v {
	case filter.Quick:
		return "quick"
	case filter.Steady:
		return "steady"
	}
	return formatFloat32(v)
}

func within(low, high float32) func(string) (float32, error) {
	return func(s string) (float32, error) {
		v, err := strconv.ParseFloat(s, 32)
		if err != nil || math.IsNaN(v) || v < float64(low) || v > float64(high) {
			return 0, fmt.Errorf("%q is no number from %g to %g", s, low, high)
		}
		return float32(v), nil
	}
}

func integer(low, high int) func(string) (int, error) {
	return func(s string) (int, error) {
		v, err := strconv.Atoi(s)
		if err != nil || v < low || v > high {
			return 0, fmt.Errorf("%q is no whole number from %d to %d", s, low, high)
		}
		return v, nil
	}
}

func oneOf(words ...string) func(string) (string, error) {
	return func(s string) (string, error) {
		if !slices.Contains(words, s) {
			return "", fmt.Errorf("%q is none of %s", s, strings.Join(words, ", "))
		}
		return s, nil
	}
}

func parseIdle(s string) (time.Duration, error) {
	if s == "never" {
		return 0, nil
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < time.Second {
		return 0, fmt.Errorf("%q is neither never nor a time from 1s", s)
	}
	return d, nil
}

func formatIdle(d time.Duration) string {
	if d == 0 {
		return "never"
	}
	return d.String()
}

// optional makes the empty text stand for the zero value.
func optional[T any](parse func(string) (T, error)) func(string) (T, error) {
	return func(s string) (T, error) {
		if s == "" {
			var none T
			return none, nil
		}
		return parse(s)
	}
}

func parseBool(s string) (bool, error) {
	v, err := strconv.ParseBool(s)
	if err != nil {
		return false, fmt.Errorf("%q is neither true nor false", s)
	}
	return v, nil
}

func nonEmpty(s string) (string, error) {
	if s == "" {
		return "", fmt.Errorf("nothing is named")
	}
	return s, nil
}

func anyText(s string) (string, error) { return s, nil }

func asIs(s string) string { return s }

func formatFloat32(v float32) string { return strconv.FormatFloat(float64(v), 'g', -1, 32) }
