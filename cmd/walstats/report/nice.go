package report

import "math"

// seconds that people count time in.
var seconds = []float64{
	.001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10, 15, 30, // seconds
	60, 120, 300, 600, 900, 1800, // minutes
	3600, 2 * 3600, 3 * 3600, 6 * 3600, 12 * 3600, // hours
	86400, 2 * 86400, 7 * 86400, 14 * 86400, 28 * 86400,
}

// niceSeconds is the least of seconds that is not below the given one; beyond them,
// whole multiples of the last.
func niceSeconds(least float64) float64 {
	for _, s := range seconds {
		if s >= least {
			return s
		}
	}
	last := seconds[len(seconds)-1]
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
