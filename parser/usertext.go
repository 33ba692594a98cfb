package parser

import (
	"bytes"
	"slices"
)

// Four records print text that a user chose, raw: it may hold newlines, block
// references and whole record headers. The text alone says where such a record
// ends only together with something the record knows of itself: its length, or
// its place in the chain of prev.

// A textEnd finds the newline that ends the record e, whose first line ends at
// e.end. known is false when that cannot be said before more text is there;
// with last there is no more. Where the text ends inside the record, end is
// len(text).
type textEnd func(text []byte, e *extent, crlf, last bool) (end int, known bool)

// userText is how to end the record e, nil where it cannot hold user text.
func userText(text []byte, e *extent) textEnd {
	name := e.name(text)
	desc := text[e.desc:e.end]
	if e.flags&flagBkp != 0 {
		switch {
		case string(name) == "XLOG" && hasPrefix(desc, "restore point: "):
			return endRestorePoint
		case string(name) == "Tablespace" && hasPrefix(desc, "create tablespace: "):
			return endTablespaceCreate
		}
		return nil
	}
	switch string(name) {
	case "XLOG":
		if hasPrefix(desc, "RESTORE_POINT ") {
			return endRestorePoint
		}
	case "Transaction":
		if hasPrefix(desc, "PREPARE gid ") { // 13 and later; before, nothing is printed
			return endPrepare
		}
	case "LogicalMessage":
		if hasPrefix(desc, "MESSAGE ") && bytes.Contains(desc, []byte(`prefix "`)) { // 14 and later
			return endMessage
		}
	case "Tablespace":
		if hasPrefix(desc, "CREATE ") {
			return endTablespaceCreate
		}
	}
	return nil
}

// lineEnd finds the next newline at or behind i, -1 where there is none yet.
func lineEnd(text []byte, i int) int {
	if i > len(text) {
		return -1
	}
	if n := bytes.IndexByte(text[i:], '\n'); n >= 0 {
		return i + n
	}
	return -1
}

// withoutCRs is how long text is without the \r that Windows wrote before each
// newline, where crlf says that it did.
func withoutCRs(text []byte, crlf bool) int {
	if !crlf {
		return len(text)
	}
	return len(text) - bytes.Count(text, []byte("\r\n"))
}

// trailingCR is 1 where line ends in a \r that belongs to the line's end.
func trailingCR(line []byte, crlf bool) int {
	if crlf && len(line) > 0 && line[len(line)-1] == '\r' {
		return 1
	}
	return 0
}

// length is that of lines which end at a line end.
func length(lines []byte, crlf bool) int {
	return withoutCRs(lines, crlf) - trailingCR(lines, crlf)
}

// endRestorePoint ends XLOG/RESTORE_POINT. Its name has at most 63 bytes
// (MAXFNAMELEN - 1, src/include/access/xlog_internal.h), so it cannot hold a
// record header, which is longer. A message behind it is a message.
func endRestorePoint(text []byte, e *extent, crlf, last bool) (int, bool) {
	const maxName = 63
	name := int(e.desc) + len("RESTORE_POINT ")
	if e.flags&flagBkp != 0 {
		name = int(e.desc) + len("restore point: ")
	}
	for end := int(e.end); ; {
		// A line more needs room for the newline.
		if length(text[name:end], crlf) >= maxName {
			return end, true
		}
		next := lineEnd(text, end+1)
		if next < 0 {
			if rest := text[end+1:]; last && len(rest) > 0 && length(text[name:], crlf) <= maxName &&
				!isMessage(rest) && !hasPrefix(rest, "rmgr: ") && !hasPrefix([]byte("rmgr: "), string(rest)) {
				return len(text), true
			}
			// Enough text to know that the next line is too long is as good as all of it.
			return end, last || len(text)-name > 2*maxName
		}
		var h extent
		if isHeader(text[end+1:], &h) || length(text[name:next], crlf) > maxName || isMessage(text[end+1:next]) {
			return end, true
		}
		end = next
	}
}

// overheadFits reports whether a record of tot bytes can have that much main
// data. The rest is its header (SizeOfXLogRecord), the header of the main data,
// short up to 255 bytes, and perhaps an origin and a top-level transaction id
// (src/include/access/xlogrecord.h).
func overheadFits(tot, mainData int) bool {
	const recordHeader = 24
	dataHeader := 2
	if mainData > 255 {
		dataHeader = 5
	}
	switch tot - recordHeader - dataHeader - mainData {
	case 0, 3, 5, 8:
		return true
	}
	return false
}

// endTablespaceCreate ends Tablespace/CREATE: `%u "%s"`. The record's length
// tells the path's.
func endTablespaceCreate(text []byte, e *extent, crlf, last bool) (int, bool) {
	quote := bytes.IndexByte(text[e.desc:e.end], '"')
	if quote < 0 {
		return int(e.end), true
	}
	path := int(e.desc) + quote + 1
	fits := func(end int) bool {
		end -= trailingCR(text[path:end], crlf)
		if end <= path || text[end-1] != '"' {
			return false
		}
		mainData := 4 + withoutCRs(text[path:end-1], crlf) + 1
		if e.flags&flagBkp != 0 {
			return int(e.rec) == mainData
		}
		return overheadFits(int(e.tot), mainData)
	}
	end, known := endWhereItFits(text, e, path+2*int(e.tot), last, fits)
	if !known {
		return 0, false
	}
	// An origin and a top-level transaction id take up to eight bytes, so a path
	// may seem to end that long before it does. A record's line is longer.
	const most = 2 * 8 // with a \r before each newline
	for next := end; ; {
		if next = lineEnd(text, next+1); next < 0 {
			return end, last || len(text)-end > most
		}
		if next-end > most {
			return end, true
		}
		if fits(next) {
			end = next
		}
	}
}

// endMessage ends LogicalMessage/MESSAGE:
// `transactional, prefix "%s"; payload (%zu bytes): ` and the payload in
// hexadecimal (src/backend/access/rmgrdesc/logicalmsgdesc.c). The record's
// length tells that of prefix and payload together.
func endMessage(text []byte, e *extent, crlf, last bool) (int, bool) {
	const before, after = `prefix "`, `"; payload (`
	prefix := int(e.desc) + bytes.Index(text[e.desc:e.end], []byte(before)) + len(before)
	begin := int(e.desc)
	fits := func(end int) bool {
		line := text[max(prefix, begin):end]
		begin = end + 1
		line = line[:len(line)-trailingCR(line, crlf)]
		i := bytes.LastIndex(line, []byte(after))
		if i < 0 {
			return false
		}
		size, ok := payload(line[i+len(after):])
		if !ok {
			return false
		}
		const fixed = 24 // SizeOfLogicalMessage
		at := end - trailingCR(text[prefix:end], crlf) - len(line) + i
		return overheadFits(int(e.tot), fixed+withoutCRs(text[prefix:at], crlf)+1+size)
	}
	return endWhereItFits(text, e, prefix+3*int(e.tot)+len(after)+40, last, fits)
}

// payload reads `%zu bytes): ` and that many bytes in hexadecimal, to the end.
func payload(s []byte) (size int, ok bool) {
	n, i, ok := decimal(s, 0)
	if i == 0 || !ok || !hasPrefix(s[i:], " bytes): ") {
		return 0, false
	}
	s = s[i+len(" bytes): "):]
	if len(s) != max(0, 3*int(n)-1) {
		return 0, false
	}
	for i, c := range s {
		if i%3 == 2 && c != ' ' || i%3 != 2 && !isDigit(c) && (c < 'A' || c > 'F') {
			return 0, false
		}
	}
	return int(n), true
}

// endWhereItFits ends a record at the first line end that fits its length,
// among those that lie before far, which no text of that length can reach. A
// record without one is unfinished: it goes on to the next header.
func endWhereItFits(text []byte, e *extent, far int, last bool, fits func(end int) bool) (int, bool) {
	if e.flags&flagTotRange != 0 {
		far = 0 // no record is that long
	}
	for end := int(e.end); end >= 0 && end < far; end = lineEnd(text, end+1) {
		if fits(end) {
			return end, true
		}
	}
	if len(text) < far && !last {
		return 0, false
	}
	for end := int(e.end); ; {
		var h extent
		if isHeader(text[end+1:], &h) {
			return end, true
		}
		next := lineEnd(text, end+1)
		switch {
		case next < 0 && last && end+1 < len(text):
			return len(text), true
		case next < 0:
			return end, last
		}
		end = next
	}
}

// endPrepare ends Transaction/PREPARE: `gid %s: <timestamp>...`
// (src/backend/access/rmgrdesc/xactdesc.c). A gid has at most 199 bytes
// (GIDSIZE - 1), which is room for a record header. The record cannot end before
// a timestamp; where it could end at several lines, the next record's prev says
// which, since it names this record.
func endPrepare(text []byte, e *extent, crlf, last bool) (int, bool) {
	gid := int(e.desc) + len("PREPARE gid ")
	var room [8]int
	ends, known := prepareEnds(room[:0], text, int(e.end), gid, crlf, last)
	if !known {
		return 0, false
	}
	if len(ends) == 0 {
		if last && gidIsCut(text, int(e.end), gid, crlf) {
			return len(text), true
		}
		return int(e.end), true
	}
	far := ends[len(ends)-1]
	if len(ends) > 1 && !last && lineEnd(text, far+1) < 0 {
		return 0, false
	}
	for _, end := range ends[:len(ends)-1] {
		if plausibleEnd(text, e, end, ends) {
			return end, true
		}
	}
	return far, true
}

// gidIsCut reports whether a gid without a time behind it may go on to where the
// text is cut.
func gidIsCut(text []byte, end, gid int, crlf bool) bool {
	line := bytes.LastIndexByte(text, '\n') + 1
	return line < len(text) && line-gid <= 2*maxGID && length(text[gid:line-1], crlf) < maxGID &&
		FirstRecord(text, end+1, len(text)) < 0
}

// maxGID is GIDSIZE - 1 (src/include/access/xact.h).
const maxGID = 199

// prepareEnds appends the line ends at which the text of a PREPARE whose gid
// begins at gid is complete.
func prepareEnds(ends []int, text []byte, end, gid int, crlf, last bool) (_ []int, known bool) {
	begin := gid
	for {
		if timestampBehindGID(text[gid:end], begin-gid, crlf) {
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

// timestampBehindGID reports whether the line of text that begins at begin has
// `: <timestamp>` at a place where the gid before it is not too long.
func timestampBehindGID(text []byte, begin int, crlf bool) bool {
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
// explains other lines, or a message with the time that a gid has behind it.
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

// plausible reports whether the header h may be the record behind e, rather than
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
	return h.startLSN > e.startLSN && h.prevLSN >= e.startLSN
}
