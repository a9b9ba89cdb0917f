package blend

import (
	"image"

	"gocv.io/x/gocv"
)

// guided moves the mask's edge to the frame's; see "Sharpen" in refine.go.
type guided struct {
	product, meanI, meanP, meanIP, meanII *gocv.Mat
	a, b                                  plane
	meanA, meanB, upA, upB                *gocv.Mat
}

func newGuided(s *shelf) guided {
	return guided{
		product: s.mat(), meanI: s.mat(), meanP: s.mat(), meanIP: s.mat(), meanII: s.mat(),
		a: s.plane(), b: s.plane(), meanA: s.mat(), meanB: s.mat(), upA: s.mat(), upB: s.mat(),
	}
}

// sharpen writes the sharp mask to dst, 0..255, at the guide's size.
func (g *guided) sharpen(dst, mask *gocv.Mat, memory *steadier) error {
	window := image.Pt(2*edgeRadius+1, 2*edgeRadius+1)
	luma, to := *memory.luma.mat, memory.guide.point()
	if err := first(
		gocv.Blur(luma, g.meanI, window),
		gocv.Blur(*mask, g.meanP, window),
		gocv.Multiply(luma, *mask, g.product),
		gocv.Blur(*g.product, g.meanIP, window),
		gocv.Multiply(luma, luma, g.product),
		gocv.Blur(*g.product, g.meanII, window),
	); err != nil {
		return err
	}
	if err := g.coefficients(memory.luma.h, memory.luma.w); err != nil {
		return err
	}
	return first(
		gocv.Blur(*g.a.mat, g.meanA, window),
		gocv.Blur(*g.b.mat, g.meanB, window),
		gocv.Resize(*g.meanA, g.upA, to, 0, 0, gocv.InterpolationLinear),
		gocv.Resize(*g.meanB, g.upB, to, 0, 0, gocv.InterpolationLinear),
		gocv.Multiply(*g.upA, *memory.guide.mat, g.upA),
		gocv.Add(*g.upA, *g.upB, g.upA),
		g.upA.ConvertToWithParams(dst, gocv.MatTypeCV8UC1, 255*certainty, 255*(1-certainty)/2), // cuts to 0..1
	)
}

// coefficients solves the regression of each window.
func (g *guided) coefficients(h, w int) error {
	var err error
	read := func(m *gocv.Mat) []float32 {
		pix, e := m.DataPtrFloat32()
		err = first(err, e)
		return pix
	}
	err = first(g.a.fit(h, w), g.b.fit(h, w))
	mi, mp, mip, mii := read(g.meanI), read(g.meanP), read(g.meanIP), read(g.meanII)
	if err != nil {
		return err
	}
	for i := range g.a.pix {
		a := (mip[i] - mi[i]*mp[i]) / (mii[i] - mi[i]*mi[i] + edgeDoubt)
		g.a.pix[i], g.b.pix[i] = a, mp[i]-a*mi[i]
	}
	return nil
}
