// Package resample makes tables of means: for each row (or column) of a picture's
// new size, which ones of the old it is a mean of, and with which weights. They say
// what OpenCV's resizing and blurring do, so that a graph on a GPU can do the same
// (training/device.py).
package resample

import "math"

// Taps is such a table: place i of N is the sum over k of Weight[i*K+k] times place
// Index[i*K+k] of the old size.
type Taps struct {
	N, K   int
	Index  []int32
	Weight []float32
}

// build makes a table of rows of different lengths; the short ones are filled up with
// weights of 0.
func build(n int, row func(i int, add func(at int, weight float64))) Taps {
	type tap struct {
		at     int
		weight float64
	}
	rows := make([][]tap, n)
	t := Taps{N: n, K: 1}
	for i := range rows {
		row(i, func(at int, weight float64) {
			if weight != 0 {
				rows[i] = append(rows[i], tap{at, weight})
			}
		})
		t.K = max(t.K, len(rows[i]))
	}
	t.Index, t.Weight = make([]int32, n*t.K), make([]float32, n*t.K)
	for i, taps := range rows {
		for k := range t.K {
			p := tap{at: taps[0].at}
			if k < len(taps) {
				p = taps[k]
			}
			t.Index[i*t.K+k], t.Weight[i*t.K+k] = int32(p.at), float32(p.weight)
		}
	}
	return t
}

// Linear interpolates between the two nearest places, as INTER_LINEAR does.
func Linear(from, to int) Taps {
	scale := float64(from) / float64(to)
	return build(to, func(i int, add func(int, float64)) {
		at := (float64(i)+0.5)*scale - 0.5
		whole := math.Floor(at)
		part := at - whole
		switch {
		case whole < 0:
			whole, part = 0, 0
		case int(whole) >= from-1:
			whole, part = float64(from-1), 0
		}
		add(int(whole), 1-part)
		add(int(whole)+1, part)
	})
}

// Area means over what each new place covers of the old ones, as INTER_AREA does
// where it shrinks. to is at most from.
func Area(from, to int) Taps {
	scale := float64(from) / float64(to)
	return build(to, func(i int, add func(int, float64)) {
		low, high := float64(i)*scale, min(float64(i+1)*scale, float64(from))
		for at := int(low); at < min(int(math.Ceil(high-1e-9)), from); at++ {
			add(at, max(min(high, float64(at+1))-max(low, float64(at)), 0)/(high-low))
		}
	})
}

// Box means over 2·radius+1 places, the border reflected, as Blur does.
func Box(n, radius int) Taps {
	return build(n, func(i int, add func(int, float64)) {
		for at := i - radius; at <= i+radius; at++ {
			add(reflect(at, n), 1/float64(2*radius+1))
		}
	})
}

// Reflected adds margin places on either side, the border's reflected: BORDER_REFLECT_101.
func (t Taps) Reflected(margin int) Taps {
	return t.pick(margin, func(i int) int { return reflect(i, t.N) })
}

// Repeated adds margin places on either side, the border's repeated: BORDER_REPLICATE.
func (t Taps) Repeated(margin int) Taps {
	return t.pick(margin, func(i int) int { return min(max(i, 0), t.N-1) })
}

func (t Taps) pick(margin int, which func(int) int) Taps {
	wide := Taps{N: t.N + 2*margin, K: t.K}
	for i := range wide.N {
		at := which(i-margin) * t.K
		wide.Index = append(wide.Index, t.Index[at:at+t.K]...)
		wide.Weight = append(wide.Weight, t.Weight[at:at+t.K]...)
	}
	return wide
}

// reflect brings a place beyond 0..n-1 back, the border itself not doubled.
func reflect(at, n int) int {
	if n == 1 {
		return 0
	}
	at = max(at, -at) % (2 * (n - 1))
	return min(at, 2*(n-1)-at)
}
