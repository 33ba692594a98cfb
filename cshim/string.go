package cshim

import "unsafe"

// InlineLength is how many bytes a [String] holds without pointing anywhere.
const InlineLength = 12

// String is a VARCHAR as it lies in a vector. Up to InlineLength bytes lie in Prefix and Rest,
// padded with zeros; of a longer text Prefix has the first four bytes, and Rest says where it is:
// in DuckDB's memory, or, in rows written for [Vector.SetStrings], at which offset of the arena.
type String struct {
	Len    uint32
	Prefix [4]byte
	Rest   uint64
}

// Bytes returns the text of an input string. It lies in DuckDB's memory (for a short text in s
// itself) and must not be kept or changed.
func (s *String) Bytes() []byte {
	if s.Len <= InlineLength {
		return unsafe.Slice(&s.Prefix[0], s.Len)
	}
	return unsafe.Slice(*(**byte)(unsafe.Pointer(&s.Rest)), s.Len)
}

// ListEntry is a LIST as it lies in a vector: a range of rows of the child vector.
type ListEntry struct{ Offset, Length uint64 }
