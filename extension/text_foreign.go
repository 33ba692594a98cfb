package extension

import (
	"bytes"
	"fmt"
	"strings"

	"walstats/extension/source"
	"walstats/parser"
)

// foreignFormat recognises what people give to read_waldump by mistake and
// what cannot be a text: an error that says what it is and what to do.
func foreignFormat(path string, head []byte) error {
	is := func(magic string) bool { return bytes.HasPrefix(head, []byte(magic)) }
	switch {
	case isSegment(head):
		return fmt.Errorf("%s: is a WAL segment, not the text of one; use read_wal(%s)", path, sqlText(path))
	case is("\xFF\xFE"), is("\xFE\xFF"), is("r\x00m\x00"), is("\x00r\x00m"):
		return fmt.Errorf("%s: is UTF-16, as PowerShell's > writes it; write it again with: cmd /c \"pg_waldump ... > wal.dump\"", path)
	case is("\xFD7zXZ\x00"):
		return fmt.Errorf("%s: is compressed with xz; unpack it first: xz -dc %s > wal.dump", path, source.ShellWord(path))
	case is("BZh") && len(head) > 9 && string(head[4:10]) == "1AY&SY":
		return fmt.Errorf("%s: is compressed with bzip2; unpack it first: bzip2 -dc %s > wal.dump", path, source.ShellWord(path))
	case is("7z\xBC\xAF"):
		return fmt.Errorf("%s: is a 7z archive; unpack it first: 7z x -so %s > wal.dump", path, source.ShellWord(path))
	case is("PGDMP"):
		return fmt.Errorf("%s: is an archive of pg_dump, which has rows and no WAL; give the text that pg_waldump prints, or WAL to read_wal", path)
	case isZip(head):
		return archiveOf("zip", path, holdsWAL(zipNames(head)))
	case isTar(head):
		return tarOf(path, head, false)
	}
	return nil
}

// sqlText returns a text as SQL writes it.
func sqlText(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// isSegment reports whether head begins a WAL segment: XLogLongPageHeaderData
// (src/include/access/xlog_internal.h), whose magic is 0xD0.. or 0xD1.. in every
// version and whose info has XLP_LONG_HEADER set.
func isSegment(head []byte) bool {
	return len(head) >= 4 && (head[1] == 0xD0 || head[1] == 0xD1) && head[2]&0x02 != 0 && head[2] < 0x10 && head[3] == 0
}

// notRecords recognises other outputs of pg_waldump by how they begin; empty if
// it does not.
func notRecords(head []byte) string {
	is := func(s string) bool { return bytes.HasPrefix(head, []byte(s)) }
	switch {
	case is("WAL statistics between "), is("Type  ") && bytes.Contains(head, []byte("Record size")):
		return "this is the output of pg_waldump --stats; run it without --stats"
	case is("pg_waldump decodes and displays"), is("pg_xlogdump decodes and displays"):
		return "this is the output of pg_waldump --help"
	case is("XLOG\nTransaction\n"), is("XLOG\r\nTransaction\r\n"):
		return "this is the output of pg_waldump --rmgr=list"
	}
	return walinspectRows(head)
}

// walinspectRows recognises the rows of pg_walinspect by how they begin: as CSV, or as psql
// shows a table. It returns what they are and what to do, or an empty string.
func walinspectRows(head []byte) string {
	const asCSV = `\copy (SELECT * FROM pg_get_wal_records_info(...)) TO 'rows.csv' CSV HEADER`
	head = head[:min(len(head), 4<<10)]
	if !bytes.Contains(head, []byte("start_lsn")) || !bytes.Contains(head, []byte("resource_manager")) {
		return ""
	}
	switch first, _, _ := bytes.Cut(head, []byte{'\n'}); {
	case bytes.HasPrefix(head, []byte("-[ RECORD")), bytes.HasPrefix(head, []byte("+-")), bytes.Contains(first, []byte("|")):
		return "these are rows of pg_walinspect as psql shows them; write them as CSV: " + asCSV
	case bytes.Contains(first, []byte(",")):
		return "these are rows of pg_walinspect; walstats top and walstats report read them, if the file's name ends in .csv"
	}
	return ""
}

// whatBrokeIt recognises what tools do to the lines of a dump, by the line that is no
// record, text[begin:end], and those beside it: what it looks like and what to do. It returns
// an empty string if it recognises nothing.
func whatBrokeIt(text []byte, begin, end int) string {
	const record = "rmgr: "
	line, after := text[begin:end], bytes.TrimLeft(text[end:], "\r\n")
	begins := bytes.HasPrefix(line, []byte(record))
	if at := bytes.LastIndex(line, []byte(record)); at > 0 && parser.FirstRecord(line, at, at+1) == at {
		if begins {
			return "the line was cut, and the next dump begins within it"
		}
		return `each line has a prefix, as of grep -n or a log; remove it: sed 's/^.*\(rmgr: \)/\1/'`
	}
	if width := len(lineBefore(text, begin)); !begins && width > 0 && isWrapped(after, width) {
		return wrappedAt(width)
	}
	if !begins || !bytes.Contains(line, []byte("len (rec/tot)")) {
		return ""
	}
	// How many lines are as long as this one, and how many begin no record?
	same, others := 0, 0
	for range 20 {
		next, rest, found := bytes.Cut(after, []byte{'\n'})
		if !found {
			break
		}
		if after = rest; len(next) == len(line) {
			same++
		}
		if !bytes.HasPrefix(next, []byte(record)) && len(next) > 0 {
			others++
		}
	}
	switch {
	case others > 0 && others >= same:
		return wrappedAt(len(line))
	case same > 0:
		return fmt.Sprintf("lines are cut at %d characters, as cut -c, less -S or a log does; write the whole lines", len(line))
	}
	return ""
}

func wrappedAt(width int) string {
	return fmt.Sprintf("the lines look wrapped at %d characters; write pg_waldump's output to a file instead of copying it", width)
}

// lineBefore returns the line that ends before the offset begin, if a record begins in it;
// else nil.
func lineBefore(text []byte, begin int) []byte {
	before := bytes.TrimRight(text[:begin], "\r\n")
	before = before[bytes.LastIndexByte(before, '\n')+1:]
	if !bytes.HasPrefix(before, []byte("rmgr: ")) {
		return nil
	}
	return before
}

// isWrapped reports whether of the next lines two are as long as the width and none is longer.
func isWrapped(after []byte, width int) bool {
	same := 0
	for range 20 {
		line, rest, found := bytes.Cut(after, []byte{'\n'})
		if !found || len(line) > width {
			break
		}
		if after = rest; len(line) == width {
			same++
		}
	}
	line, _, found := bytes.Cut(after, []byte{'\n'})
	return same >= 2 && (!found || len(line) <= width)
}
