package blend

import (
	"image"

	"gocv.io/x/gocv"
)

// Cover scales a picture so that it fills a size, and cuts off what then sticks out
// at two sides, as much at each.
func Cover(dst *gocv.Mat, picture gocv.Mat, to image.Point) error {
	whole := size(&picture)
	cut := whole
	if cut.X*to.Y > cut.Y*to.X { // wider than wanted
		cut.X = max(cut.Y*to.X/to.Y, 1)
	} else {
		cut.Y = max(cut.X*to.Y/to.X, 1)
	}
	corner := whole.Sub(cut).Div(2)
	part := picture.Region(image.Rectangle{Min: corner, Max: corner.Add(cut)})
	defer part.Close()
	method := gocv.InterpolationLinear
	if cut.X > to.X {
		method = gocv.InterpolationArea
	}
	return gocv.Resize(part, dst, to, 0, 0, method)
}
