package report

import (
	"math"

	"walstats/extension"
)

// niceSeconds is the least of [extension.Steps] that is not below the given one; beyond them,
// whole multiples of the last.
func niceSeconds(least float64) float64 {
	for _, step := range extension.Steps {
		if step.Seconds() >= least {
			return step.Seconds()
		}
	}
	last := extension.Steps[len(extension.Steps)-1].Seconds()
	return math.Ceil(least/last) * last
}

// niceBytes is the least power of two that is not below, and at least a page's size.
func niceBytes(least float64) float64 {
	return math.Max(8192, math.Exp2(math.Ceil(math.Log2(math.Max(least, 1)))))
}

// niceCount is the least of 1, 2, 5, 10, 20, 50 ... that is not below.
func niceCount(least float64) float64 {
	ten := math.Pow(10, math.Floor(math.Log10(math.Max(least, 1))))
	for _, times := range []float64{1, 2, 5} {
		if ten*times >= least {
			return ten * times
		}
	}
	return 10 * ten
}
