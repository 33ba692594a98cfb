package parser

import (
	"bytes"
	"slices"
)

// endPrepare ends Transaction/PREPARE: `gid %s: <timestamp>...`
// (src/backend/access/rmgrdesc/xactdesc.c). A gid has at most 199 bytes
// (GIDSIZE - 1), which is room for a record header. The record cannot end before
// a timestamp; where it could end at several lines, the next record's prev says
// which, since it names this record.
func endPrepare(text []byte, e *extent, crlf, last bool) (int, ending) {
	gid := int(e.desc) + len("PREPARE gid ")
	var room [8]int
	ends, known := prepareEnds(room[:0], text, int(e.end), gid, crlf, last)
	if !known {
		return 0, endUnknown
	}
	if len(ends) == 0 {
		if last && gidGoesOn(text, e, gid, crlf) {
			return len(text), endCut
		}
		return int(e.end), endBroken
	}
	far := ends[len(ends)-1]
	if last && gidIsCut(text, e, far, gid, crlf) {
		return len(text), endCut
	}
	if len(ends) < 2 {
		return far, endWhole
	}
	if !last && lineEnd(text, far+1) < 0 {
		return 0, endUnknown
	}
	for _, end := range ends[:len(ends)-1] {
		if plausibleEnd(text, e, end, ends) {
			return end, endWhole
		}
	}
	return far, endWhole
}

// gidGoesOn reports whether the gid of e, which has no time after it, may go on
// after the end of the text.
func gidGoesOn(text []byte, e *extent, gid int, crlf bool) bool {
	if line := bytes.LastIndexByte(text, '\n'); length(text[gid:line], crlf) >= maxGID {
		return false
	}
	for at := int(e.end) + 1; at > 0; at = lineEnd(text, at) + 1 {
		var h extent
		if isHeader(text[at:], &h) && follows(e, &h) {
			return false
		}
	}
	return true
}

// gidIsCut reports whether the gid of e, which might end at the line end at end,
// goes on after it, to where the text is cut within a line.
func gidIsCut(text []byte, e *extent, end, gid int, crlf bool) bool {
	line := bytes.LastIndexByte(text, '\n') + 1
	if line == len(text) || line-gid > 2*maxGID || length(text[gid:line-1], crlf) >= maxGID || mayBeginLine(text[line:]) {
		return false
	}
	for at := end + 1; at > 0; at = lineEnd(text, at) + 1 {
		var h extent
		if isHeader(text[at:], &h) && follows(e, &h) || isMessage(firstLine(text[at:])) {
			return false
		}
	}
	return true
}

// maxGID is GIDSIZE - 1 (src/include/access/xact.h).
const maxGID = 199

// prepareEnds appends the line ends at which the text of a PREPARE whose gid
// begins at gid is complete.
func prepareEnds(ends []int, text []byte, end, gid int, crlf, last bool) (_ []int, known bool) {
	begin := gid
	for {
		if timestampAfterGID(text[gid:end], begin-gid, crlf) {
			ends = append(ends, end)
		}
		if length(text[gid:end], crlf) >= maxGID {
			return ends, true
		}
		next := lineEnd(text, end+1)
		if next < 0 {
			return ends, last
		}
		begin, end = end+1, next
	}
}

// timestampAfterGID reports whether the line of text that begins at begin has
// `: <timestamp>` at a place where the gid before it is not too long.
func timestampAfterGID(text []byte, begin int, crlf bool) bool {
	longest := maxGID + begin - withoutCRs(text[:begin], crlf)
	for i := begin; i <= longest && i < len(text); i++ {
		if text[i] == ':' && i+1 < len(text) && text[i+1] == ' ' && isTimestamp(text[i+2:]) {
			return true
		}
	}
	return false
}

// isTimestamp reports whether s begins with `YYYY-MM-DD HH:MM:SS.`.
func isTimestamp(s []byte) bool {
	_, year, _ := decimal(s, 0)
	if year < 4 {
		return false
	}
	const shape = "-dd-dd dd:dd:dd."
	if len(s) < year+len(shape) {
		return false
	}
	for i, want := range []byte(shape) {
		if c := s[year+i]; want == 'd' && !isDigit(c) || want != 'd' && c != want {
			return false
		}
	}
	return true
}

// plausibleEnd reports whether e may end at end, before the last of ends: if
// what follows is a record, or messages and then a record. Nothing but a gid
// explains other lines, or a message with the time that follows a gid.
func plausibleEnd(text []byte, e *extent, end int, ends []int) bool {
	for far := ends[len(ends)-1]; ; {
		var h extent
		if isHeader(text[end+1:], &h) {
			return plausible(text, e, &h, far)
		}
		line := firstLine(text[end+1:])
		if end += 1 + len(line); slices.Contains(ends, end) || !isMessage(line) {
			return false
		}
	}
}

// plausible reports whether the header h may be the record after e, rather than
// text of e's gid, which then would end at far.
func plausible(text []byte, e, h *extent, far int) bool {
	var r extent
	if isHeader(text[far+1:], &r) {
		switch r.prevLSN {
		case e.startLSN: // nothing lies between them
			return false
		case h.startLSN: // whatever h's own LSN is: another dump may begin with it
			return true
		}
	}
	return follows(e, h)
}
