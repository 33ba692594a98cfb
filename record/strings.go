package record

import (
	"bytes"
	"encoding/binary"
	"unicode/utf8"
	"unsafe"
)

// A String is a string of a column, laid out in 16 bytes like DuckDB's
// duckdb_string_t: the length, then up to 12 bytes of text, or the first four
// bytes and a pointer. Here the pointer is a 64-bit offset in the column's Arena;
// cshim adds the arena's address when it moves the arena to DuckDB.
type String struct {
	Length uint32
	Prefix [4]byte
	Rest   [8]byte // bytes 5 to 12 of a short text, or the offset
}

const inlined = 12

// IsInlined reports whether the text is within the String itself.
func (s *String) IsInlined() bool { return s.Length <= inlined }

// Text returns the string's text. It is valid until s or the arena changes.
func (s *String) Text(arena []byte) []byte {
	if s.IsInlined() {
		return unsafe.Slice(&s.Prefix[0], inlined)[:s.Length]
	}
	at := binary.LittleEndian.Uint64(s.Rest[:])
	return arena[at : at+uint64(s.Length)]
}

// Strings holds a column of texts. It is wanted if Rows is not nil.
type Strings struct {
	Rows  []String
	Valid []uint64 // one bit per row, 0 for NULL; nil where the column has no NULL
	Arena []byte   // the text of the strings that are longer than 12 bytes
}

// Wanted reports whether the caller supplied memory for the column.
func (c *Strings) Wanted() bool { return c.Rows != nil }

// Set writes text into row i. Each byte that is not part of valid UTF-8 becomes
// \xHH.
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
		c.Arena = repair(c.Arena[:at], text)
	}
	c.finish(s, at)
}

// first16 returns the first sixteen bytes of a text of at most sixteen, padded
// with zeros.
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

// SetAppended makes row i the string of the bytes that were appended to Arena
// since its length was at. They must be valid UTF-8; see [Strings.SetRepaired].
func (c *Strings) SetAppended(i, at int) { c.finish(&c.Rows[i], at) }

// SetRepaired does SetAppended's work for bytes that may not be valid UTF-8.
func (c *Strings) SetRepaired(i, at int) {
	if text := c.Arena[at:]; !isASCII(text) && !utf8.Valid(text) {
		c.Arena = repair(c.Arena[:at], bytes.Clone(text))
	}
	c.finish(&c.Rows[i], at)
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

// repair appends text to dst. Each byte that is not part of valid UTF-8 becomes
// \xHH, so that none is lost.
func repair(dst, text []byte) []byte {
	const digits = "0123456789ABCDEF"
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		if r == utf8.RuneError && n == 1 {
			dst = append(dst, '\\', 'x', digits[text[0]>>4], digits[text[0]&15])
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

// highs has the highest bit of each of eight bytes. ASCII has none of them set.
const highs = 0x8080808080808080

func load64(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }

// Inline returns texts of at most 12 bytes as Strings that need no arena.
func Inline(texts ...string) []String {
	c := Strings{Rows: make([]String, len(texts))}
	for i, text := range texts {
		c.Set(i, []byte(text))
	}
	return c.Rows
}
