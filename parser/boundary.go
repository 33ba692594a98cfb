package parser

import "bytes"

// FirstRecord returns the offset of the first record header at the start of a line of
// text[from:to]; -1 if there is no header. If a record before it holds a user's text,
// the header may be a part of that text: [Index.Scan] over the chunk before tells where
// its last record really ends.
func FirstRecord(text []byte, from, to int) int {
	var e extent
	for from < to && from < len(text) {
		if isHeader(text[from:], &e) {
			return from
		}
		n := bytes.IndexByte(text[from:], '\n')
		if n < 0 {
			break
		}
		from += n + 1
	}
	return -1
}

// LastRecord returns the offset of the last record header at the start of a line of
// text; -1 if there is no header. A user's text may mislead it, as [FirstRecord].
func LastRecord(text []byte) int {
	var e extent
	for end := len(text); end > 0; {
		begin := bytes.LastIndexByte(text[:end-1], '\n') + 1
		if isHeader(text[begin:], &e) {
			return begin
		}
		end = begin
	}
	return -1
}
