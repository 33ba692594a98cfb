package parser

import (
	"bytes"
	"errors"
	"math/bits"
)

// A record that holds no user text is one line: a header, an identifier, a
// description, and at the very end its block references. What stands elsewhere
// or is half a reference was cut, glued or decorated by something between
// pg_waldump and the file. Such a line is no record, since its relation would be
// lost without a word.

// shortestHeader is the length of the shortest header that there is.
const shortestHeader = len("rmgr: X len (rec/tot): 1/1, tx: 1, lsn: 0/00000001, prev 0/00000001, desc: ")

// otherLines has the beginnings of other lines of a dump.
var otherLines = [][]byte{[]byte("rmgr: "), []byte("pg_waldump: "), []byte("pg_xlogdump: ")}

// What breaks a record's line.
var (
	errLineCut   = errors.New("the line was cut: a block reference breaks off")
	errLineColor = errors.New("colour codes stand within a block reference (use grep --color=never)")
	errReference = errors.New("a block reference is damaged")
	errTwoLines  = errors.New("the line was cut, and the next dump or message begins within it")
)

// checkLine finds the block references of every form, and returns an error if the
// line is broken.
func checkLine(text []byte, e *extent) *Error {
	e.refs = 0
	if e.flags&flagBkp == 0 {
		e.flags &^= flagImage // what readLine thought
	}
	desc := text[e.desc:e.end]
	if e.flags&flagBkp == 0 {
		begin, image, err := referencesAtEnd(desc)
		if err != nil {
			return err
		}
		if begin > 0 {
			e.refs = e.desc + uint32(begin)
			desc = desc[:begin-len(", ")]
		}
		if image {
			e.flags |= flagImage
		}
	}
	if len(desc) < shortestHeader || e.refs > 0 && bytes.IndexByte(desc, '(') < 0 { // as readLine does
		return nil
	}
	for _, other := range otherLines {
		if i := bytes.Index(desc, other); i >= 0 {
			return &Error{Expected: "the end of the line", Found: string(clip(desc[i:])), Err: errTwoLines}
		}
	}
	return nil
}

// trim drops white space at the end of the record's line. pg_waldump itself ends
// some descriptions in a blank, which stays.
func trim(text []byte, e *extent) {
	if e.end == e.desc || text[e.end-1] > ' ' {
		return
	}
	desc := bytes.TrimRight(text[e.desc:e.end], " \t\r")
	end := e.desc + uint32(len(desc))
	if text[end] == ' ' && endsInBlank(e.name(text), desc) {
		end++
	}
	e.end = end
}

// endsInBlank reports whether pg_waldump prints a blank after the description:
// after the words of infobits, the locks of Standby, the members of a MultiXact.
func endsInBlank(manager, desc []byte) bool {
	if len(desc) == 0 || bytes.IndexByte(desc, '#') >= 0 { // nothing follows a block reference
		return false
	}
	switch string(manager) {
	case "Transaction", "XLOG":
		return false
	case "Standby":
		return hasPrefix(desc, "LOCK ")
	}
	c := desc[len(desc)-1]
	return 'A' <= c && c <= 'Z' || c == ')' || c == ';'
}

// isPlain reports at once that the record's line, which ends at e.end, has no block
// references and nothing left of one.
func isPlain(text []byte, e *extent) bool {
	desc := text[e.desc:e.end]
	if len(desc) == 0 {
		return true
	}
	if bytes.IndexByte(desc, '#') >= 0 || bytes.IndexByte(desc, 'k') >= 0 {
		return false
	}
	switch desc[len(desc)-1] {
	case ',', 'b', 'l': // of `, blkref`, cut
		return false
	}
	if len(desc) < shortestHeader {
		return true
	}
	// Each of the others that may stand in a line has one of these.
	ident := firstBlank(desc)
	return bytes.IndexByte(desc, '(') < 0 && bytes.IndexByte(desc[ident:], '_') < 0 && (ident == 0 || desc[ident-1] != ':')
}

var (
	wordBlkref = word(", blkref")
	wordFPW    = word(" FPW") // four bytes
)

const (
	low32 = 1<<32 - 1

	lineReach = 96                // how far readLine looks for the end of a description
	lineSlack = lineReach + 2*128 // how much text it needs
)

// readLine reads the rest of the record's line, from e.desc on: its end, and
// where its block references begin. It returns false for a line that is not like
// most, or is broken; checkLine looks closer.
//
// Most descriptions are short. Most references are in the relation's tablespace and
// database that the one before was in, have short numbers, and end with the line.
// Those take a path without a loop over characters, and without a search for the
// line's end, which takes as long as all the rest (BenchmarkCount).
func (c *relationCache) readLine(text []byte, e *extent) bool {
	begin := int(e.desc)
	if len(text)-begin < lineSlack {
		return false
	}
	at := begin
	for at < begin+lineReach {
		x := load64(text[at:])
		// The first `#`, control character, or byte that is not ASCII.
		if found := ((x ^ hashes - ones) | (x - blanks)) & highs; found != 0 {
			at += bits.TrailingZeros64(found) / 8
			break
		}
		at += 8
	}
	if text[at] != '#' {
		e.end = uint32(at)
		return text[at] == '\n' && at > begin && text[at-1] != ' ' && isPlain(text, e)
	}
	const before = len(", blkref ")
	if at < begin+before || load64(text[at-before:]) != wordBlkref || text[at-1] != ' ' || text[at+1] != '0' ||
		at > begin+shortestHeader && bytes.IndexByte(text[begin:at], '(') >= 0 {
		return false
	}
	e.refs = uint32(at - len("blkref "))
	for id := byte('0'); ; {
		b := (*[128]byte)(text[at:])
		if load64(b[:])&^0xFF00 != wordRel || !isDigit(b[1]) {
			return false
		}
		// A reference in a relation's tablespace and database that c knows, if it knows
		// any, in the short form. None of the lengths is more than 63; the masks say so to the compiler.
		i := (len("#0: rel ") + c.length) & 63
		n := digits(load64(b[i:]))
		i = (i + n) & 63
		blk := (i + len(" blk ")) & 63
		m := digits(load64(b[blk:]))
		if c.length > 0 && load64(b[8:])&c.mask[0] == c.text[0] && load64(b[16:])&c.mask[1] == c.text[1] &&
			load64(b[i:])&low40 == wordBlk && uint(n-1) < 7 && uint(m-1) < 7 {
			at += blk + m
			if load64(text[at:])&low32 == wordFPW {
				e.flags |= flagImage
				if at += len(" FPW"); text[at] == ' ' && hasPrefix(text[at:], verification) {
					at += len(verification)
				}
			}
		} else if n = c.learn(text[at-len("blkref "):at+128], e); n > 0 {
			at += n
		} else {
			return false
		}
		switch text[at] {
		case '\n':
			e.end = uint32(at)
			return true
		case '\r':
			e.end = uint32(at)
			return text[at+1] == '\n'
		}
		if len(text)-at < lineSlack || load64(text[at:]) != wordBlkref || text[at+len(", blkref")] != ' ' {
			return false
		}
		at += before
		if text[at] != '#' || text[at+1] <= id {
			return false
		}
		id = text[at+1]
	}
}

const verification = " for WAL verification"

// learn returns the length of a block reference of any form and relation, from its
// `#` on, and remembers the relation. s begins with the reference. It notes in e if
// there is an image.
func (c *relationCache) learn(s []byte, e *extent) int {
	var r BlockRef
	n := c.parse(s, &r)
	if n == 0 || r.Detailed {
		return 0
	}
	if r.FPI != 0 {
		e.flags |= flagImage
	}
	return n - len("blkref ")
}

// referencesAtEnd finds where the block references begin that desc ends with; 0 if
// it has none. image reports whether one has an image. The error says what is
// broken.
func referencesAtEnd(desc []byte) (begin int, image bool, err *Error) {
	const marker = ", blkref #"
	i := bytes.IndexByte(desc, '#')
	if i < 0 {
		return 0, false, noReferences(desc)
	}
	begin = i - len("blkref ")
	if begin < len(", ") || string(desc[begin-len(", "):i+1]) != marker {
		return 0, false, &Error{Expected: `"` + marker + `"`, Found: string(clip(desc[max(0, begin-len(", ")):])), Err: errReference}
	}
	if !hasPrefix(desc[i:], "#0") { // readLine, too, takes the first reference at its word
		if err := noReferences(desc[:begin-len(", ")]); err != nil {
			return 0, false, err
		}
	}
	var r BlockRef
	for at, id := begin, -1; ; {
		n := ParseBlockRef(desc[at:], &r)
		end := at + n
		switch {
		case n == 0 || r.Detailed || int(r.ID) <= id || end < len(desc) && !hasPrefix(desc[end:], ", "):
			return 0, false, brokenReference(desc[at:])
		case r.FPI != 0:
			image = true
		}
		if id = int(r.ID); end == len(desc) {
			return begin, image, nil
		}
		at = end + len(", ")
	}
}

// noReferences returns an error if desc, which has no `#`, holds what is left of a
// block reference.
func noReferences(desc []byte) *Error {
	if i := bytes.LastIndexByte(desc, ','); i >= 0 {
		// No description ends in a comma.
		if rest := desc[i:]; len(rest) < len(", blkref ") && bytes.HasPrefix([]byte(", blkref "), rest) {
			return &Error{Expected: "the rest of a block reference", Found: string(rest), Err: errLineCut}
		}
	}
	if bytes.IndexByte(desc, 'k') < 0 {
		return nil
	}
	i := bytes.Index(desc, []byte("blkref"))
	if i < 0 && bytes.Contains(desc, []byte(": rel ")) {
		i = bytes.Index(desc, []byte(" blk "))
	}
	if i < 0 {
		return nil
	}
	return brokenReference(desc[i:])
}

// brokenReference returns the error that says what breaks the block reference that s should begin with.
func brokenReference(s []byte) *Error {
	err := &Error{Expected: "a block reference and the end of the line", Found: string(clip(s)), Err: errReference}
	switch {
	case bytes.IndexByte(s, 0x1B) >= 0:
		err.Err = errLineColor
	case bytes.Contains(s, []byte("rmgr: ")) || bytes.Contains(s, []byte("dump: ")):
		err.Err = errTwoLines
	case breaksOff(s):
		err.Expected, err.Err = "the rest of a block reference", errLineCut
	}
	return err
}

// breaksOff reports whether s is the beginning of block references.
func breaksOff(s []byte) bool {
	var r BlockRef
	for {
		n := ParseBlockRef(s, &r)
		if n == 0 {
			return isBeginning(s, "blkref #0: rel 0/0/0 blk 0") || isBeginning(s, "blkref #0: rel 0/0/0 fork main blk 0") ||
				isBeginning(s, "blkref #0: rel 0/0/0 fork fsm blk 0") || isBeginning(s, "blkref #0: rel 0/0/0 fork vm blk 0") || isBeginning(s, "blkref #0: rel 0/0/0 fork init blk 0")
		}
		if s = s[n:]; len(s) < len(", ") || !hasPrefix(s, ", ") {
			return isBeginning(s, ", ") || isBeginning(s, " FPW for WAL verification") || r.FPI != 0 && isBeginning(s, " for WAL verification")
		}
		s = s[len(", "):]
	}
}

// isBeginning reports whether s is a beginning of what pattern stands for, in which
// each 0 is a number.
func isBeginning(s []byte, pattern string) bool {
	for i := 0; i < len(pattern); i++ {
		if len(s) == 0 {
			return true
		}
		if pattern[i] != '0' {
			if s[0] != pattern[i] {
				return false
			}
			s = s[1:]
			continue
		}
		_, n, _ := decimal(s, 0)
		if n == 0 {
			return false
		}
		s = s[n:]
	}
	return len(s) == 0
}
