package parser

import (
	"strings"
	"testing"
)

// The end of a text that is not the end of a line.
var cutTests = []textTest{
	made("in the first record", cut(insert(1))),
	made("in a header", insert(1), cut(reject("rmgr: Heap        len (rec/tot):     54/"))),
	made("after desc", insert(1), cut(insert(2))),
	made("in what is no record", insert(1), cut(reject("x"))),
	made("in a message", insert(1), part{text: "pg_waldump: error: x", kind: Message}),
	made("in the blocks of --bkp-details",
		insert(1), cut(recorded(line(2, "Heap", "INSERT off 5")+image+second, wanted{}))),
	made("in the first of the blocks",
		insert(1), cut(recorded(line(2, "Heap", "INSERT off 5")+image, wanted{}))),
	made("after the tab of a block",
		insert(1), cut(reject(line(2, "Heap", "INSERT off 5")+image+"\t"))),
	made("in the blocks, after a message that begins with a tab",
		insert(1), part{text: line(2, "Heap", "INSERT off 5"), kind: Reject}, said("\t0/1 0/2 3"), cut(reject(image[:len(image)-1]))),
	made("in a blockless record after a block", recorded(line(1, "Heap", "INSERT off 5")+image, detailed(1, imageText)), cut(insert(2))),
	made("in a message's prefix", insert(1), cut(reject("rmgr: LogicalMessage len (rec/tot):     60/    60, tx:        731, lsn: 0/01000200, prev 0/01000100, desc: MESSAGE transactional, prefix \"a"))),
	made("in the second line of a message's prefix", insert(1), cut(message(2, "a\nb", "x", 0))),
	made("in a header that a message forges", insert(1), cut(reject(message(2, "a\n"+forged(9), "x", 0).text[:150]))),
	made("after a record that a message forges", insert(1), cut(reject(message(2, "a\n"+shortForged+"\nb", "x", 0).text[:220]))),
	made("in the payload", insert(1), cut(reject(strings.TrimSuffix(message(2, "a\nb", "xyz", 0).text, " 7A\n")))),
	made("at a line end in a message's prefix", insert(1), ends(message(2, "a\nb", "x", 0), 1)),
	made("at a line end in a message, after a whole record that it forges", insert(1), ends(message(2, "a\"; payload (1 bytes): 61\n"+forged(3)+"\nb", "xyz", 0), 2)),
	made("at a line end in the path of a tablespace", insert(1), ends(tablespace(2, "/srv/a\nb", 0), 1)),
	made("at a line end in the name of a prepared transaction", insert(1), ends(prepare(2, "a\nb"), 1)),
	made("in the path of a tablespace", insert(1), cut(tablespace(2, "/srv\n\n\nb", 0))),
	made("in the path of a tablespace, after a quote and a line end", insert(1), cut(reject(strings.TrimSuffix(tablespace(2, "/a\"\nb", 0).text, "\"\n")))),
	made("in the record after a tablespace", tablespace(1, "/a\"\nb", 0), cut(reject("rm"))),
	made("in the name of a prepared transaction", insert(1), cut(prepare(2, "a\n\nb"))),
	made("in the time of a prepared transaction", insert(1), cut(reject(strings.TrimSuffix(prepare(2, "a\nb").text, "47.793095 UTC\n")))),
	made("in the name of a prepared transaction, after a time in it", insert(1), cut(prepare(2, "a"+prepared+"\n\nb"))),
	made("in the name of a prepared transaction, after a record in it",
		insert(1), cut(reject(strings.TrimSuffix(prepare(2, "a\n"+shortForged+"\nb").text, "47.793095 UTC\n")))),
	made("in a record that a prepared transaction forges", insert(1), cut(reject(prepare(2, "a\n"+shortForged).text[:200]))),
	made("in what pg_waldump says after a prepared transaction", prepare(1, "a\nb"), part{text: "pg_waldump: err", kind: Message}),
	made("after a message that follows a prepared transaction", prepare(1, "a\nb"), said("pg_waldump: error: x"), cut(reject("rmgr: He"))),
	made("in the record after a prepared transaction", prepare(1, "a\nb"), cut(insert(2))),
	made("in the header after a prepared transaction", prepare(1, "a\nb"), cut(reject("rmgr: He"))),
	made("in the name of a restore point", insert(1), cut(restorePoint(2, "a\n\nb"))),
	made("in the record after a restore point", restorePoint(1, "a\nb"), cut(insert(2))),
	made("in the header after a restore point", restorePoint(1, "a\nb"), cut(reject("rmgr: He"))),
	made("in a long line after a restore point", restorePoint(1, "a\nb"), cut(reject(strings.Repeat("x", 70)))),
	made("in what pg_waldump says after a restore point", restorePoint(1, "a\nb"), part{text: "pg_waldump: err", kind: Message}),
}

// ends is a part that ends after n of its lines.
func ends(p part, n int) part {
	at := 0
	for range n {
		at += strings.IndexByte(p.text[at:], '\n') + 1
	}
	return part{text: p.text[:at], kind: Reject}
}

func TestCutTexts(t *testing.T) { testTexts(t, cutTests) }
