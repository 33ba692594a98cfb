package desc

import (
	"encoding/binary"
	"math/bits"
)

// pairs holds the two digits of 0 to 99.
const pairs = "00010203040506070809101112131415161718192021222324252627282930313233343536373839" +
	"4041424344454647484950515253545556575859606162636465666768697071727374757677787980" +
	"81828384858687888990919293949596979899"

const hexDigits = "0123456789ABCDEF"

var powers = [20]uint64{
	1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9,
	1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
}

// digits returns how many decimal digits v has.
func digits(v uint64) int {
	n := bits.Len64(v|1) * 1233 >> 12 // log10(2) = 1233/4096
	if v >= powers[n] {
		n++
	}
	return max(n, 1)
}

// grow makes dst n bytes longer.
func grow(dst []byte, n int) []byte {
	if cap(dst)-len(dst) >= n {
		return dst[:len(dst)+n]
	}
	return append(dst, make([]byte, n)...)
}

// appendUint appends v in decimal: %u. It may write up to seven bytes after the result
// where dst has room.
func appendUint(dst []byte, v uint64) []byte {
	if v < 10 {
		return append(dst, byte('0'+v))
	}
	at := len(dst)
	if v < 1e8 && cap(dst)-at >= 8 {
		eight := eightDigits(uint32(v))
		zeros := bits.TrailingZeros64(eight) / 8
		binary.LittleEndian.PutUint64(dst[at:at+8], (eight|asDigits)>>(8*zeros))
		return dst[:at+8-zeros]
	}
	n := digits(v)
	dst = grow(dst, n)
	putUint(dst[at:], v)
	return dst
}

// What makes eight numbers below ten digits, and eight digits blanks.
const (
	asDigits = 0x3030303030303030
	toBlanks = 0x1010101010101010
)

// eightDigits returns the decimal digits of v, which is below 1e8, one in each byte: the
// first is the lowest. It takes two, four and eight digits apart at a time.
func eightDigits(v uint32) uint64 {
	high, low := v/10000, v%10000
	fours := uint64(high) | uint64(low)<<32
	hundreds := fours * 10486 >> 20 & 0x0000007F_0000007F // 1/100
	pairs := hundreds + (fours-100*hundreds)<<16
	tens := pairs * 103 >> 10 & 0x000F000F_000F000F // 1/10
	return tens + (pairs-10*tens)<<8
}

// putSix writes v, which is below 1e6, right-aligned into six bytes: %6u.
func putSix(b []byte, v uint32) {
	eight := eightDigits(v)
	zeros := bits.TrailingZeros64(eight|1<<56) &^ 7 // the last digit is printed even if it is 0
	eight |= asDigits
	eight ^= toBlanks & (1<<zeros - 1)
	binary.LittleEndian.PutUint32(b, uint32(eight>>16))
	binary.LittleEndian.PutUint16(b[4:], uint16(eight>>48))
}

// putUint writes v's digits, right-aligned, and leaves what is left of b as it is.
func putUint(b []byte, v uint64) {
	i := len(b)
	for v >= 100 {
		q := v / 100
		r := 2 * (v - 100*q)
		i -= 2
		b[i], b[i+1] = pairs[r], pairs[r+1]
		v = q
	}
	if v >= 10 {
		b[i-2], b[i-1] = pairs[2*v], pairs[2*v+1]
	} else {
		b[i-1] = byte('0' + v)
	}
}

// appendInt appends v in decimal: %d.
func appendInt(dst []byte, v int64) []byte {
	if v < 0 {
		return appendUint(append(dst, '-'), -uint64(v))
	}
	return appendUint(dst, uint64(v))
}

// appendPadded appends v, right-aligned in width: %6u.
func appendPadded(dst []byte, v uint64, width int) []byte {
	n := max(digits(v), width)
	dst = grow(dst, n)
	b := dst[len(dst)-n:]
	for i := range b {
		b[i] = ' '
	}
	putUint(b, v)
	return dst
}

// appendHex2 appends %02X.
func appendHex2(dst []byte, v byte) []byte {
	return append(dst, hexDigits[v>>4], hexDigits[v&15])
}

// appendPair appends "high:low" of the two halves of v, as full transaction ids are
// printed.
func appendPair(dst []byte, v uint64) []byte {
	return appendUint(append(appendUint(dst, v>>32), ':'), v&0xFFFFFFFF)
}

// appendEach appends every u32 of list after a blank: " %u" each.
func appendEach(dst, list []byte) []byte {
	for i := range len(list) / 4 {
		dst = appendUint(append(dst, ' '), uint64(load32(list, i)))
	}
	return dst
}
