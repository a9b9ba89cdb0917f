package blend

import (
	"math/rand/v2"
	"testing"

	"gocv.io/x/gocv"

	"stylecam/frame"
)

// The sizes of a webcam's frame, and of what the networks make of it.
const (
	segH, segW     = 144, 192
	paintH, paintW = 192, 256
)

func noisy(w, h int) *frame.Frame {
	f := frame.New(w, h)
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range f.Pix {
		f.Pix[i] = byte(rng.IntN(256))
	}
	return f
}

// Each stage at 640x480, on one thread: go test -run - -bench . ./blend
func BenchmarkStages(b *testing.B) {
	gocv.SetNumThreads(1)
	f, dst := noisy(640, 480), frame.New(640, 480)
	s, r, c := NewScene(), NewRefiner(), NewComposer()
	defer s.Close()
	defer r.Close()
	defer c.Close()
	raw := oval(segH, segW, 0.5, 0.5, 0.3)
	how := Refinement{Smoothing: 0.5, Feather: 4}
	p := Painting{noisy(paintW, paintH).Pix, paintH, paintW}
	var m *Mask
	stage := func(name string, step func() error) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := step(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	stage("load", func() error { return s.Load(f) })
	stage("load+shrink", func() error {
		if err := s.Load(f); err != nil {
			return err
		}
		if _, err := s.Shrink(segH, segW); err != nil {
			return err
		}
		_, err := s.Content(paintH, paintW)
		return err
	})
	stage("refine", func() (err error) { m, err = r.Refine(s, raw, segH, segW, how); return err })
	stage("mask at frame", func() error { m.isFull = false; _, err := m.Full(); return err })
	alpha := make([]float32, paintH/4*paintW/4)
	stage("alpha map", func() error { return m.Average(alpha, paintH/4, paintW/4) })
	usual := func(low, high float32) Finish { return FinishOf(low, high, 1) }
	stage("fused", func() error { return c.Fused(dst, s, m, p, usual(.5, .3), usual(1, 1)) })
	stage("fused, person photographed", func() error { return c.Fused(dst, s, m, p, usual(0, 0), usual(1, 1)) })
	for name, layer := range map[string]Layer{
		"painted": {Kind: Painted, Painting: p, Finish: usual(1, 1)},
		"blurred": {Kind: Blurred},
		"plain":   {Kind: Plain},
	} {
		stage("original over "+name, func() error { return c.Layers(dst, s, m, Layer{Kind: Original}, layer) })
	}
	stage("overlay", func() error { return c.Overlay(dst, s, m) })
	stage("side by side", func() error { SideBySide(dst, s); return nil })
	stage("mirror", func() error { return Mirror(dst) })
}

// oval is a mask of one person: centre and radius in parts of the height, with an
// edge two places wide.
func oval(h, w int, cx, cy, radius float64) []float32 {
	m := make([]float32, h*w)
	for y := range h {
		for x := range w {
			m[y*w+x] = ovalAt((float64(x)+0.5)/float64(h)-cx*float64(w)/float64(h), (float64(y)+0.5)/float64(h)-cy, radius, 2/float64(h))
		}
	}
	return m
}
