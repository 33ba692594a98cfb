package parser

import (
	"fmt"
	"strings"
	"testing"
)

// restorePoint is XLOG/RESTORE_POINT of a name.
func restorePoint(n int, name string) part {
	return recorded(lengthLine(n, "XLOG", 98, 98, "RESTORE_POINT "+name), row(n, "XLOG", "RESTORE_POINT", hexed(name)).lengths(98, 98))
}

// forged is a whole record line for a user to write, without its line end.
func forged(n int) string { return strings.TrimSuffix(insert(n).text, "\n") }

// shortForged is the shortest header that is one.
const shortForged = "rmgr: X len (rec/tot): 1/1, tx: 1, lsn: 0/00000001, prev 0/00000001, desc: "

// What users write into restore points, logical messages and the paths of
// tablespaces.
var userTextTests = []textTest{
	made("restore points with line ends and what looks like other lines",
		restorePoint(1, "rp\nnl, desc: X"),
		restorePoint(2, "a\n\nb"),
		restorePoint(3, "\nrmgr: Heap"),
		restorePoint(4, "x\nWAL statistics between 0/1 and 0/2:"),
		restorePoint(5, "x\n\tblkref #0: rel 1/2/3 fork main blk 4"),
		restorePoint(6, "x\n, blkref #0: rel 1/2/3 blk 4 FPW"),
		insert(7)),
	made("restore points that end in line ends",
		restorePoint(1, "x\n"),
		restorePoint(2, "x\n\n"),
		restorePoint(3, "\n"),
		restorePoint(4, ""),
		insert(5)),
	made("the longest restore points",
		restorePoint(1, strings.Repeat("x", 63)),
		reject("x"),
		restorePoint(2, strings.Repeat("x", 30)+"\n"+strings.Repeat("y", 32)),
		reject("x"),
		restorePoint(3, strings.Repeat("\n", 63)),
		empty(),
		restorePoint(4, strings.Repeat("x", 62)),
		reject("xy"),
		restorePoint(5, strings.Repeat("x", 62)+"\n"),
		reject("x")),
	made("a message after a restore point",
		restorePoint(1, "x"),
		said("pg_waldump: error: x"),
		restorePoint(2, "x\ny"),
		said("first record is after 0/3000100, at 0/30001C0, skipping over 192 bytes"),
		insert(3)),
	made("a message within the name of a restore point, told by what follows it",
		restorePoint(1, "x\npg_waldump: error: y\nz"),
		restorePoint(2, "\nfirst record is after 0/1, at 0/2, skipping over 3 bytes\n\nz"),
		restorePoint(3, "x"),
		said("pg_waldump: error: y"),
		empty(),
		insert(4)),
	made("a longer line after a restore point is no part of it",
		restorePoint(1, "x"),
		reject(strings.Repeat("x", 200)),
		insert(2)),
	made("messages with line ends",
		message(1, "\n", "", 0),
		message(2, "new\n\n\nline\n", "x\ny", 0),
		message(3, "\n\n", "\n", 0),
		message(4, "", "", 0),
		message(5, ` with "quotes", and; semicolons `, "\x00", 0),
		insert(6)),
	made("messages with forged records",
		message(1, "x\n"+forged(7), "fake", 0),
		message(2, "x\n"+forged(3)+"\n"+forged(4)+"\n", "fake", 0),
		message(3, forged(2)+"\n"+forged(3), "", 0),
		message(4, "x\n"+shortForged+"\n"+shortForged, "", 0),
		insert(5)),
	made("messages that forge their own end",
		message(1, `a"; payload (1 bytes): 61`+"\n"+forged(2), "a", 0),
		message(2, `a"; payload (1 bytes): 61`+"\n"+forged(3)+"\n"+forged(4), "a", 0),
		message(3, `a"; payload (0 bytes): `+"\n"+strings.TrimSuffix(message(4, "b", "c", 0).text, "\n"), "", 0),
		message(4, `a"; payload (1 bytes): 61`+"\n\n", "", 0),
		message(5, `"; payload (40 bytes): 61`, "", 0),
		message(6, `a"; payload (30 bytes): `+strings.Repeat("61 ", 29)+"61\n", "", 0),
		insert(7)),
	made("messages that forge what pg_waldump says",
		message(1, "x\npg_waldump: error: error in WAL record at 0/1: x\nTry \"pg_waldump --help\"", "", 0),
		message(2, "x\nfirst record is after 0/3000100, at 0/30001C0, skipping over 192 bytes\ny", "", 0),
		message(3, "x\nWAL statistics between 0/1 and 0/2:\n\tblkref #0: rel 1/2/3 fork main blk 4\n", "", 0),
		insert(4)),
	made("messages of a replication origin and of subtransactions",
		message(1, "x\n"+forged(2), "y", 3),
		message(2, `x"; payload (1 bytes): 61`+"\n"+forged(3), "y", 5),
		message(3, "x\n"+forged(4), "y", 8),
		insert(4)),
	made("messages of more than 255 bytes",
		message(1, "x\n"+forged(2), strings.Repeat("y", 255-24-1-2-len(forged(2))), 0),
		message(2, "x\n"+forged(3), strings.Repeat("y", 256-24-1-2-len(forged(3))), 0),
		message(3, "x\n"+forged(4), strings.Repeat("y", 256-24-1-2-len(forged(4))), 3),
		message(4, strings.Repeat("x\n"+forged(5), 100), "y", 3),
		insert(5)),
	made("a message whose text does not have the record's length is no record",
		reject(strings.TrimSuffix(lengthLine(1, "LogicalMessage", 60, 60, "MESSAGE transactional, prefix \"a\nb"), "\n")), // 61 are a prefix and a payload of ten bytes
		empty(),
		insert(2),
		reject(strings.TrimSuffix(lengthLine(3, "LogicalMessage", 10, 10, "MESSAGE transactional, prefix \"a\"; payload (1 bytes): 61"), "\n")),
		insert(4),
		reject(strings.TrimSuffix(lengthLine(5, "LogicalMessage", 53, 53, "MESSAGE transactional, prefix \"a\"; payload (2 bytes): 61"), "\n")),
		reject("x"),
		insert(6),
		reject(strings.TrimSuffix(lengthLine(7, "LogicalMessage", 52, 52, "MESSAGE transactional, prefix \"a\"; payload (1 bytes): 6g"), "\n")),
		reject("x"),
		insert(8), insert(9), insert(10)),
	made("up to 13 a message has no user text",
		recorded(line(1, "LogicalMessage", "MESSAGE transactional message size 5 bytes"), row(1, "LogicalMessage", "MESSAGE", "transactional message size 5 bytes")),
		reject("x"),
		recorded(line(2, "LogicalMessage", "MESSAGE nontransactional message size 5 bytes"), row(2, "LogicalMessage", "MESSAGE", "nontransactional message size 5 bytes")),
		insert(3)),
	made("paths of tablespaces with line ends and quotes",
		tablespace(1, "/srv/a\nb", 0),
		tablespace(2, "/srv/\n\n"+forged(3)+"\n", 0),
		tablespace(3, `/srv/"a"`+"\n"+forged(4)+"\n\"", 0),
		tablespace(4, "", 0),
		tablespace(5, "/srv/"+strings.Repeat("x", 300)+"\n"+forged(6), 0),
		tablespace(6, "/srv/\xff\n\xfe", 0),
		recorded(line(7, "Tablespace", "DROP 16400"), row(7, "Tablespace", "DROP", "16400"))),
	made("paths whose beginning fits their length, too, but for an origin that is not there",
		tablespace(1, "/a\"\nb", 0),
		tablespace(2, "/a\"\nbcd", 0),
		tablespace(3, "/a\"\nbcdefg", 0),
		tablespace(4, "/a\"\n", 3),
		tablespace(5, "/a\"\nbcd", 3),
		tablespace(6, "/a\"\nb", 5),
		tablespace(7, "/a\"\n\"\n", 3),
		insert(8)),
	made("a path that does not have the record's length is no record",
		reject(strings.TrimSuffix(lengthLine(1, "Tablespace", 50, 50, "CREATE 16400 \"/srv/a\nb"), "\n")),
		insert(2),
		reject(strings.TrimSuffix(lengthLine(3, "Tablespace", 50, 50, "CREATE 16400"), "\n")),
		reject("x"),
		insert(4), insert(5)),
	made("other records have one line",
		insert(1),
		reject("x"),
		empty(),
		reject("RESTORE_POINT x"),
		commit(2),
		reject(`y"; payload (1 bytes): 61`),
		recorded(line(3, "XLOG", "RESTORE_POINTS x"), row(3, "XLOG", "RESTORE_POINTS", "x")),
		reject("x"),
		recorded(line(4, "Heap", "RESTORE_POINT x"), row(4, "Heap", "RESTORE_POINT", "x")),
		reject("x"),
		recorded(line(5, "XLOGX", "RESTORE_POINT x"), row(5, "XLOGX", "RESTORE_POINT", "x")),
		reject("x")),
}

func TestUserText(t *testing.T) { testTexts(t, userTextTests) }

// A dump filtered by manager keeps no chain of prev; the lengths still tell.
func TestForgedRecordsInFilteredDumps(t *testing.T) {
	var parts []part
	for n := 1; n < 200; n += 3 {
		parts = append(parts,
			message(n, fmt.Sprintf("%d\n%s", n, forged(n+1)), "x", 0),
			tablespace(n+1, "/srv/\n"+forged(n+2), 0))
	}
	tt := made("filtered", parts...)
	tt.check(t, tt.text, false)
	for n := 2; n < 100; n += 7 {
		compareRows(t, readRanges(t, []byte(tt.text), false, n).rows, tt.rows)
	}
}

// A length that no record has is no reason to wait for that much text.
func TestAMessageOfAnImpossibleLengthIsARejectAtOnce(t *testing.T) {
	text := []byte("rmgr: LogicalMessage len (rec/tot): 4294967296/4294967296, tx:        731, lsn: 0/01000100, prev 0/01000000, desc: MESSAGE transactional, prefix \"a\"; payload (1 bytes): 61\n" +
		insert(2).text + insert(3).text[:20])
	var x Index
	if _, done := x.Scan(text, 0, len(text), false); done || x.Len() != 1 || x.Counts.Rejects != 1 {
		t.Errorf("%d records, %d rejects, done: %v; want 1, 1, false", x.Len(), x.Counts.Rejects, done)
	}
}
