package parser

import "bytes"

// FirstRecord finds where a block begins: the first record header at the start
// of a line of text[from:to], -1 where there is none. What it finds is not a
// record if a record before it has a user's text open there; [Index.Scan] over
// the block before says where its last record really ends.
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

// LastRecord finds the last record header at the start of a line of text, -1
// where there is none. Like [FirstRecord] it may be misled by a user's text.
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
