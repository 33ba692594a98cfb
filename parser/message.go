package parser

import "bytes"

// isMessage reports whether line is something that pg_waldump or pg_xlogdump
// says itself: what its logging prints (src/common/logging.c), the note that
// the first record lies after the position asked for, in any of the languages
// of src/bin/pg_waldump/po, the hint to try --help, or what it and its libraries
// print without its name.
func isMessage(line []byte) bool {
	line = withoutColour(line)
	return isLogging(line) ||
		hasPrefix(line, `Try "`) && bytes.Contains(line, []byte(`--help"`)) ||
		isWithoutName(line) || isSkippingNote(line)
}

// isLogging reports whether line begins with the name of the program and a colon.
// The dynamic loader prints the program's path; Percona's program is
// pg_tde_waldump, that of Windows has .exe.
func isLogging(line []byte) bool {
	colon := bytes.Index(line, []byte(": "))
	if colon < len("waldump") || colon > 255 {
		return false
	}
	name := bytes.TrimSuffix(line[:colon], []byte(".exe"))
	name = name[bytes.LastIndexAny(name, `/\`)+1:]
	return hasPrefix(name, "pg_") && bytes.IndexByte(name, ' ') < 0 &&
		(bytes.HasSuffix(name, []byte("waldump")) || bytes.HasSuffix(name, []byte("xlogdump")))
}

// withoutName are the lines that up to PostgreSQL 15 src/common/exec.c prints with no
// name before them: what each begins and ends with. %s stands for a path. Memory
// that runs out is said by fe_memutils.c.
var withoutName = [][2]string{
	{`could not change directory to "`, ""},
	{"could not identify current directory: ", ""},
	{`could not read binary "`, `"`},
	{`could not read symbolic link "`, ""},
	{`could not find a "`, `" to execute`},
	{`could not resolve path "`, ""},
	{`invalid binary "`, ""},
	{"out of memory", ""},
	{"cannot duplicate null pointer (internal error)", ""},
}

func isWithoutName(line []byte) bool {
	if len(line) == 0 || line[0] != 'c' && line[0] != 'i' && line[0] != 'o' || bytes.Contains(line, []byte("rmgr:")) {
		return false
	}
	for _, m := range withoutName {
		if hasPrefix(line, m[0]) && bytes.HasSuffix(line, []byte(m[1])) {
			return true
		}
	}
	return false
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

// hexRun returns how many upper-case hexadecimal digits s begins with.
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
