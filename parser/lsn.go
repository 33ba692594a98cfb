package parser

import (
	"errors"
	"strconv"
)

// An LSN is a byte position in the write-ahead log (XLogRecPtr).
type LSN uint64

// ErrLSN is what [ParseLSN] returns for text that is no LSN.
var ErrLSN = errors.New(`expected an LSN like "0/1953528"`)

// ParseLSN reads an LSN as pg_lsn_in does (src/backend/utils/adt/pg_lsn.c):
// two runs of one to eight hexadecimal digits with a slash between them.
func ParseLSN(s []byte) (LSN, error) {
	hi, n := hexPrefix(s)
	if n == 0 || n > 8 || n >= len(s) || s[n] != '/' {
		return 0, ErrLSN
	}
	lo, m := hexPrefix(s[n+1:])
	if m == 0 || m > 8 || n+1+m != len(s) {
		return 0, ErrLSN
	}
	return LSN(hi<<32 | lo), nil
}

// hexPrefix reads the hexadecimal digits s begins with, of either case, and
// says how many there are; the value counts only up to sixteen of them.
func hexPrefix(s []byte) (v uint64, n int) {
	for n < len(s) {
		c := s[n]
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		default:
			return v, n
		}
		v = v<<4 | uint64(c)
		n++
	}
	return v, n
}

// AppendText appends the LSN as record lines print it: %X/%08X.
func (l LSN) AppendText(dst []byte) []byte {
	const digits = "0123456789ABCDEF"
	hi := uint32(l >> 32)
	shift := 28
	for shift > 0 && hi>>shift == 0 {
		shift -= 4
	}
	for ; shift >= 0; shift -= 4 {
		dst = append(dst, digits[hi>>shift&15])
	}
	dst = append(dst, '/')
	for shift = 28; shift >= 0; shift -= 4 {
		dst = append(dst, digits[uint32(l)>>shift&15])
	}
	return dst
}

func (l LSN) String() string { return string(l.AppendText(make([]byte, 0, 17))) }

// appendPadded appends v in decimal, right-aligned in width: C's %6u.
func appendPadded(dst []byte, v uint64, width int) []byte {
	var digits [20]byte
	s := strconv.AppendUint(digits[:0], v, 10)
	for n := width - len(s); n > 0; n-- {
		dst = append(dst, ' ')
	}
	return append(dst, s...)
}
