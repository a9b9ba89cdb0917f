package window

import (
	"fmt"
	"image"
	"strings"
	"time"

	"gocv.io/x/gocv"

	"stylecam/card"
	"stylecam/filter"
	"stylecam/frame"
)

// overlay is what lies over the picture: a word on what a key did, statistics,
// help. Text is drawn when it changes, not with every picture.
type overlay struct {
	help, stats bool

	text  string    // of the toast
	until time.Time // it is shown

	labels map[corner]*label
	next   time.Time // when to look again without a new picture
}

const (
	toastTime = 2 * time.Second
	statsTime = 500 * time.Millisecond // between two readings of the statistics
)

// corner is where a label lies.
type corner int

const (
	topLeft corner = iota
	topRight
	bottom
)

// label is a text as it was last drawn.
type label struct {
	text   string
	size   float64
	pixels *frame.Frame
	drawn  time.Time
}

// toast shows a word for a moment.
func (o *overlay) toast(text string, now time.Time) {
	o.text, o.until = text, now.Add(toastTime)
	o.refresh()
}

// refresh has the screen drawn again soon, be there a new picture or not.
func (o *overlay) refresh() { o.next = time.Time{} }

// due tells whether the screen should be drawn again.
func (o *overlay) due(now time.Time) bool { return !now.Before(o.next) }

// draw lays what is to be seen over the screen.
func (o *overlay) draw(screen *gocv.Mat, c Controls, sink string, now time.Time) error {
	o.next = now.Add(statsTime)
	size := float64(max(13, min(screen.Rows(), screen.Cols())/30))
	if o.help {
		if err := o.lay(screen, topLeft, size, strings.Join(helpLines(), "\n"), now); err != nil {
			return err
		}
	}
	if o.stats {
		l := o.labels[topRight]
		if l == nil || now.Sub(l.drawn) >= statsTime {
			l = o.label(topRight, size, strings.Join(statLines(c.Stats(), c.Params(), sink), "\n"), now)
		}
		if err := l.lay(screen, topRight); err != nil {
			return err
		}
	}
	if now.Before(o.until) {
		return o.lay(screen, bottom, size*1.3, o.text, now)
	}
	return nil
}

func (o *overlay) lay(screen *gocv.Mat, at corner, size float64, text string, now time.Time) error {
	return o.label(at, size, text, now).lay(screen, at)
}

// label returns the text as pixels, drawn anew only if it is another.
func (o *overlay) label(at corner, size float64, text string, now time.Time) *label {
	l := o.labels[at]
	if l == nil || l.text != text || l.size != size {
		l = &label{text: text, size: size, pixels: card.Label(size, strings.Split(text, "\n")...)}
		if o.labels == nil {
			o.labels = make(map[corner]*label)
		}
		o.labels[at] = l
	}
	l.drawn = now
	return l
}

// lay blends the label over its corner of the screen; what does not fit is cut.
func (l *label) lay(screen *gocv.Mat, at corner) error {
	const margin = 8
	place := image.Pt(margin, margin)
	switch at {
	case topRight:
		place.X = screen.Cols() - l.pixels.Width - margin
	case bottom:
		place = image.Pt((screen.Cols()-l.pixels.Width)/2, screen.Rows()-l.pixels.Height-2*margin)
	}
	place = image.Pt(max(0, place.X), max(0, place.Y))
	whole := image.Rectangle{Max: image.Pt(l.pixels.Width, l.pixels.Height)}
	seen := whole.Add(place).Intersect(image.Rect(0, 0, screen.Cols(), screen.Rows()))
	if seen.Empty() {
		return nil // a window made smaller than the margin
	}
	text, err := gocv.NewMatFromBytes(l.pixels.Height, l.pixels.Width, gocv.MatTypeCV8UC3, l.pixels.Pix)
	if err != nil {
		return err
	}
	defer text.Close()
	from := text.Region(seen.Sub(place))
	defer from.Close()
	to := screen.Region(seen)
	defer to.Close()
	return gocv.AddWeighted(from, 0.9, to, 0.1, 0, &to)
}

// statLines tell how the run gets on, in milliseconds.
func statLines(s filter.Stats, p filter.Params, sink string) []string {
	lines := []string{
		fmt.Sprintf("pictures\t%.1f a second", s.FPS),
	}
	for _, out := range s.Sinks {
		if out.Name == sink {
			lines = append(lines,
				fmt.Sprintf("delay\t%d ms, at worst %d", out.Age.P50.Milliseconds(), out.Age.P99.Milliseconds()))
		}
	}
	for stage := filter.StageMask; stage <= filter.StageFilter; stage++ {
		if took, ok := s.Stages[stage.String()]; ok {
			lines = append(lines, fmt.Sprintf("%s\t%.1f ms", stage, milliseconds(took.P50)))
		}
	}
	lines = append(lines, fmt.Sprintf("dropped\t%d at the source", s.Drops))
	for _, out := range s.Sinks {
		lines = append(lines, fmt.Sprintf("\t%d at %s", out.Drops, out.Name))
	}
	return append(lines,
		"style\t"+p.Style.String(),
		fmt.Sprintf("background\t%s", p.Background),
		fmt.Sprintf("person\t%s", p.Person))
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
