package parser

import (
	"testing"

	"walstats/record"
)

// old is record n as 9.3 and 9.4 print it.
func old(n int, manager, bkp, desc string) string {
	return head(manager, 21, 53, 731, lsn(n), lsn(n-1)) + "bkp: " + bkp + ", desc: " + desc + "\n"
}

func oldRow(n int, manager, recordType, description string) wanted {
	return row(n, manager, recordType, description).lengths(53, 53)
}

// in is w with the relation and the block that the description names.
func (w wanted) in(tablespace, database, node, block uint32) wanted {
	w = w.block(tablespace, database, node, "main", block, "")
	w.HasBlock = false // no block_ref
	return w
}

// 9.3 and 9.4: no identifier, and block references only with --bkp-details.
var eraTests = []textTest{
	made("the text before the first colon is the record type",
		recorded(old(1, "XLOG", "0000", "checkpoint: redo 0/2000028; tli 1; prev tli 1; fpw true; xid 0/1685; shutdown"),
			oldRow(1, "XLOG", "checkpoint", "redo 0/2000028; tli 1; prev tli 1; fpw true; xid 0/1685; shutdown")),
		recorded(old(2, "Heap", "0000", "hot_update: rel 1663/5/16384; tid 0/1 xmax 731 ; new tid 0/2 xmax 0"),
			oldRow(2, "Heap", "hot_update", "rel 1663/5/16384; tid 0/1 xmax 731 ; new tid 0/2 xmax 0").in(1663, 5, 16384, 0)),
		recorded(old(3, "Transaction", "0000", "xid assignment xtop 731: subxacts: 732 733"),
			oldRow(3, "Transaction", "xid assignment xtop", "731: subxacts: 732 733")),
		recorded(old(4, "Sequence", "0000", "log: rel 1663/5/16390"), oldRow(4, "Sequence", "log", "rel 1663/5/16390").in(1663, 5, 16390, 0))),
	made("without a colon all of the text is",
		recorded(old(1, "XLOG", "0000", "xlog switch"), oldRow(1, "XLOG", "xlog switch", "")),
		recorded(old(2, "Transaction", "0000", "prepare"), oldRow(2, "Transaction", "prepare", "")),
		recorded(old(3, "XLOG", "0000", ""), oldRow(3, "XLOG", "", "")),
		recorded(old(4, "Heap", "0000", "UNKNOWN"), oldRow(4, "Heap", "UNKNOWN", ""))),
	made("no blank, or more than one, after the colon",
		recorded(old(1, "Gin", "0000", "Insert:x"), oldRow(1, "Gin", "Insert", "x")),
		recorded(old(2, "Gin", "0000", "Insert:  x"), oldRow(2, "Gin", "Insert", " x")),
		recorded(old(3, "Gin", "0000", "Insert:"), oldRow(3, "Gin", "Insert", ""))),
	made("when a transaction or recovery ended",
		recorded(old(1, "Transaction", "0000", "commit: 2017-08-30 11:12:13.000014 UTC; rels: base/5/16384; subxacts: 732"),
			oldRow(1, "Transaction", "commit", "2017-08-30 11:12:13.000014 UTC; rels: base/5/16384; subxacts: 732").at("2017-08-30 11:12:13.000014")),
		recorded(old(2, "Transaction", "0000", "abort: 2017-08-30 11:12:13.000014 UTC"),
			oldRow(2, "Transaction", "abort", "2017-08-30 11:12:13.000014 UTC").at("2017-08-30 11:12:13.000014")),
		recorded(old(3, "Transaction", "0000", "commit prepared 731: 2017-08-30 11:12:13.000014 UTC"),
			oldRow(3, "Transaction", "commit prepared", "731: 2017-08-30 11:12:13.000014 UTC").at("2017-08-30 11:12:13.000014")),
		recorded(old(4, "Transaction", "0000", "abort prepared 731: 2017-08-30 11:12:13.000014 UTC"),
			oldRow(4, "Transaction", "abort prepared", "731: 2017-08-30 11:12:13.000014 UTC").at("2017-08-30 11:12:13.000014")),
		recorded(old(5, "XLOG", "0000", "end_of_recovery: tli 2; prev tli 1; time 2017-08-30 11:12:13.000014 UTC"),
			oldRow(5, "XLOG", "end_of_recovery", "tli 2; prev tli 1; time 2017-08-30 11:12:13.000014 UTC").at("2017-08-30 11:12:13.000014"))),
	made("backup blocks",
		recorded(old(1, "Heap", "1010", "insert: rel 1663/5/16384; tid 0/1")+
			"\tbackup bkp #0; rel 1663/5/16384; fork: main; block: 3; hole: offset: 28, length: 8080\n"+
			"\tbackup bkp #2; rel 1663/5/16390; fork: fsm; block: 4294967294; hole: offset: 0, length: 0\n",
			oldRow(1, "Heap", "insert", "rel 1663/5/16384; tid 0/1").lengths(21, 53).block(1663, 5, 16384, "main", 3,
				"backup bkp #0; rel 1663/5/16384; fork: main; block: 3; hole: offset: 28, length: 8080, "+
					"backup bkp #2; rel 1663/5/16390; fork: fsm; block: 4294967294; hole: offset: 0, length: 0")),
		recorded(old(2, "Heap", "0000", "insert: rel 1663/5/16384; tid 0/1"), oldRow(2, "Heap", "insert", "rel 1663/5/16384; tid 0/1").in(1663, 5, 16384, 0))),
	made("the name of a restore point goes on after a line end",
		recorded(old(1, "XLOG", "0000", "restore point: a\n\nb: c"), oldRow(1, "XLOG", "restore point", "a\n\nb: c")),
		recorded(old(2, "XLOG", "0000", "xlog no-op"), oldRow(2, "XLOG", "xlog no-op", ""))),
	made("the path of a tablespace, too, as far as rec says",
		recorded(head("Tablespace", 4+62+1, 97, 731, lsn(1), lsn(0))+"bkp: 0000, desc: create tablespace: 16400 \"/a\"\n"+
			"rmgr: 012345678901234567890123456789012345678901234567890\n\"\n",
			row(1, "Tablespace", "create tablespace", "16400 \"/a\"\nrmgr: 012345678901234567890123456789012345678901234567890\n\"").lengths(97, 97)),
		recorded(old(2, "XLOG", "0000", "xlog no-op"), oldRow(2, "XLOG", "xlog no-op", ""))),
	made("what is no user text ends with its line",
		recorded(old(1, "Transaction", "0000", "prepare"), oldRow(1, "Transaction", "prepare", "")),
		reject("x"),
		recorded(old(2, "XLOG", "0000", "nextOid: 26167"), oldRow(2, "XLOG", "nextOid", "26167")),
		reject("x")),
	made("bkp is four digits 0 or 1",
		reject(head("Heap", 21, 53, 731, lsn(1), lsn(0))+"bkp: 0002, desc: xlog switch"),
		reject(head("Heap", 21, 53, 731, lsn(1), lsn(0))+"bkp: 000, desc: xlog switch"),
		reject(head("Heap", 21, 53, 731, lsn(1), lsn(0))+"bkp: 00000, desc: xlog switch"),
		recorded(old(1, "XLOG", "1111", "xlog switch"), oldRow(1, "XLOG", "xlog switch", "").lengths(21, 53))),
}

func TestOldVersions(t *testing.T) { testTexts(t, eraTests) }

const (
	image      = "\tblkref #0: rel 1663/5/16384 fork main blk 7 (FPW); hole: offset: 28, length: 8080\n"
	imageText  = "blkref #0: rel 1663/5/16384 fork main blk 7 (FPW); hole: offset: 28, length: 8080"
	second     = "\tblkref #1: rel 1663/5/16390 fork vm blk 1\n"
	secondText = "blkref #1: rel 1663/5/16390 fork vm blk 1"
)

// detailed is an INSERT in block 7 of 16384, for --bkp-details.
func detailed(n int, refs string) wanted {
	return row(n, "Heap", "INSERT", "off 5").block(1663, 5, 16384, "main", 7, refs)
}

// --bkp-details: block references on lines of their own.
var detailTests = []textTest{
	made("one line a block",
		recorded(line(1, "Heap", "INSERT off 5")+image+second, detailed(1, imageText+", "+secondText)),
		recorded(line(2, "XLOG", "NOOP "), row(2, "XLOG", "NOOP", "")),
		recorded(line(3, "Heap", "INSERT off 5")+image, detailed(3, imageText))),
	made("older minor releases print a blank line after each image",
		recorded(line(1, "Heap", "INSERT off 5")+image+"\n"+second+"\n"+"\tblkref #3: rel 1/0/2 fork init blk 0 (FPW for WAL verification); hole: offset: 1, length: 2\n",
			detailed(1, imageText+", "+secondText+", blkref #3: rel 1/0/2 fork init blk 0 (FPW for WAL verification); hole: offset: 1, length: 2")),
		empty(),
		recorded(line(2, "Heap", "INSERT off 5")+image, detailed(2, imageText)),
		empty()),
	made("compressed images, by every method",
		recorded(line(1, "Heap", "INSERT off 5")+
			"\tblkref #0: rel 1663/5/16384 fork main blk 7 (FPW); hole: offset: 28, length: 80, compression saved: 5000\n"+
			"\tblkref #1: rel 1663/5/16384 fork main blk 8 (FPW); hole: offset: 28, length: 80, compression saved: 5000, method: pglz\n"+
			"\tblkref #2: rel 1663/5/16384 fork main blk 9 (FPW); hole: offset: 28, length: 80, compression saved: 5000, method: lz4\n"+
			"\tblkref #3: rel 1663/5/16384 fork main blk 10 (FPW); hole: offset: 28, length: 80, compression saved: 5000, method: zstd\n"+
			"\tblkref #4: rel 1663/5/16384 fork main blk 11 (FPW); hole: offset: 28, length: 80, compression saved: 5000, method: unknown\n",
			detailed(1, "blkref #0: rel 1663/5/16384 fork main blk 7 (FPW); hole: offset: 28, length: 80, compression saved: 5000, "+
				"blkref #1: rel 1663/5/16384 fork main blk 8 (FPW); hole: offset: 28, length: 80, compression saved: 5000, method: pglz, "+
				"blkref #2: rel 1663/5/16384 fork main blk 9 (FPW); hole: offset: 28, length: 80, compression saved: 5000, method: lz4, "+
				"blkref #3: rel 1663/5/16384 fork main blk 10 (FPW); hole: offset: 28, length: 80, compression saved: 5000, method: zstd, "+
				"blkref #4: rel 1663/5/16384 fork main blk 11 (FPW); hole: offset: 28, length: 80, compression saved: 5000, method: unknown"))),
	made("a message between a record and its blocks",
		recorded(line(1, "Heap", "INSERT off 5")+image, detailed(1, imageText+", "+secondText)),
		said("pg_waldump: error: x"),
		part{text: second, rows: []record.Record{}}),
	made("blocks after a reject are rejects",
		reject(image[:len(image)-1]),
		insert(1),
		reject("what is this?"),
		reject(image[:len(image)-1]),
		reject(second[:len(second)-1]),
		recorded(line(2, "Heap", "INSERT off 5")+image, detailed(2, imageText))),
	made("a record whose own line has its blocks has no more after it",
		insert(1),
		reject(second[:len(second)-1]),
		insert(2),
		empty(),
		reject(image[:len(image)-1]),
		insert(3),
		cut(reject(second[:len(second)-1]))),
	made("what is no block reference is a reject, and so are the blocks after it",
		recorded(line(1, "Heap", "INSERT off 5")+image, detailed(1, imageText)),
		reject("\tblkref #1: rel 1663/5/16390 fork toast blk 1"),
		reject(second[:len(second)-1]),
		recorded(line(2, "Heap", "INSERT off 5")+image, detailed(2, imageText)),
		reject(second[:len(second)-1]+"x"),
		recorded(line(3, "XLOG", "NOOP "), row(3, "XLOG", "NOOP", "")),
		reject("\tblkref #1: rel 1663/5/16390 fork vm blk 1 (FPW)"),
		recorded(line(4, "XLOG", "NOOP "), row(4, "XLOG", "NOOP", "")),
		reject(" "+image[1:len(image)-1])),
	made("records with user text have no blocks",
		message(1, "a", "b", 0),
		reject(image[:len(image)-1]),
		insert(2)),
}

func TestBkpDetails(t *testing.T) { testTexts(t, detailTests) }
