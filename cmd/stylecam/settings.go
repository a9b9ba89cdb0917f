package main

import (
	"slices"
	"strconv"
	"time"

	"github.com/urfave/cli/v2"

	"stylecam/filter"
	"stylecam/infer"
	"stylecam/models"
)

// settings is everything that may be chosen by flag, environment or file.
type settings struct {
	params         filter.Params
	backgroundMode mode
	personMode     mode

	provider  infer.Provider
	model     string // of the networks, or autoModel
	precision infer.Precision
	gpuMemory int // MB; 0: no bound
	threads   int
	library   string

	input   string
	outputs []string
	size    size
	fps     float64
	idle    time.Duration // 0: never
	failure string        // what is shown of a frame that cannot be painted

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

// autoModel stands for the model that suits the use.
const autoModel = "auto"

// defaultStyle paints where nothing else is asked for.
const defaultStyle = "starry-night"

func defaultSettings() settings {
	return settings{
		params:         filter.Defaults(defaultStyle),
		backgroundMode: mode{text: "paint"},
		personMode:     mode{text: "paint"},
		model:          autoModel,
		input:          "auto",
		idle:           5 * time.Second,
		failure:        "card",
		web:            webSettings{address: defaultAddress},
	}
}

// picture returns the options of what is painted, and how.
func (s *settings) picture() []*cli.GenericFlag {
	return slices.Concat(s.painting(), s.masking())
}

// painting returns the options of the picture that a mask alone does not have.
func (s *settings) painting() []*cli.GenericFlag {
	p := &s.params
	return category("Picture",
		flagOf("style", "paint in this style: a `NAME` of `stylecam styles list`, a picture or .style file, or a blend a:0.3,b:0.7", &p.Style, parseStyle, filter.Mix.String),
		flagOf("person-style", "paint the person in another `STYLE`", &p.PersonStyle, optional(parseStyle), filter.Mix.String),
		flagOf("background", "strength of the style on the background, `α1,α2` of 0 (photograph) to 1 (painting), up to 1.5", &p.Background, filter.ParseAlpha, filter.Alpha.String),
		flagOf("person", "strength of the style on the person, `α1,α2`", &p.Person, filter.ParseAlpha, filter.Alpha.String),
		flagOf("background-mode", "fill the background by `MODE`: paint, original, blur, color:#00ff00 or image:FILE", &s.backgroundMode, parseMode(filter.FillPaint, filter.FillOriginal, filter.FillBlur, filter.FillColour, filter.FillPicture), mode.String),
		flagOf("person-mode", "fill the person by `MODE`: paint or original", &s.personMode, parseMode(filter.FillPaint, filter.FillOriginal), mode.String),
		flagOf("compose", "put person and background together by `WAY`: fused (one pass, no seam) or paper (two paintings overlaid)", &p.Compose, filter.ParseCompose, filter.Compose.String),
		flagOf("detail", "how much of the frame's fine detail comes back into the painting, `NUMBER` from 0 to 2", &p.Detail, within(0, 2), formatFloat32),
	)
}

// masking returns the options of the mask, and of the size that is worked at.
func (s *settings) masking() []*cli.GenericFlag {
	p := &s.params
	return category("Picture",
		flagOf("quality", "`SIZE` the networks work at: fast, balanced, best, or auto, which holds the frame rate", &p.Quality, filter.ParseQuality, filter.Quality.String),
		flagOf("smoothing", "steady the mask over time: quick, steady, or a `NUMBER` from 0 to 1", &p.Smoothing, filter.ParseSmoothing, formatSmoothing),
		flagOf("feather", "width of the mask's soft edge in `PIXELS`, 0 to 64", &p.Feather, within(0, 64), formatFloat32),
		flagOf("mirror", "mirror every output, not the window alone; `[=false]` does not", &p.Mirror, parseBool, strconv.FormatBool),
	)
}

// machine returns the options of what computes.
func (s *settings) machine() []*cli.GenericFlag {
	return category("Machine",
		flagOf("provider", "compute by `NAME`: auto, cpu, cuda or tensorrt", &s.provider, infer.ParseProvider, infer.Provider.String),
		flagOf("model", "`SIZE` of the networks: lite (faster), full (finer), or auto: lite where a CPU paints live", &s.model, oneOf(autoModel, models.Lite, models.Full), asIs),
		flagOf("precision", "paint in `HOW`: fp32, fp16, or auto: fp16 on a GPU; masks are fp32", &s.precision, infer.ParsePrecision, infer.Precision.String),
		flagOf("gpu-memory", "let each graph take `MB` of the GPU's memory at most, 0 for no bound", &s.gpuMemory, integer(0, 1<<20), strconv.Itoa),
		flagOf("threads", "`N` threads for the networks, 0 for what suits", &s.threads, integer(0, 256), strconv.Itoa),
		flagOf("onnxruntime", "ONNX Runtime's library `FILE`, where it is not found by itself", &s.library, anyText, asIs),
	)
}

// live returns the options of what is painted live, and where it goes.
func (s *settings) live() []*cli.GenericFlag {
	return category("Live",
		flagOf("input", "`SOURCE`: auto, camera[:NUMBER|NAME|PATH], a video or picture FILE, demo, card, or webrtc: a browser's own camera", &s.input, nonEmpty, asIs),
		&cli.GenericFlag{Name: "out", Usage: "`SINK`: window, FILE.mp4, y4m:-, y4m:FILE, v4l2:/dev/videoN (a webcam for other programs), webrtc (a page in the browser), whip:URL or null; may be given more than once (default: a window where there is a display, else a file)", Value: list{&s.outputs, checkSink}},
		flagOf("size", "ask the source for `WIDTHxHEIGHT`", &s.size, parseSize, size.String),
		flagOf("fps", "ask the source for `N` frames a second", &s.fps, parseRate, formatRate),
		flagOf("idle", "let the camera go when nobody has looked at any output for `TIME`, like 5s; or never", &s.idle, parseIdle, formatIdle),
		flagOf("on-failure", "show `WHAT` of a frame that cannot be painted: card or original", &s.failure, oneOf("card", "original"), asIs),
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
