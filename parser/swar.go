package parser

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// Eight characters at a time in one 64-bit word, the first in the lowest byte.
// The record header is fixed words and fixed-width numbers, so testing and
// decoding it this way takes a third of the time of a loop over its bytes
// (BenchmarkHeader).

const (
	low56  = 1<<56 - 1
	low48  = 1<<48 - 1
	ones   = 0x0101010101010101
	highs  = 0x8080808080808080
	zeros  = 0x3030303030303030 // "00000000"
	blanks = 0x2020202020202020
	hashes = 0x2323232323232323
)

func load64(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }

func word(s string) uint64 {
	var b [8]byte
	copy(b[:], s)
	return load64(b[:])
}

// decimal8 reads a number that stands right-aligned after blanks in the eight
// characters of x, as C's %8u prints it. It is wrong unless ok.
func decimal8(x uint64) (v uint64, ok bool) {
	// A blank differs from a zero in one bit: that turns the padding into zeros.
	padding := uint64(1)<<(bits.TrailingZeros64(x^blanks)&^7) - 1
	x |= (zeros ^ blanks) & padding
	// Neither side of '0' to '9' survives both, and x is not all blanks.
	ok = ((x+0x4646464646464646)|(x-zeros))&highs == 0 && padding != ^uint64(0)
	return digits8(x & 0x0F0F0F0F0F0F0F0F), ok
}

// digits8 returns the number of eight decimal digits, each the value of a byte.
func digits8(x uint64) uint64 {
	x = (x*10 + x>>8) & 0x00FF00FF00FF00FF
	x = (x*100 + x>>16) & 0x0000FFFF0000FFFF
	return (x*10000 + x>>32) & 0xFFFFFFFF
}

// hex8 reads eight upper-case hexadecimal digits. It is wrong unless ok.
func hex8(x uint64) (v uint64, ok bool) {
	n := x&0x0F0F0F0F0F0F0F0F + 9*(x>>6&ones)
	// Printing the digits again and comparing tests all eight at once.
	letter := (n + 0x0606060606060606) >> 4 & ones
	ok = n+zeros+7*letter == x && n&0xF0F0F0F0F0F0F0F0 == 0
	n = bits.ReverseBytes64(n)
	n = (n | n>>4) & 0x00FF00FF00FF00FF
	n = (n | n>>8) & 0x0000FFFF0000FFFF
	return (n | n>>16) & 0xFFFFFFFF, ok
}

// slash returns the place of the first '/' among eight characters; 8 if they have none.
func slash(x uint64) int {
	x ^= 0x2F2F2F2F2F2F2F2F
	return bits.TrailingZeros64((x-ones)&^x&highs) / 8
}

// firstBlank returns the offset of the first blank of s; len(s) if it has none.
func firstBlank(s []byte) int {
	for i := 0; i+8 <= cap(s); i += 8 {
		x := load64(s[i:i+8]) ^ blanks
		if found := (x - ones) &^ x & highs; found != 0 || i+8 >= len(s) {
			return min(i+bits.TrailingZeros64(found)/8, len(s))
		}
	}
	if i := bytes.IndexByte(s, ' '); i >= 0 {
		return i
	}
	return len(s)
}

// digits returns how many of the eight characters of x are digits before the first
// that is not.
func digits(x uint64) int {
	x ^= zeros
	return bits.TrailingZeros64(((x+0x7676767676767676)|x)&highs) / 8
}
