package parser

import "bytes"

// Four records print text that a user chose, raw: it may hold newlines, block
// references and whole record headers. The text alone says where such a record
// ends only together with something the record knows of itself: its length, or
// its place in the chain of prev.
//
// Some things the text cannot tell at all:
//   - A line after a restore point that has room in its name is read as part of the
//     name, unless it is like a message of pg_waldump: then it is read as a message.
//   - In a dump that leaves records out, a gid that holds a time, a line end and a
//     record with a time is read as two records if their LSNs could be.
//   - Where a dump ends with a line end inside a gid that looks complete there, or
//     inside the name of a restore point, its last record has what is there.

// A textEnd finds the newline that ends the record e, whose first line ends at
// e.end, and says how it is known. With last there is no more text.
type textEnd func(text []byte, e *extent, crlf, last bool) (end int, how ending)

// An ending tells how a record with a user's text ends.
type ending uint8

const (
	endUnknown ending = iota // that cannot be said before there is more text
	endWhole                 // at end
	endBroken                // its text does not agree with its length: it is no record
	endCut                   // the text ends inside the record
)

// ifKnown returns endWhole if known.
func ifKnown(known bool) ending {
	if known {
		return endWhole
	}
	return endUnknown
}

// userText returns the function that finds the end of the record e; nil if the record
// cannot hold user text. e.end need not be known yet.
func userText(text []byte, e *extent) textEnd {
	name := e.name(text)
	desc := text[e.desc:]
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
		if hasPrefix(desc, "MESSAGE ") && bytes.Contains(firstLine(desc), []byte(`prefix "`)) { // 14 and later
			return endMessage
		}
	case "Tablespace":
		if hasPrefix(desc, "CREATE ") {
			return endTablespaceCreate
		}
	}
	return nil
}

// lineEnd returns the offset of the next newline at or after i; -1 if text has no more.
func lineEnd(text []byte, i int) int {
	if i > len(text) {
		return -1
	}
	if n := bytes.IndexByte(text[i:], '\n'); n >= 0 {
		return i + n
	}
	return -1
}

// withoutCRs returns the length of text. With crlf, it does not count the \r that
// Windows wrote before each newline.
func withoutCRs(text []byte, crlf bool) int {
	if !crlf {
		return len(text)
	}
	return len(text) - bytes.Count(text, []byte("\r\n"))
}

// trailingCR returns 1 if line ends in a \r that belongs to the line's end, as crlf says,
// else 0.
func trailingCR(line []byte, crlf bool) int {
	if crlf && len(line) > 0 && line[len(line)-1] == '\r' {
		return 1
	}
	return 0
}

// length returns the length of lines without the \r of their line ends, the last one's
// included.
func length(lines []byte, crlf bool) int {
	return withoutCRs(lines, crlf) - trailingCR(lines, crlf)
}

// endRestorePoint ends XLOG/RESTORE_POINT. Its name has at most 63 bytes
// (MAXFNAMELEN - 1, src/include/access/xlog_internal.h), so it cannot hold a
// record header, which is longer. A message after it is a message.
func endRestorePoint(text []byte, e *extent, crlf, last bool) (int, ending) {
	const maxName = 63
	name := int(e.desc) + len("RESTORE_POINT ")
	if e.flags&flagBkp != 0 {
		name = int(e.desc) + len("restore point: ")
	}
	if length(text[name:e.end], crlf) > maxName {
		return int(e.end), endBroken
	}
	// A message belongs to the name only if something after it does, which nothing
	// but a name explains.
	for end, at := int(e.end), int(e.end); ; {
		// A line more needs room for the newline.
		if length(text[name:at], crlf) >= maxName {
			return end, endWhole
		}
		next := lineEnd(text, at+1)
		if next < 0 {
			if rest := text[at+1:]; last && length(text[name:], crlf) <= maxName && !mayBeginLine(rest) {
				return len(text), endCut
			}
			// Enough text to know that the next line is too long is as good as all of it.
			// Every byte of a name may be a newline, with a \r before it.
			return end, ifKnown(last || len(text)-name > 2*maxName+len("\r"))
		}
		var h extent
		if isHeader(text[at+1:], &h) || length(text[name:next], crlf) > maxName {
			return end, endWhole
		}
		line := text[at+1 : next]
		if !isMessage(line) && (at == end || length(line, crlf) > 0) {
			end = next
		}
		at = next
	}
}

// mayBeginLine reports whether rest, the last line of a text that ends within it,
// may be the beginning of a record or a message; or it is empty.
func mayBeginLine(rest []byte) bool {
	const record = "rmgr: "
	return hasPrefix(rest, record) || string(rest) == record[:min(len(rest), len(record))] || isMessage(rest)
}

// recordHeader is SizeOfXLogRecord (src/include/access/xlogrecord.h).
const recordHeader = 24

// overheadFits reports whether a record of tot bytes can have that much main
// data. The rest is its header (SizeOfXLogRecord), the header of the main data,
// short up to 255 bytes, and perhaps an origin and a top-level transaction id
// (src/include/access/xlogrecord.h).
func overheadFits(tot, mainData int) bool {
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
func endTablespaceCreate(text []byte, e *extent, crlf, last bool) (int, ending) {
	quote := bytes.IndexByte(text[e.desc:e.end], '"')
	if quote < 0 {
		return int(e.end), endBroken
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
	end, how := endWhereItFits(text, e, path+2*int(e.tot), last, fits)
	if how != endWhole {
		return end, how
	}
	// An origin and a top-level transaction id take up to eight bytes, so a path
	// may seem to end that long before it does. A record's line is longer.
	const most = 2 * 8 // with a \r before each newline
	for at := end + 1; ; {
		next := lineEnd(text, at)
		switch {
		case next < 0 && last && len(text)-end <= most && !mayBeginLine(text[at:]):
			return len(text), endCut
		case next < 0:
			return end, ifKnown(last || len(text)-end > most)
		case next-end > most:
			return end, endWhole
		case fits(next):
			end = next
		}
		at = next + 1
	}
}

// endMessage ends LogicalMessage/MESSAGE:
// `transactional, prefix "%s"; payload (%zu bytes): ` and the payload in
// hexadecimal (src/backend/access/rmgrdesc/logicalmsgdesc.c). The record's
// length tells that of prefix and payload together.
func endMessage(text []byte, e *extent, crlf, last bool) (int, ending) {
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

// endWhereItFits ends a record at the first line end that fits its length, among
// those before far, which no text of that length can reach. A record without one
// was cut or changed. Where the text ends before far, the rest of the record may be
// missing, and whatever its text looks like is a user's.
func endWhereItFits(text []byte, e *extent, far int, last bool, fits func(end int) bool) (int, ending) {
	if e.flags&flagTotRange != 0 {
		far = 0 // no record is that long
	}
	for end := int(e.end); end >= 0 && end < far; end = lineEnd(text, end+1) {
		if fits(end) {
			return end, endWhole
		}
	}
	switch {
	case len(text) >= far:
		return int(e.end), endBroken
	case last:
		return len(text), endCut
	}
	return 0, endUnknown
}

// follows reports whether h may be a record after e in the same dump.
func follows(e, h *extent) bool { return h.startLSN > e.startLSN && h.prevLSN >= e.startLSN }
