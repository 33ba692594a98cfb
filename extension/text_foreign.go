package extension

import (
	"bytes"
	"fmt"
	"strings"

	"walstats/extension/source"
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
