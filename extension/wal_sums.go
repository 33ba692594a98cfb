package extension

import (
	"sync"

	"walstats/extension/scan"
	"walstats/record"
	"walstats/wal"
	"walstats/wal/catalog"
	"walstats/wal/desc"
)

// A sumBatch has the memory of the columns of read_wal_sums.
type sumBatch struct {
	wal.Batch
	kind                             record.Strings
	lastLSN                          []uint64
	records, bytes, fpiBytes, images []int64
	transactions                     []int64
	relation                         relationBatch // without the file
	method                           record.Strings
	compressed, sampled              []int64
	saved, mayMiss                   []int64
}

// readWALSums makes read_wal_sums: in one pass over the WAL, what its records add up
// to, and those of its records that say more than their sums. See docs/functions.md.
var readWALSums = table[sumBatch]{
	name: "read_wal_sums",
	options: []option{
		startLSNOption, endLSNOption, timelineOption, ignoreErrorsOption, compressionOption, walTimezoneOption, maxRecordSizeOption, threadsOption,
		verifyChecksumsOption, stepsOption, namesOption, sampleOption, changesOption,
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
		scan.Nullable("oid", uinteger, func(b *sumBatch) any { return &b.relation.oid }),
		scan.Nullable("database", varchar, func(b *sumBatch) any { return &b.relation.databaseName }),
		scan.Nullable("schema", varchar, func(b *sumBatch) any { return &b.relation.schema }),
		scan.Nullable("name", varchar, func(b *sumBatch) any { return &b.relation.name }),
		scan.Nullable("relation_kind", varchar, func(b *sumBatch) any { return &b.relation.kind }),
		scan.Nullable("table_schema", varchar, func(b *sumBatch) any { return &b.relation.tableSchema }),
		scan.Nullable("table_name", varchar, func(b *sumBatch) any { return &b.relation.tableName }),
		scan.Nullable("method", varchar, func(b *sumBatch) any { return &b.method }),
		scan.NotNull("compressed_images", bigint, func(b *sumBatch) any { return &b.compressed }),
		scan.NotNull("sampled_images", bigint, func(b *sumBatch) any { return &b.sampled }),
		scan.NotNull("saved_bytes", bigint, func(b *sumBatch) any { return &b.saved }),
		scan.NotNull("error_bytes", bigint, func(b *sumBatch) any { return &b.mayMiss }),
	},
	input: sumRows{},
}

// A sumKind is what a row of read_wal_sums is of.
type sumKind uint8

const (
	kindRecord      sumKind = iota // a record, as in read_wal
	kindSum                        // records of one type and relation that follow each other closely
	kindTransaction                // records of one xid
	kindFolded                     // records of several xids: short transactions that committed
	kindImage                      // a block reference with a full-page image
	kindInit                       // a record that sets up a page, and has no image
	kindChange                     // records of one xid, type and relation
	kindDamage                     // WAL before start_lsn is damaged or missing: see read_wal_rejects
	kindRelation                   // a relation's file, as in read_wal_relations
	kindCompression                // a method of wal_compression, as in wal_compression
)

var kindNames = [...]record.String{
	kindRecord:      record.Inline("record")[0],
	kindSum:         record.Inline("sum")[0],
	kindTransaction: record.Inline("transaction")[0],
	kindFolded:      record.Inline("transactions")[0],
	kindImage:       record.Inline("image")[0],
	kindInit:        record.Inline("init")[0],
	kindChange:      record.Inline("change")[0],
	kindDamage:      record.Inline("damage")[0],
	kindRelation:    record.Inline("relation")[0],
	kindCompression: record.Inline("compression")[0],
}

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
	shared := &sumInput{walInput: in, call: c, tick: tickOf(in), piece: pieceOf(in), types: factsOfTypes(in.set.Version)}
	shared.changed.L = &shared.mu
	if c.options.sample > 0 {
		shared.sample = newImageSample(in, c.options.sample)
	}
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
	call  call
	tick  int64 // microseconds: sums are cut where the clock passes a multiple of it
	piece uint  // sums are cut where an LSN passes a multiple of 1 << piece
	types [1 << 12]typeFacts

	largest largestTransactions
	sample  *imageSample // nil if none is wanted

	mu         sync.Mutex
	changed    sync.Cond // open
	open       int       // chunks that were taken, and are not read yet
	ended      bool      // the end of the input was taken
	collectors []*catalog.Collector
}

// Left returns how many rows of the chunk are left.
func (r *sumReader) Left() (int, error) {
	if r.ending != nil {
		return r.ending.left(), nil
	}
	if r.chunk == nil || !r.read {
		return 0, nil
	}
	if n := r.Len() - r.row + len(r.rows) - r.next; n > 0 {
		return n, nil
	}
	return 0, r.Err()
}

// Fill writes the next rows into b: records, what they add up to, or what all of them tell.
func (r *sumReader) Fill(b *sumBatch, rows int) (n int, err error) {
	if r.ending != nil {
		return r.ending.fill(b, rows), nil
	}
	if r.row == r.Len() {
		n = min(rows, len(r.rows)-r.next)
		for i := range n {
			r.fillSum(b, i, &r.rows[r.next+i])
		}
		r.next += n
		b.setNoEnding(n)
		return n, nil
	}
	n, err = r.walReader.Fill(&b.Batch, r.row, rows)
	for i := range n {
		h := r.Head(r.row + i)
		s := sumRow{kind: kindRecord, recordSum: recordSum{last: h.LSN, records: 1, bytes: int64(h.Length), fpiBytes: int64(h.Images)}}
		if b.images != nil && h.Images > 0 {
			s.images = int64(countImages(r.Blocks(r.row + i)))
		}
		b.setSums(i, &s)
	}
	b.setNoEnding(n)
	r.row += n
	return n, err
}

// fillSum writes a row into row i.
func (r *sumReader) fillSum(b *sumBatch, i int, s *sumRow) {
	b.setSums(i, s)
	if b.StartLSN != nil {
		b.StartLSN[i] = uint64(s.first)
	}
	manager, recordType := "", s.ended
	switch s.kind {
	case kindSum, kindImage, kindInit, kindChange:
		id, info := s.code.split()
		manager, recordType = r.in.set.Version.Name(id), r.in.set.Version.RecordType(id, info)
	}
	setText(&b.ResourceManager, i, manager)
	setText(&b.RecordType, i, recordType)
	setText(&b.Description, i, "")
	if s.block.File == 0 {
		b.SetNoBlock(i)
	} else {
		ref := s.block.Ref()
		b.SetBlock(i, &ref)
	}
	if s.kind == kindSum || s.kind == kindChange { // of many blocks
		setText(&b.RelFork, i, "")
		if c := &b.RelBlockNumber; c.Wanted() {
			c.SetNull(i)
		}
	}
	if c := &b.XID; c.Wanted() {
		if c.Values[i] = s.xid; s.xid == 0 {
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
		b.kind.Rows[i] = kindNames[s.kind]
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
