package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"stylecam/filter"
	"stylecam/infer"
)

// settings is everything that may be chosen by flag, environment or file.
type settings struct {
	params         filter.Params
	backgroundMode mode
	personMode     mode

	provider infer.Provider
	threads  int
	library  string

	input   string
	outputs []string
	size    size
	fps     float64

	web webSettings
}

// mode is --background-mode or --person-mode: a fill, and the file of its picture
// until that is read.
type mode struct {
	text string
	fill filter.Fill
	file string
}

// size is a frame's, in pixels; 0x0 leaves it to the source.
type size struct{ width, height int }

// defaultStyle paints where nothing else is asked for.
const defaultStyle = "starry-night"

func defaultSettings() settings {
	return settings{
		params:         filter.Defaults(defaultStyle),
		backgroundMode: mode{text: "paint"},
		personMode:     mode{text: "paint"},
		input:          "auto",
		web:            webSettings{address: defaultAddress},
	}
}

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

// picture returns the options of what is painted, and how.
func (s *settings) picture() []*cli.GenericFlag {
	p := &s.params
	return category("Picture",
		flagOf("style", "paint in this style: a `NAME` of `stylecam styles list`, a picture or .style file, or a blend a:0.3,b:0.7", &p.Style, filter.ParseMix, filter.Mix.String),
		flagOf("person-style", "paint the person in another `STYLE`", &p.PersonStyle, optional(filter.ParseMix), filter.Mix.String),
		flagOf("background", "strength of the style on the background, `α1,α2` of 0 (photograph) to 1 (painting), up to 1.5", &p.Background, filter.ParseAlpha, filter.Alpha.String),
		flagOf("person", "strength of the style on the person, `α1,α2`", &p.Person, filter.ParseAlpha, filter.Alpha.String),
		flagOf("background-mode", "fill the background by `MODE`: paint, original, blur, color:#00ff00 or image:FILE", &s.backgroundMode, parseMode(filter.FillPaint, filter.FillOriginal, filter.FillBlur, filter.FillColour, filter.FillPicture), mode.String),
		flagOf("person-mode", "fill the person by `MODE`: paint or original", &s.personMode, parseMode(filter.FillPaint, filter.FillOriginal), mode.String),
		flagOf("quality", "`SIZE` the networks work at: fast, balanced, best, or auto, which holds the frame rate", &p.Quality, filter.ParseQuality, filter.Quality.String),
		flagOf("compose", "put person and background together by `WAY`: fused (one pass, no seam) or paper (two paintings overlaid)", &p.Compose, filter.ParseCompose, filter.Compose.String),
		flagOf("smoothing", "steady the mask over time: quick, steady, or a `NUMBER` from 0 to 1", &p.Smoothing, filter.ParseSmoothing, formatSmoothing),
		flagOf("feather", "width of the mask's soft edge in `PIXELS`, 0 to 64", &p.Feather, within(0, 64), formatFloat32),
		flagOf("detail", "how much of the frame's fine detail comes back into the painting, `NUMBER` from 0 to 2", &p.Detail, within(0, 2), formatFloat32),
		flagOf("mirror", "mirror every output, not the window alone (`[=false]`)", &p.Mirror, parseBool, strconv.FormatBool),
	)
}

// machine returns the options of what computes.
func (s *settings) machine() []*cli.GenericFlag {
	return category("Machine",
		flagOf("provider", "compute by `NAME`: auto, cpu, cuda or tensorrt", &s.provider, infer.ParseProvider, infer.Provider.String),
		flagOf("threads", "`N` threads for the networks, 0 for what suits", &s.threads, integer(0, 256), strconv.Itoa),
		flagOf("onnxruntime", "ONNX Runtime's library `FILE`, where it is not found by itself", &s.library, anyText, asIs),
	)
}

// live returns the options of what is painted live, and where it goes.
func (s *settings) live() []*cli.GenericFlag {
	return category("Live",
		flagOf("input", "`SOURCE`: auto, camera[:NUMBER|NAME|PATH], a video or picture FILE, demo, card, or webrtc: a browser's own camera", &s.input, nonEmpty, asIs),
		&cli.GenericFlag{Name: "out", Usage: "`SINK`: window, FILE.mp4, y4m:-, y4m:FILE, webrtc (a page in the browser), whip:URL or null; may be given more than once (default: a window where there is a display, else a file)", Value: list{&s.outputs, checkSink}},
		flagOf("size", "ask the source for `WIDTHxHEIGHT`", &s.size, parseSize, size.String),
		flagOf("fps", "ask the source for `N` frames a second", &s.fps, parseRate, formatRate),
	)
}

// all returns every option: what the file may hold, and what `config` prints.
func (s *settings) all() []*cli.GenericFlag {
	return slices.Concat(s.picture(), s.live(), s.network(), s.machine())
}

func category(name string, flags ...*cli.GenericFlag) []*cli.GenericFlag {
	for _, f := range flags {
		f.Category = name
	}
	return flags
}

// flags joins groups of options and a command's own flags into what cli takes.
func flags(groups ...[]*cli.GenericFlag) []cli.Flag {
	var all []cli.Flag
	for _, group := range groups {
		for _, f := range group {
			all = append(all, f)
		}
	}
	return all
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
