package parser

import (
	"bytes"
	"regexp"
	"strconv"
	"testing"
	"time"

	"walstats/record"
)

// The twin is how one would read a dump with Go's regexp: lines are put together
// to records, and every record goes through one expression for its fixed part and
// one for the rest. It is slow, short, and knows nothing that the machine knows:
// where a record with a user's text ends, it is told by the chain of prev alone.

var (
	twinHeader = regexp.MustCompile(`^rmgr: (\S+) +len \(rec/tot\): +(\d+)/ *(\d+), tx: +(\d+), lsn: ([0-9A-F]{1,8})/([0-9A-F]{8}), prev ([0-9A-F]{1,8})/([0-9A-F]{8}), (bkp: [01]{4}, )?desc: `)
	twinUser   = regexp.MustCompile(`^rmgr: (?:XLOG .*desc: RESTORE_POINT |Transaction .*desc: PREPARE |LogicalMessage .*desc: MESSAGE |Tablespace .*desc: CREATE )`)
	twinText   = regexp.MustCompile(`^(UNKNOWN \([0-9a-f]+\)|[^ ]*) ?(.*?)(?:, (blkref #\d+: rel \d+/\d+/\d+(?: fork \w+)? blk \d+(?: FPW(?: for WAL verification)?)?(?:, blkref #\d+: rel \d+/\d+/\d+(?: fork \w+)? blk \d+(?: FPW(?: for WAL verification)?)?)*))?$`)
	twinFree   = regexp.MustCompile(`(?s)^([^ ]*) (.*)$`)
	twinBlock  = regexp.MustCompile(`^blkref #\d+: rel (\d+)/(\d+)/(\d+)(?: fork (\w+))? blk (\d+)`)
	twinTime   = regexp.MustCompile(`(?s)^(?:gid .*: |\d+: |[^;]*; (?:[^;]*; )?time )?(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}) UTC`)
)

// logical splits a dump into records: the whole text of each, and its
// --bkp-details.
func logical(text []byte, each func(record []byte, details [][]byte)) {
	var record []byte
	var details [][]byte
	var last []byte // the LSN of record
	user := false   // record may go on with any line
	for line := range bytes.Lines(text) {
		line = bytes.TrimSuffix(line, newline)
		h := twinHeader.FindSubmatchIndex(line)
		switch {
		case h != nil && (!user || bytes.Equal(line[h[14]:h[17]], last)):
			if record != nil {
				each(record, details)
			}
			record, details, last = line[:len(line):len(line)], nil, line[h[10]:h[13]]
			user = twinUser.Match(line)
		case user:
			record = append(append(record, '\n'), line...)
		case len(line) > 0 && line[0] == '\t':
			details = append(details, line[1:])
		}
	}
	if record != nil {
		each(record, details)
	}
}

func twinRecord(whole []byte, details [][]byte) (r record.Record) {
	h := twinHeader.FindSubmatch(whole)
	number := func(s []byte, base int) uint64 {
		n, err := strconv.ParseUint(string(s), base, 64)
		if err != nil {
			panic(err)
		}
		return n
	}
	r.ResourceManager = string(h[1])
	r.RecordLength = uint32(number(h[3], 10))
	r.FPILength = r.RecordLength - uint32(number(h[2], 10))
	r.XID = uint32(number(h[4], 10))
	r.StartLSN = record.LSN(number(h[5], 16)<<32 | number(h[6], 16))
	r.PrevLSN = record.LSN(number(h[7], 16)<<32 | number(h[8], 16))

	text := whole[len(h[0]):]
	var refs []byte
	if twinUser.Match(whole) {
		m := twinFree.FindSubmatch(text)
		r.RecordType, r.Description = string(m[1]), hexed(string(m[2]))
	} else {
		m := twinText.FindSubmatch(text)
		r.RecordType, r.Description, refs = string(m[1]), hexed(string(m[2])), m[3]
	}
	if details != nil {
		refs = bytes.Join(details, []byte(", "))
	}
	if len(refs) > 0 {
		m := twinBlock.FindSubmatch(refs)
		r.HasBlock, r.BlockRef, r.RelFork = true, string(refs), "main"
		r.RelTablespace = uint32(number(m[1], 10))
		r.RelDatabase = uint32(number(m[2], 10))
		r.RelFileNode = uint32(number(m[3], 10))
		if len(m[4]) > 0 {
			r.RelFork = string(m[4])
		}
		r.RelBlockNumber = uint32(number(m[5], 10))
	}
	switch r.ResourceManager + "/" + r.RecordType {
	case "Transaction/COMMIT", "Transaction/ABORT", "Transaction/COMMIT_PREPARED", "Transaction/ABORT_PREPARED", "Transaction/PREPARE",
		"XLOG/END_OF_RECOVERY", "XLOG/OVERWRITE_CONTRECORD":
		if m := twinTime.FindStringSubmatch(r.Description); m != nil {
			t, err := time.Parse("2006-01-02 15:04:05.000000", m[1])
			if err != nil {
				panic(err)
			}
			r.HasTime, r.XactTime = true, t.UnixMicro()
		}
	}
	return r
}

func TestTheMachineAndItsTwinAgree(t *testing.T) {
	for _, d := range dumps(t) {
		t.Run(d.name, func(t *testing.T) {
			var want []record.Record
			logical(d.text, func(whole []byte, details [][]byte) { want = append(want, twinRecord(whole, details)) })
			got, _ := parse(t, d.text)
			compareRows(t, got, want)
		})
	}
}
