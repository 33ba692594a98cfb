package record

import "errors"

// An LSN is a byte position in the write-ahead log (XLogRecPtr).
type LSN uint64

// ErrLSN says that the text given to [ParseLSN] is not an LSN.
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

// hexPrefix reads the hexadecimal digits, of either case, at the start of s. It
// returns their value, right for up to sixteen digits, and their number.
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

const hexDigits = "0123456789ABCDEF"

// AppendText appends the LSN as record lines print it: %X/%08X.
func (l LSN) AppendText(dst []byte) []byte {
	if high := uint32(l >> 32); high < 16 {
		dst = append(dst, hexDigits[high], '/')
	} else {
		dst = append(appendHex(dst, high), '/')
	}
	low := uint32(l)
	return append(dst,
		hexDigits[low>>28], hexDigits[low>>24&15], hexDigits[low>>20&15], hexDigits[low>>16&15],
		hexDigits[low>>12&15], hexDigits[low>>8&15], hexDigits[low>>4&15], hexDigits[low&15])
}

// AppendShort appends the LSN without padding, %X/%X, as PostgreSQL up to 18
// prints it in descriptions and messages.
func (l LSN) AppendShort(dst []byte) []byte {
	return appendHex(append(appendHex(dst, uint32(l>>32)), '/'), uint32(l))
}

// appendHex appends v as C's %X prints it.
func appendHex(dst []byte, v uint32) []byte {
	shift := 28
	for shift > 0 && v>>shift == 0 {
		shift -= 4
	}
	for ; shift >= 0; shift -= 4 {
		dst = append(dst, hexDigits[v>>shift&15])
	}
	return dst
}

// MarshalText returns the LSN as String does, so that it is a text in JSON.
func (l LSN) MarshalText() ([]byte, error) { return l.AppendText(nil), nil }

// UnmarshalText reads an LSN as [ParseLSN] does.
func (l *LSN) UnmarshalText(text []byte) (err error) {
	*l, err = ParseLSN(text)
	return err
}

func (l LSN) String() string { return string(l.AppendText(make([]byte, 0, 17))) }
