package parser

import (
	"bytes"
	"encoding/binary"
	"unicode/utf8"
	"unsafe"
)

// A String is a string of a column, in the 16 bytes that DuckDB's duckdb_string_t
// has: the length, then the text itself up to 12 bytes, or its first four bytes
// and where it is. Here that is its offset in the column's Arena, 64 bits wide;
// whoever moves the arena adds the address.
type String struct {
	Length uint32
	Prefix [4]byte
	Rest   [8]byte // bytes 5 to 12 of a short text, or the offset
}

const inlined = 12

// IsInlined reports whether the text is within the String itself.
func (s *String) IsInlined() bool { return s.Length <= inlined }

// Text is the string's text. It is valid until s or the arena change.
func (s *String) Text(arena []byte) []byte {
	if s.IsInlined() {
		return unsafe.Slice(&s.Prefix[0], inlined)[:s.Length]
	}
	at := binary.LittleEndian.Uint64(s.Rest[:])
	return arena[at : at+uint64(s.Length)]
}

// A Strings column holds the strings of one batch. It is wanted if Rows is not
// nil.
type Strings struct {
	Rows  []String
	Valid []uint64 // a bit a row, 0 for NULL; nil where the column has none
	Arena []byte   // the text of the strings that are not inlined

	Repaired int // bytes that were no valid UTF-8
}

func (c *Strings) wanted() bool { return c.Rows != nil }

// Set puts text into row i: as UTF-8, each byte that is none of it as \xHH.
func (c *Strings) Set(i int, text []byte) {
	s := &c.Rows[i]
	if len(text) <= inlined {
		lo, hi := first16(text)
		if (lo|hi)&highs == 0 {
			p := (*[2]uint64)(unsafe.Pointer(s))
			p[0] = uint64(len(text)) | lo<<32
			p[1] = lo>>32 | hi<<32
			return
		}
	}
	at := len(c.Arena)
	c.Arena = append(c.Arena, text...)
	if !isASCII(text) && !utf8.Valid(text) {
		c.Arena = c.repair(c.Arena[:at], text)
	}
	c.finish(s, at)
}

// first16 is the first sixteen bytes of a text of at most that many, zeros
// behind it.
func first16(text []byte) (lo, hi uint64) {
	if cap(text) < 16 {
		var b [16]byte
		copy(b[:], text)
		return load64(b[:]), load64(b[8:])
	}
	b := text[:16]
	lo, hi = load64(b), load64(b[8:])
	if n := len(text); n < 8 {
		return lo & (1<<(8*n) - 1), 0
	} else {
		return lo, hi & (1<<(8*n-64) - 1)
	}
}

// finish makes s the string of what was appended to the arena since at.
func (c *Strings) finish(s *String, at int) {
	text := c.Arena[at:]
	*s = String{Length: uint32(len(text))}
	if len(text) <= inlined {
		copy(unsafe.Slice(&s.Prefix[0], inlined), text)
		c.Arena = c.Arena[:at]
		return
	}
	copy(s.Prefix[:], text)
	binary.LittleEndian.PutUint64(s.Rest[:], uint64(at))
}

// SetNull makes row i NULL. The string stays a valid, empty one.
func (c *Strings) SetNull(i int) {
	c.Rows[i] = String{}
	setNull(c.Valid, i)
}

func setNull(valid []uint64, i int) { valid[i>>6] &^= 1 << (i & 63) }

// repair appends text with every byte that is no part of valid UTF-8 written as
// \xHH, so that none is lost.
func (c *Strings) repair(dst, text []byte) []byte {
	const digits = "0123456789ABCDEF"
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		if r == utf8.RuneError && n == 1 {
			dst = append(dst, '\\', 'x', digits[text[0]>>4], digits[text[0]&15])
			c.Repaired++
		} else {
			dst = append(dst, text[:n]...)
		}
		text = text[n:]
	}
	return dst
}

func isASCII(s []byte) bool {
	for len(s) >= 32 {
		if (load64(s)|load64(s[8:])|load64(s[16:])|load64(s[24:]))&highs != 0 {
			return false
		}
		s = s[32:]
	}
	for len(s) >= 8 {
		if load64(s)&highs != 0 {
			return false
		}
		s = s[8:]
	}
	for _, c := range s {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func indexByteFrom(s []byte, c byte, from int) int {
	if i := bytes.IndexByte(s[from:], c); i >= 0 {
		return from + i
	}
	return -1
}
