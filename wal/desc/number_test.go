package desc

import (
	"fmt"
	"testing"
)

// Numbers are printed as C's printf does, at the ends of each range and between.
func TestNumbers(t *testing.T) {
	var all []uint64
	for _, p := range powers {
		all = append(all, p-1, p, p+1, p*3/2, p*7)
	}
	for v := uint64(0); v < 200000; v += 7 {
		all = append(all, v)
	}
	for v := uint64(1); v < 1e8; v = v*21/20 + 1 {
		all = append(all, v)
	}
	for _, v := range all {
		for _, room := range []int{0, 3, 8, 40} {
			dst := append(make([]byte, 0, 3+room), "ab "...)
			if got, want := string(appendUint(dst, v)), fmt.Sprintf("ab %d", v); got != want {
				t.Fatalf("appendUint gives %q, not %q", got, want)
			}
		}
		if got, want := string(appendPadded(nil, v, 10)), fmt.Sprintf("%10d", v); got != want {
			t.Fatalf("appendPadded gives %q, not %q", got, want)
		}
		if v >= 1e6 {
			continue
		}
		b := []byte("xxxxxxxx")
		if putSix(b[1:], uint32(v)); string(b) != fmt.Sprintf("x%6dx", v) {
			t.Fatalf("putSix gives %q for %d", b, v)
		}
	}
}
