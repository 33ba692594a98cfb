package parser

import (
	"bytes"
	"math"
	"math/bits"
	"strconv"
)

// A cursor reads a line from left to right, off the hot path, and keeps the
// first thing it did not find; after that it stands still.
type cursor struct {
	line []byte
	at   int
	err  *Error
}

func (c *cursor) fail(expected string) {
	if c.err == nil {
		c.err = &Error{Expected: expected, Found: string(clip(firstLine(c.line[c.at:])))}
	}
}

func (c *cursor) literal(want string) {
	if c.err != nil {
		return
	}
	if !hasPrefix(c.line[c.at:], want) {
		c.fail(strconv.Quote(want))
		return
	}
	c.at += len(want)
}

func (c *cursor) blanks() {
	for c.at < len(c.line) && c.line[c.at] == ' ' {
		c.at++
	}
}

// decimal reads a run of digits; ok is whether their number fits 32 bits.
func (c *cursor) decimal() (v uint32, ok bool) {
	if c.err != nil {
		return 0, true
	}
	n, end, ok := decimal(c.line, c.at)
	if end == c.at {
		c.fail("a number")
		return 0, true
	}
	c.at = end
	return n, ok
}

// decimal reads the digits at b[i:] and says where they end; ok is whether
// their number fits 32 bits. It may load bytes after b, if b has capacity for them,
// but does not use them.
func decimal(b []byte, i int) (v uint32, end int, ok bool) {
	if i+8 <= cap(b) && i <= len(b) {
		// Up to seven digits at once, without a branch that depends on how many.
		x := load64(b[i:i+8]) ^ zeros
		n := min(bits.TrailingZeros64(((x+0x7676767676767676)|x)&highs)/8, len(b)-i)
		if n < 8 {
			return uint32(digits8(x << (64 - 8*n))), i + n, true
		}
	}
	n := uint64(0)
	ok = true
	for i < len(b) && isDigit(b[i]) {
		n = n*10 + uint64(b[i]-'0')
		if n > math.MaxUint32 {
			n, ok = math.MaxUint32, false
		}
		i++
	}
	return uint32(n), i, ok
}

func (c *cursor) lsn() uint64 {
	if c.err != nil {
		return 0
	}
	hi, n := upperHex(c.line[c.at:])
	if n == 0 || n > 8 || c.at+n >= len(c.line) || c.line[c.at+n] != '/' {
		c.fail("an LSN")
		return 0
	}
	lo, m := upperHex(c.line[c.at+n+1:])
	if m < 8 {
		c.fail("an LSN")
		return 0
	}
	c.at += n + 9
	return hi<<32 | lo
}

// upperHex reads at most nine upper-case hexadecimal digits; the value is that
// of the first eight.
func upperHex(s []byte) (v uint64, n int) {
	for n < len(s) && n < 9 {
		d := s[n]
		switch {
		case isDigit(d):
			d -= '0'
		case 'A' <= d && d <= 'F':
			d -= 'A' - 10
		default:
			return v, n
		}
		if n < 8 {
			v = v<<4 | uint64(d)
		}
		n++
	}
	return v, n
}

func isSpace(b byte) bool { return b == ' ' || '\t' <= b && b <= '\r' }

func hasPrefix(b []byte, s string) bool { return len(b) >= len(s) && string(b[:len(s)]) == s }

func firstLine(b []byte) []byte {
	if i := bytes.IndexByte(b, '\n'); i >= 0 {
		return b[:i]
	}
	return b
}
