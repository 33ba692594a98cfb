package extension

import (
	"walstats/extension/scan"
	"walstats/record"
	"walstats/wal"
	"walstats/wal/desc"
)

// A sumBatch has the memory of the columns of read_wal_sums.
type sumBatch struct {
	wal.Batch
	kind                             record.Strings
	lastLSN                          []uint64
	records, bytes, fpiBytes, images []int64
	transactions                     []int64
}

// readWALSums makes read_wal_sums: in one pass over the WAL, what its records add up
// to, and those of its records that say more than their sums. See docs/functions.md.
var readWALSums = table[sumBatch]{
	name: "read_wal_sums",
	options: []option{
		startLSNOption, endLSNOption, timelineOption, ignoreErrorsOption, compressionOption, walTimezoneOption, maxRecordSizeOption, threadsOption,
		verifyChecksumsOption, stepsOption,
	},
	columns: []scan.Column[sumBatch]{
		scan.NotNull("kind", varchar, func(b *sumBatch) any { return &b.kind }),
		scan.NotNull("start_lsn", lsnType, func(b *sumBatch) any { return &b.StartLSN }),
		scan.NotNull("last_lsn", lsnType, func(b *sumBatch) any { return &b.lastLSN }),
		scan.Nullable("xid", uinteger, func(b *sumBatch) any { return &b.XID }),
		scan.Nullable("resource_manager", varchar, func(b *sumBatch) any { return &b.ResourceManager }),
		scan.Nullable("record_type", varchar, func(b *sumBatch) any { return &b.RecordType }),
		scan.NotNull("records", bigint, func(b *sumBatch) any { return &b.records }),
		scan.NotNull("record_length", bigint, func(b *sumBatch) any { return &b.bytes }),
		scan.NotNull("fpi_length", bigint, func(b *sumBatch) any { return &b.fpiBytes }),
		scan.NotNull("images", bigint, func(b *sumBatch) any { return &b.images }),
		scan.NotNull("transactions", bigint, func(b *sumBatch) any { return &b.transactions }),
		scan.Nullable("description", varchar, func(b *sumBatch) any { return &b.Description }),
		scan.Nullable("xact_time", timestamp, func(b *sumBatch) any { return &b.XactTime }),
		scan.Nullable("reltablespace", uinteger, func(b *sumBatch) any { return &b.RelTablespace }),
		scan.Nullable("reldatabase", uinteger, func(b *sumBatch) any { return &b.RelDatabase }),
		scan.Nullable("relfilenode", uinteger, func(b *sumBatch) any { return &b.RelFileNode }),
		scan.Nullable("relfork", varchar, func(b *sumBatch) any { return &b.RelFork }),
		scan.Nullable("relblocknumber", uinteger, func(b *sumBatch) any { return &b.RelBlockNumber }),
	},
	input: sumRows{},
}

// The kinds of rows of read_wal_sums.
var (
	kindRecord      = record.Inline("record")[0]       // a record, as in read_wal
	kindSum         = record.Inline("sum")[0]          // records of one type and relation that follow each other closely
	kindTransaction = record.Inline("transaction")[0]  // records of one xid
	kindFolded      = record.Inline("transactions")[0] // records of several xids: short transactions that committed
	kindImage       = record.Inline("image")[0]        // a block reference with a full-page image
	kindDamage      = record.Inline("damage")[0]       // WAL before start_lsn is damaged or missing: see read_wal_rejects
)

// sumRows makes the rows of read_wal_sums.
type sumRows struct{}

func (sumRows) estimate(h host, paths []string, _ *options) (uint64, error) {
	records, err := estimateWAL(h, paths)
	return records / 4, err
}

func (sumRows) start(c call) (*scan.Input[sumBatch], error) {
	c.options.xids = true
	in, err := openWAL(c)
	if err != nil {
		return nil, err
	}
	tick := tickOf(in)
	shared := &sumInput{walInput: in, tick: tick, fine: max(tick/100, ticks[0]), piece: pieceOf(in)}
	return &scan.Input[sumBatch]{
		Chunks:    in.chunks(),
		Threads:   in.threads,
		NewReader: func() scan.Reader[sumBatch] { return newSumReader(shared) },
		Close:     in.scan.Close,
	}, nil
}

// A sumInput is WAL that is being summed up.
type sumInput struct {
	*walInput
	tick  int64 // microseconds: sums are cut where the clock passes a multiple of it
	fine  int64 // microseconds: of records whose time is all they tell, the first and the last of each are kept
	piece uint  // sums are cut where an LSN passes a multiple of 1 << piece
}

// Left returns how many rows of the chunk are left.
func (r *sumReader) Left() (int, error) {
	if r.chunk == nil || !r.read {
		return 0, nil
	}
	if n := r.Len() - r.row + len(r.rows) - r.next; n > 0 {
		return n, nil
	}
	return 0, r.Err()
}

// Fill writes the next rows into b: records, or what they add up to.
func (r *sumReader) Fill(b *sumBatch, rows int) (n int, err error) {
	if r.row == r.Len() {
		n = min(rows, len(r.rows)-r.next)
		for i := range n {
			r.fillSum(b, i, &r.rows[r.next+i])
		}
		r.next += n
		return n, nil
	}
	n, err = r.walReader.Fill(&b.Batch, r.row, rows)
	for i := range n {
		h := r.Head(r.row + i)
		s := sumRow{kind: kindRecord, last: h.LSN, records: 1, bytes: int64(h.Length), fpiBytes: int64(h.Images)}
		if b.images != nil && h.Images > 0 {
			s.images = int64(countImages(r.Blocks(r.row + i)))
		}
		b.setSums(i, &s)
	}
	r.row += n
	return n, err
}

// fillSum writes a row into row i.
func (r *sumReader) fillSum(b *sumBatch, i int, s *sumRow) {
	b.setSums(i, s)
	if b.StartLSN != nil {
		b.StartLSN[i] = uint64(s.first)
	}
	setText := func(c *record.Strings, s string) {
		switch {
		case !c.Wanted():
		case s == "":
			c.SetNull(i)
		default:
			c.Set(i, []byte(s))
		}
	}
	manager, recordType := "", s.ended
	if s.kind == kindSum || s.kind == kindImage {
		manager, recordType = r.in.set.Version.Name(s.of.id), r.typeOf(s.of.id, s.of.info)
	}
	setText(&b.ResourceManager, manager)
	setText(&b.RecordType, recordType)
	setText(&b.Description, "")
	if s.block.RelFileNode == 0 {
		b.SetNoBlock(i)
	} else {
		b.SetBlock(i, &s.block)
	}
	if s.kind == kindSum { // of many blocks
		setText(&b.RelFork, "")
		if c := &b.RelBlockNumber; c.Wanted() {
			c.SetNull(i)
		}
	}
	if c := &b.XID; c.Wanted() {
		if c.Values[i] = s.xid; s.kind != kindTransaction {
			c.SetNull(i)
		}
	}
	if c := &b.XactTime; c.Wanted() {
		if c.Values[i] = s.time; s.time == 0 {
			c.SetNull(i)
		}
	}
}

func countImages(blocks []desc.Block) (n int) {
	for i := range blocks {
		if blocks[i].Flags&desc.HasImage != 0 {
			n++
		}
	}
	return n
}

// setSums writes the columns of row i that no record has.
func (b *sumBatch) setSums(i int, s *sumRow) {
	if b.kind.Wanted() {
		b.kind.Rows[i] = s.kind
	}
	if b.lastLSN != nil {
		b.lastLSN[i] = uint64(s.last)
	}
	for _, c := range [...]struct {
		values []int64
		value  int64
	}{{b.records, s.records}, {b.bytes, s.bytes}, {b.fpiBytes, s.fpiBytes}, {b.images, s.images}, {b.transactions, s.transactions}} {
		if c.values != nil {
			c.values[i] = c.value
		}
	}
}
