package parser

import "bytes"

// isMessage reports whether line is something that pg_waldump or pg_xlogdump
// says itself: what its logging prints (src/common/logging.c), the note that
// the first record lies behind the position asked for, in any of the languages
// of src/bin/pg_waldump/po, or the hint to try --help.
func isMessage(line []byte) bool {
	line = withoutColour(line)
	return hasPrefix(line, "pg_waldump: ") || hasPrefix(line, "pg_xlogdump: ") ||
		hasPrefix(line, `Try "`) && bytes.Contains(line, []byte(`--help"`)) ||
		isSkippingNote(line)
}

// withoutColour drops the SGR sequences that PG_COLOR=always puts before a
// message: ESC [ ... m.
func withoutColour(line []byte) []byte {
	for len(line) > 2 && line[0] == 0x1B && line[1] == '[' {
		end := bytes.IndexByte(line, 'm')
		if end < 0 {
			break
		}
		line = line[end+1:]
	}
	return line
}

// recordWords are words of a record line. A line with one of them is a damaged
// record and no translated message.
var recordWords = [][]byte{[]byte("rmgr:"), []byte("(rec/tot)"), []byte("lsn:"), []byte("prev "), []byte("desc:"), []byte("blkref")}

// isSkippingNote reports whether line is `first record is after %X/%X, at
// %X/%X, skipping over %u bytes` in some language: two LSNs and one number.
// Up to PostgreSQL 16 it has no prefix and goes to the standard output.
func isSkippingNote(line []byte) bool {
	const longest = 512 // ten times what any translation needs
	if len(line) > longest {
		return false
	}
	lsns, numbers := 0, 0
	for i := 0; i < len(line); {
		hi := hexRun(line[i:])
		if hi == 0 {
			i++
			continue
		}
		if i+hi < len(line) && line[i+hi] == '/' && hi <= 8 {
			if lo := hexRun(line[i+hi+1:]); 0 < lo && lo <= 8 {
				lsns++
				i += hi + 1 + lo
				continue
			}
		}
		if isNumber(line[i : i+hi]) {
			numbers++
		}
		i += hi
	}
	if lsns != 2 || numbers != 1 {
		return false
	}
	for _, w := range recordWords {
		if bytes.Contains(line, w) {
			return false
		}
	}
	return true
}

// hexRun is how many upper-case hexadecimal digits s begins with.
func hexRun(s []byte) int {
	n := 0
	for n < len(s) && (isDigit(s[n]) || 'A' <= s[n] && s[n] <= 'F') {
		n++
	}
	return n
}

func isNumber(s []byte) bool {
	for _, c := range s {
		if !isDigit(c) {
			return false
		}
	}
	return true
}
