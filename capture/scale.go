package capture

import (
	"image"

	"gocv.io/x/gocv"

	"stylecam/frame"
)

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

// covering returns a copy of src that fills a size.
func covering(src *frame.Frame, width, height int) (*frame.Frame, error) {
	in, err := matOf(src)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	dst := frame.New(width, height)
	return dst, cover(dst, in)
}

// matOf lends a frame's pixels to OpenCV; the frame, whose rows follow each other
// without a gap, must outlive the Mat.
func matOf(f *frame.Frame) (gocv.Mat, error) {
	return gocv.NewMatFromBytes(f.Height, f.Width, gocv.MatTypeCV8UC3, f.Pix)
}
