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
	case is("PK\x03\x04"):
		return fmt.Errorf("%s: is a zip archive; unpack it first: unzip -p %s > wal.dump", path, source.ShellWord(path))
	case len(head) > 262 && string(head[257:262]) == "ustar":
		return fmt.Errorf("%s: is a tar archive; unpack it first: tar -xOf %s > wal.dump", path, source.ShellWord(path))
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
	return ""
}

// whatBrokeIt recognises what tools do to the lines of a dump, by a line that is no
// record and the text after it: what it looks like and what to do. It returns an
// empty string if it recognises nothing.
func whatBrokeIt(line, after []byte) string {
	const record = "rmgr: "
	begins := bytes.HasPrefix(line, []byte(record))
	if at := bytes.LastIndex(line, []byte(record)); at > 0 && parser.FirstRecord(line, at, at+1) == at {
		if begins {
			return "the line was cut, and the next dump begins within it"
		}
		return `each line has a prefix, as of grep -n or a log; remove it: sed 's/^.*\(rmgr: \)/\1/'`
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
		return fmt.Sprintf("the lines look wrapped at %d characters; write pg_waldump's output to a file instead of copying it", len(line))
	case same > 0:
		return fmt.Sprintf("lines are cut at %d characters, as cut -c, less -S or a log does; write the whole lines", len(line))
	}
	return ""
}
