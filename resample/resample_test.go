package resample

import (
	"math"
	"testing"
)

// apply computes a table's means of a line.
func (t Taps) apply(line []float64) []float64 {
	out := make([]float64, t.N)
	for i := range out {
		for k := range t.K {
			out[i] += float64(t.Weight[i*t.K+k]) * line[t.Index[i*t.K+k]]
		}
	}
	return out
}

func TestTables(t *testing.T) {
	for name, c := range map[string]struct {
		taps Taps
		line []float64
		want []float64
	}{
		"halves":             {Area(4, 2), []float64{1, 3, 5, 7}, []float64{2, 6}},
		"two thirds":         {Area(3, 2), []float64{3, 6, 9}, []float64{4, 8}},
		"the same":           {Area(3, 3), []float64{3, 6, 9}, []float64{3, 6, 9}},
		"twice":              {Linear(2, 4), []float64{0, 8}, []float64{0, 2, 6, 8}},
		"one becomes many":   {Linear(1, 3), []float64{7}, []float64{7, 7, 7}},
		"between":            {Linear(4, 2), []float64{0, 2, 4, 6}, []float64{1, 5}},
		"a mean of three":    {Box(4, 1), []float64{0, 3, 6, 9}, []float64{2, 3, 6, 7}},
		"wider than the row": {Box(2, 2), []float64{0, 5}, []float64{2, 3}},
		"of a single place":  {Box(1, 3), []float64{4}, []float64{4}},
		"none":               {Box(2, 0), []float64{0, 5}, []float64{0, 5}},
		"reflected":          {Linear(3, 3).Reflected(2), []float64{1, 2, 3}, []float64{3, 2, 1, 2, 3, 2, 1}},
		"repeated":           {Linear(2, 2).Repeated(2), []float64{1, 2}, []float64{1, 1, 1, 2, 2, 2}},
	} {
		t.Run(name, func(t *testing.T) {
			got := c.taps.apply(c.line)
			if len(got) != len(c.want) {
				t.Fatalf("%v, want %v", got, c.want)
			}
			for i := range got {
				if math.Abs(got[i]-c.want[i]) > 1e-5 {
					t.Fatalf("%v, want %v", got, c.want)
				}
			}
		})
	}
}

// Whatever the sizes, a flat picture stays as it is and no table reaches beyond it.
func TestWeightsAddUpToOne(t *testing.T) {
	for from := 1; from < 70; from++ {
		tables := []Taps{Box(from, 1), Box(from, 5), Linear(from, from).Reflected(8), Linear(from, from).Repeated(2)}
		for to := 1; to < 150; to += 7 {
			tables = append(tables, Linear(from, to))
			if to <= from {
				tables = append(tables, Area(from, to))
			}
		}
		for _, table := range tables {
			for i := range table.N {
				var sum float32
				for k := i * table.K; k < (i+1)*table.K; k++ {
					sum += table.Weight[k]
					if table.Index[k] < 0 || int(table.Index[k]) >= from {
						t.Fatalf("of %d places it takes number %d", from, table.Index[k])
					}
				}
				if math.Abs(float64(sum)-1) > 1e-5 {
					t.Fatalf("weights of place %d add up to %g", i, sum)
				}
			}
		}
	}
}
