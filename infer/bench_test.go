package infer

import (
	"fmt"
	"testing"

	"stylecam/models"
	"stylecam/style"
)

// How long the program's own networks take, a frame each:
//
//	go test -run '^$' -bench . ./infer

// load3 loads the networks that come with the program.
func load3(t testing.TB, r *Runtime) (*SegNet, *StyleEncoder, *SANet) {
	t.Helper()
	m, err := models.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	take := func(name string) models.Graph {
		g, err := m.Graph(models.Lite, name)
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	segnet, err := r.SegNet(take(models.SegNet))
	if err != nil {
		t.Fatal(err)
	}
	encoder, err := r.StyleEncoder(take(models.SANetStyle))
	if err != nil {
		t.Fatal(err)
	}
	sanet, err := r.SANet(take(models.SANetPaint))
	if err != nil {
		t.Fatal(err)
	}
	return segnet, encoder, sanet
}

func BenchmarkSegNet(b *testing.B) {
	for _, threads := range []int{1, 2} {
		for _, size := range [][2]int{{144, 192}, {192, 256}} {
			height, width := size[0], size[1]
			b.Run(fmt.Sprintf("%dx%d/threads=%d", height, width, threads), func(b *testing.B) {
				segnet, _, _ := load3(b, openRuntime(b, Options{Provider: CPU, Threads: threads}))
				mask, image := make([]float32, height*width), picture(height, width, 1)
				run := func() {
					if err := segnet.Mask(mask, image, height, width); err != nil {
						b.Fatal(err)
					}
				}
				run() // binds the tensors
				b.ReportAllocs()
				for b.Loop() {
					run()
				}
			})
		}
	}
}

func BenchmarkSANet(b *testing.B) {
	const height, width, places = 192, 256, 48 * 64
	for _, threads := range []int{1, 2} {
		for _, n := range []int{1, 2} {
			b.Run(fmt.Sprintf("%dx%d/styles=%d/threads=%d", height, width, n, threads), func(b *testing.B) {
				_, encoder, sanet := load3(b, openRuntime(b, Options{Provider: CPU, Threads: threads}))
				s, err := encoder.Encode(picture(encoder.Side(), encoder.Side(), 2))
				if err != nil {
					b.Fatal(err)
				}
				styles := []*style.Tensors{s, s}[:n]
				image, dst := picture(height, width, 1), make([]byte, height*width*3)
				share, alpha := filled(n*places, 1/float32(n)), filled(2*places, 1)
				run := func() {
					if err := sanet.Paint(dst, image, height, width, styles, share, alpha); err != nil {
						b.Fatal(err)
					}
				}
				run() // binds the tensors
				b.ReportAllocs()
				for b.Loop() {
					run()
				}
			})
		}
	}
}

func BenchmarkStyleEncoder(b *testing.B) {
	_, encoder, _ := load3(b, onCPU(b))
	painting := picture(encoder.Side(), encoder.Side(), 1)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := encoder.Encode(painting); err != nil {
			b.Fatal(err)
		}
	}
}
