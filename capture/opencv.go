package capture

// void opencv_quiet(void);
import "C"

import (
	"errors"
	"image"
	"os"
	"sync"

	"gocv.io/x/gocv"

	"stylecam/frame"
)

// quiet keeps OpenCV and the ffmpeg within it from writing to standard error, in
// words that no user understands: what goes wrong is told by our own errors.
var quiet = sync.OnceFunc(func() {
	C.opencv_quiet()
	if _, set := os.LookupEnv("OPENCV_FFMPEG_LOGLEVEL"); !set {
		os.Setenv("OPENCV_FFMPEG_LOGLEVEL", "-8") // AV_LOG_QUIET; read when the first file is opened
	}
})

// grabber is a gocv.VideoCapture that may be closed while a read hangs in the
// driver: OpenCV's reads end when they please, and closing under them crashes.
type grabber struct {
	mu     sync.Mutex // held while inside OpenCV
	vc     *gocv.VideoCapture
	mat    gocv.Mat
	closed bool
}

func newGrabber(vc *gocv.VideoCapture) *grabber {
	return &grabber{vc: vc, mat: gocv.NewMat()}
}

var errClosed = errors.New("the source was closed")

// grab decodes the next picture, hands it to use, and tells whether there was one.
func (g *grabber) grab(use func(gocv.Mat) error) (ok bool, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return false, errClosed
	}
	if !g.vc.Read(&g.mat) || g.mat.Empty() {
		return false, nil
	}
	if g.mat.Type() != gocv.MatTypeCV8UC3 {
		return false, errors.New("the pictures are not of 8 bits in three colours")
	}
	return true, use(g.mat)
}

// Close frees what OpenCV holds: at once, or as soon as a read that hangs returns.
func (g *grabber) Close() error {
	if !g.mu.TryLock() {
		go func() {
			g.mu.Lock()
			g.free()
		}()
		return nil
	}
	return g.free()
}

func (g *grabber) free() error {
	defer g.mu.Unlock()
	if g.closed {
		return nil
	}
	g.closed = true
	return errors.Join(g.mat.Close(), g.vc.Close())
}

// cover scales src, 8 bits in three channels, to fill dst; what then sticks out
// at two sides is cut off.
func cover(dst *frame.Frame, src gocv.Mat) error {
	w, h := dst.Width, dst.Height
	cut := image.Pt(src.Cols(), src.Rows())
	if cut.X*h > cut.Y*w {
		cut.X = max(1, cut.Y*w/h)
	} else {
		cut.Y = max(1, cut.X*h/w)
	}
	corner := image.Pt((src.Cols()-cut.X)/2, (src.Rows()-cut.Y)/2)
	part := src.Region(image.Rectangle{Min: corner, Max: corner.Add(cut)})
	defer part.Close()
	out, err := matOf(dst)
	if err != nil {
		return err
	}
	defer out.Close()
	method := gocv.InterpolationLinear
	if cut.X > w {
		method = gocv.InterpolationArea
	}
	return gocv.Resize(part, &out, image.Pt(w, h), 0, 0, method)
}

// matOf lends a frame's pixels to OpenCV; the frame, whose rows follow each other
// without a gap, must outlive the Mat.
func matOf(f *frame.Frame) (gocv.Mat, error) {
	return gocv.NewMatFromBytes(f.Height, f.Width, gocv.MatTypeCV8UC3, f.Pix)
}
