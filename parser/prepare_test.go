package parser

import (
	"strings"
	"testing"
)

const (
	clock    = "2026-11-22 17:09:47.793095"
	prepared = ": " + clock + " UTC"
)

// prepare is Transaction/PREPARE of a gid, prepared at clock.
func prepare(n int, gid string) part {
	return recorded(line(n, "Transaction", "PREPARE gid "+gid+prepared),
		row(n, "Transaction", "PREPARE", "gid "+hexed(gid)+prepared).at(clock))
}

// chained is record n, which has record prev before it.
func chained(n, prev int, manager, desc string) string {
	return head(manager, 54, 54, 731, lsn(n), lsn(prev)) + "desc: " + desc + "\n"
}

// commitPrepared is record n, which has record prev before it and a time after a
// colon.
func commitPrepared(n, prev int) part {
	r := row(n, "Transaction", "COMMIT_PREPARED", "731"+prepared).at(clock)
	r.PrevLSN = lsn(prev)
	return recorded(chained(n, prev, "Transaction", "COMMIT_PREPARED 731"+prepared), r)
}

// forgedCommit is a record for a name to end in: the time after the name is
// its own, too.
func forgedCommit(lsn, prev string) string {
	return "rmgr: X len (rec/tot): 1/1, tx: 1, lsn: 0/0" + lsn + ", prev 0/0" + prev + ", desc: COMMIT_PREPARED 1"
}

// Names of prepared transactions. The record's length does not tell theirs; that
// they have at most 199 bytes and a time after them does, and the chain of prev.
var prepareTests = []textTest{
	made("names of one line",
		prepare(1, "a"),
		prepare(2, ""),
		prepare(3, strings.Repeat("x", 199)),
		prepare(4, `odd, gid: blkref #0: rel 1/2/3 blk 4 "q" 's'`),
		prepare(5, "\xff\xfe"),
		commit(6)),
	made("names that look like a time",
		prepare(1, "2024-01-01 00:00:00.000000 UTC"),
		prepare(2, "x: 2024-01-01 00:00:00.000000 UTC"),
		prepare(3, "x: 2024-01-01 00:00:00.000000 UTC; y"),
		prepare(4, ": 2024-01-01 00:00:00.000000 UTC: 2025-01-01 00:00:00.000000 UTC"),
		commit(5)),
	made("what follows the time",
		recorded(line(1, "Transaction", "PREPARE gid a"+prepared+"; rels(commit): base/5/16384; origin: node 2, lsn 1/2, at 1999-12-31 23:59:59.000000 UTC"),
			row(1, "Transaction", "PREPARE", "gid a"+prepared+"; rels(commit): base/5/16384; origin: node 2, lsn 1/2, at 1999-12-31 23:59:59.000000 UTC").at(clock)),
		commit(2)),
	made("names with line ends",
		prepare(1, "two\nlines, desc: COMMIT"),
		prepare(2, "\n"),
		prepare(3, "\n\n\nx\n"),
		prepare(4, strings.Repeat("\n", 199)),
		prepare(5, "a\nWAL statistics between 0/1 and 0/2:"),
		prepare(6, "a\npg_waldump: error: x"),
		prepare(7, "a\n\tblkref #0: rel 1/2/3 fork main blk 4\n"),
		commit(8)),
	made("the next record has a time as well",
		prepare(1, "a"),
		commitPrepared(2, 1),
		prepare(3, "b"),
		prepare(4, "c"),
		commitPrepared(5, 4),
		prepare(6, "d\ne"),
		commitPrepared(7, 6),
		prepare(8, "x"+prepared+"\ny"),
		commitPrepared(9, 8)),
	made("a forged header without a time cannot end the name",
		prepare(1, "a\n"+shortForged),
		prepare(2, "a\n"+shortForged+"\nb"),
		commit(3)),
	made("a forged record with a time, told by the chain",
		prepare(1, "a"+prepared+"\n"+forgedCommit("1000200", "1000100")),
		commit(2),
		prepare(3, "a"+prepared+"\n"+forgedCommit("1000400", "1000300")+"\ny"),
		prepare(4, "a"+prepared+"\n"+forgedCommit("1000500", "1000400")+strings.Repeat("x", 60)),
		insert(5)),
	made("a forged record with an LSN of long ago, told by that",
		prepare(1, "a"+prepared+"\n"+forgedCommit("0000200", "0000100")),
		recorded(chained(9, 7, "XLOG", "NOOP "), func() wanted { r := row(9, "XLOG", "NOOP", ""); r.PrevLSN = lsn(7); return r }())),
	made("two forged records",
		prepare(1, "\n"+shortForged+"\n"+shortForged),
		commit(2),
		prepare(3, "\n"+forgedCommit("1000400", "1000300")+prepared+"\n"+"x"),
		commit(4)),
	made("a forged message after a forged time",
		prepare(1, "a"+prepared+"\npg_waldump: error: x"),
		commit(2),
		prepare(3, "a"+prepared+"\npg_waldump: error: x\nb"),
		commit(4),
		prepare(5, "a"+prepared+"\npg_waldump: error: x"),
		commitPrepared(6, 5),
		prepare(7, "a"+prepared+"\npg_waldump: error: x"),
		commitPrepared(19, 17)),
	made("a message after a prepared transaction",
		prepare(1, "a"),
		said("pg_waldump: error: x"),
		commit(2),
		prepare(3, "b"),
		said("first record is after 0/3000100, at 0/30001C0, skipping over 192 bytes"),
		insert(4),
		prepare(5, "c"),
		said("pg_waldump: x"),
		said("pg_waldump: y"),
		commitPrepared(6, 5),
		prepare(7, "d"),
		said("pg_waldump: error: x")),
	made("filtered: the next record does not name this one",
		prepare(1, "a"),
		commitPrepared(9, 8),
		prepare(10, "b"),
		commitPrepared(19, 12),
		recorded(chained(29, 22, "XLOG", "NOOP "), func() wanted { r := row(29, "XLOG", "NOOP", ""); r.PrevLSN = lsn(22); return r }()),
		prepare(30, "c"),
		commitPrepared(39, 32)),
	made("one dump after another: the LSN jumps back",
		prepare(100, "a"),
		commitPrepared(2, 1),
		insert(3),
		prepare(100, "a"),
		insert(2)),
	made("up to 12 nothing is printed of it",
		recorded(line(1, "Transaction", "PREPARE "), row(1, "Transaction", "PREPARE", "")),
		reject("a"+prepared),
		recorded(line(2, "Transaction", "PREPARE"), row(2, "Transaction", "PREPARE", "")),
		insert(3)),
	made("without a time it is no record",
		reject(oneLine(1, "Transaction", "PREPARE gid a")),
		insert(2),
		reject(oneLine(3, "Transaction", "PREPARE gid "+strings.Repeat("x", 200)+prepared)),
		reject("b"+prepared),
		insert(4)),
}

func TestPreparedTransactions(t *testing.T) { testTexts(t, prepareTests) }
