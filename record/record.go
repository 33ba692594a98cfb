package record

import "strconv"

// A Record holds one row of a [Batch], for programs and tests that want values.
type Record struct {
	StartLSN, PrevLSN LSN
	XID               uint32
	ResourceManager   string
	RecordType        string
	RecordLength      uint32 // tot
	FPILength         uint32 // tot - rec
	Description       string
	HasTime           bool
	XactTime          int64 // microseconds since 1970-01-01 00:00:00 UTC
	HasBlock          bool
	RelTablespace     uint32
	RelDatabase       uint32
	RelFileNode       uint32
	RelFork           string
	RelBlockNumber    uint32
	BlockRef          string // the text of all block references; empty in a record without one
}

// Record returns a copy of row i of b, which must want every column.
func (b *Batch) Record(i int) Record {
	return Record{
		StartLSN:        LSN(b.StartLSN[i]),
		PrevLSN:         LSN(b.PrevLSN[i]),
		XID:             b.XID.Values[i],
		ResourceManager: b.ResourceManager.String(i),
		RecordType:      b.RecordType.String(i),
		RecordLength:    b.RecordLength.Values[i],
		FPILength:       b.FPILength.Values[i],
		Description:     b.Description.String(i),
		HasTime:         IsValid(b.XactTime.Valid, i),
		XactTime:        b.XactTime.Values[i],
		HasBlock:        IsValid(b.BlockRef.Valid, i),
		RelTablespace:   b.RelTablespace.Values[i],
		RelDatabase:     b.RelDatabase.Values[i],
		RelFileNode:     b.RelFileNode.Values[i],
		RelFork:         b.RelFork.String(i),
		RelBlockNumber:  b.RelBlockNumber.Values[i],
		BlockRef:        b.BlockRef.String(i),
	}
}

// String returns a copy of row i.
func (c *Strings) String(i int) string { return string(c.Rows[i].Text(c.Arena)) }

// AppendText appends the record as pg_waldump prints it since 9.5, with its line
// end (XLogDumpDisplayRecord, src/bin/pg_waldump/pg_waldump.c).
func (r *Record) AppendText(dst []byte) []byte {
	dst = r.AppendHead(dst)
	if r.HasBlock {
		dst = append(dst, ", "...)
		dst = append(dst, r.BlockRef...)
	}
	return append(dst, '\n')
}

// AppendHead appends the record's line without its block references and its line
// end.
func (r *Record) AppendHead(dst []byte) []byte {
	dst = append(dst, "rmgr: "...)
	dst = append(dst, r.ResourceManager...)
	for n := len(r.ResourceManager); n < 11; n++ {
		dst = append(dst, ' ')
	}
	dst = append(dst, " len (rec/tot): "...)
	dst = appendPadded(dst, uint64(r.RecordLength-r.FPILength), 6)
	dst = append(dst, '/')
	dst = appendPadded(dst, uint64(r.RecordLength), 6)
	dst = append(dst, ", tx: "...)
	dst = appendPadded(dst, uint64(r.XID), 10)
	dst = append(dst, ", lsn: "...)
	dst = r.StartLSN.AppendText(dst)
	dst = append(dst, ", prev "...)
	dst = r.PrevLSN.AppendText(dst)
	dst = append(dst, ", desc: "...)
	dst = append(dst, r.RecordType...)
	dst = append(dst, ' ')
	return append(dst, r.Description...)
}

// appendPadded appends v in decimal, right-aligned in width: C's %6u.
func appendPadded(dst []byte, v uint64, width int) []byte {
	var digits [20]byte
	s := strconv.AppendUint(digits[:0], v, 10)
	for n := width - len(s); n > 0; n-- {
		dst = append(dst, ' ')
	}
	return append(dst, s...)
}
