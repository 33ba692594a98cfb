package extension

import (
	"encoding/binary"

	"walstats/wal"
	"walstats/wal/catalog"
	"walstats/wal/desc"
)

// A sumReader makes the rows of one chunk after the other.
type sumReader struct {
	walReader
	in     *sumInput
	taken  bool       // the chunk is one that the end of the input waits for
	ending *sumsOfAll // what the rows are of after the last chunk; else nil

	rows    []sumRow
	next    int                    // of rows
	current sumIndex[relationType] // the sums that go on
	first   int                    // of rows: the first of these
	pages   []sumRow               // of images, and of records that set up a page

	xids     []xidSum
	byXID    sumIndex[uint32]
	assigned []uint32 // that an ASSIGNMENT says subtransactions of
	changes  sumIndex[changeKey]
	largest  []*xidSum

	kept []bool // by row of the chunk: it is a row of kind record

	names   *catalog.Collector // nil if they are not wanted
	sampler *imageSampler      // likewise
}

func newSumReader(in *sumInput) *sumReader { return &sumReader{walReader: in.newReader(), in: in} }

// collect makes what the end of the input reads, when the first chunk is read: a reader that comes
// late has nothing for it.
func (r *sumReader) collect() {
	if r.names == nil && r.in.options.names {
		r.names = r.in.newCollector()
	}
	if r.sampler == nil && r.in.sample != nil {
		r.sampler = r.in.sample.newSampler()
	}
}

// A timedRecord is a record that has a time.
type timedRecord struct {
	row        int
	lsn        wal.LSN
	time, tick int64
}

// A recordSum adds up records.
type recordSum struct {
	first, last              wal.LSN
	records, bytes, fpiBytes int64
	images                   int64
}

func (s *recordSum) add(h *wal.Head, images int) {
	s.last = h.LSN
	s.records++
	s.bytes += int64(h.Length)
	s.fpiBytes += int64(h.Images)
	s.images += int64(images)
}

// A sumRow is a row of any kind but record.
type sumRow struct {
	kind  sumKind
	code  sumCode   // of a sum and an image
	block wal.Block // of an image and a page that is set up; of a sum, its relation
	recordSum

	// Of transactions.
	xid          uint32
	ended        string // the record_type of its end, empty without one
	time         int64  // of its end
	transactions int64
}

// Next takes the next chunk, and after the last one the end of the input.
func (r *sumReader) Next() (bool, error) {
	r.ending = nil
	chunk, ending := r.in.take()
	r.chunk, r.read = chunk, false
	if r.taken = chunk != nil; ending {
		r.ending = &sumsOfAll{}
		return true, nil
	}
	return r.taken, nil
}

// Release gives the chunk back.
func (r *sumReader) Release() {
	r.walReader.Release()
	r.give()
}

// give tells the end of the input that the chunk was read, or never will be.
func (r *sumReader) give() {
	if r.taken {
		r.taken = false
		r.in.given()
	}
}

// Load reads the chunk and sums it up.
func (r *sumReader) Load() error {
	if r.ending != nil {
		return r.ending.load(r.in)
	}
	defer r.give()
	r.collect()
	if err := r.walReader.Load(); err != nil {
		return err
	}
	r.rows, r.next, r.first = r.rows[:0], 0, 0
	if r.Damaged() {
		begin, _ := r.chunk.Range()
		r.rows = append(r.rows, sumRow{kind: kindDamage, recordSum: recordSum{first: begin, last: begin}})
	}
	if r.Len() == 0 {
		return nil
	}
	r.sum()
	r.fold()
	if r.in.options.changes {
		r.addChanges()
	}
	if r.sampler != nil {
		if err := r.sampler.end(r.length()); err != nil {
			return err
		}
	}
	r.Keep(func(row int) bool { return r.kept[row] })
	return nil
}

// length returns how many bytes the chunk's records have.
func (r *sumReader) length() (n int64) {
	for i := range r.rows {
		if s := &r.rows[i]; s.kind == kindSum {
			n += s.bytes
		}
	}
	return n
}

// isSpread reports whether the WAL between two records with a time may be spread over the time
// between them. What is little belongs to the later one (_wal_time_at in walstats' views).
func isSpread(before, after *timedRecord) bool {
	return before.tick < 0 || after.tick < 0 || after.lsn-before.lsn >= spreadWAL
}

// nextTime returns the first record from a row on that has a time; the row after the last
// without one.
func (r *sumReader) nextTime(row int) timedRecord {
	for ; row < r.Len(); row++ {
		if r.in.types[codeOf(r.Type(row))]&mayHaveTime == 0 {
			continue
		}
		if t, ok := r.XactTime(row); ok {
			return timedRecord{row, r.Head(row).LSN, t, t / r.in.tick}
		}
	}
	return timedRecord{row: row, tick: -1}
}

// sum makes rows of the chunk's records. Sums end with the last record that has a time in a
// tick and, where WAL is spread over the time between two records, with a piece.
func (r *sumReader) sum() {
	r.kept = append(r.kept[:0], make([]bool, r.Len())...)
	r.xids, r.assigned, r.pages = r.xids[:0], r.assigned[:0], r.pages[:0]
	r.byXID.clear()
	r.endSums()
	timed, before := r.nextTime(0), timedRecord{tick: -1}
	piece := r.Head(0).LSN >> r.in.piece
	var of wal.Row
	for row := range r.Len() {
		r.Row(row, &of)
		if at := of.LSN >> r.in.piece; at != piece {
			if isSpread(&before, &timed) {
				r.endSums()
			}
			piece = at
		}
		images := 0
		if of.Images > 0 {
			images = r.addImages(row, &of.Head)
		}
		code := codeOf(of.RMID, of.Info)
		r.sumOf(&of, code).add(&of.Head, images)
		if r.names != nil {
			r.names.AddRow(r.Reader, row, &of)
		}
		var transaction *xidSum
		if of.XID != 0 {
			transaction = r.sumOfXID(of.XID, row, of.LSN)
			transaction.add(&of.Head, images)
			transaction.rows[1] = row
		}
		t := r.in.types[code]
		if t == 0 {
			continue
		}
		r.kept[row] = t&tells != 0 || t&inPlace != 0 && of.Block.Database == 0
		if t&inits != 0 && images == 0 {
			r.pages = append(r.pages, sumRow{kind: kindInit, code: code, block: of.Block,
				recordSum: recordSum{first: of.LSN, last: of.LSN, records: 1, bytes: int64(of.Length)}})
		}
		if t&assigns != 0 {
			if data := r.Record(row).Main; len(data) >= 4 { // xl_xact_assignment begins with xtop
				r.assigned = append(r.assigned, binary.LittleEndian.Uint32(data))
			}
		}
		if transaction != nil && t&tells != 0 && t&onlyTime == 0 {
			transaction.named = true
		}
		if row != timed.row {
			continue
		}
		next := r.nextTime(row + 1)
		isFirst, isLast := timed.tick != before.tick, timed.tick != next.tick // of a tick, as far as the chunk tells
		if transaction != nil && t&ends != 0 {
			transaction.ended, transaction.time = r.in.set.Version.RecordType(of.RMID, of.Info), timed.time
			r.kept[row] = t&onlyTime == 0 || isFirst || isLast
		}
		if isLast || isFirst && isSpread(&before, &timed) {
			r.endSums()
		}
		timed, before = next, timed
	}
	r.rows = append(r.rows, r.pages...)
	for _, xid := range r.assigned {
		if n := r.byXID.lookup(xid, hashOfXID(xid)); n >= 0 {
			r.xids[n].named = true
		}
	}
}

// endSums makes further records begin sums of their own.
func (r *sumReader) endSums() {
	r.current.clear()
	r.first = len(r.rows)
}

// sumOf returns the sum of such records. It is valid until the next row is made.
func (r *sumReader) sumOf(of *wal.Row, code sumCode) *recordSum {
	key := newRelationType(&of.Block, code)
	n, found := r.current.find(key, key.hash())
	if !found {
		r.rows = append(r.rows, sumRow{kind: kindSum, code: code, block: of.Block, recordSum: recordSum{first: of.LSN}})
	}
	return &r.rows[r.first+n].recordSum
}

// addImages makes a row of each full-page image of the record of a row, and returns how many
// they are.
func (r *sumReader) addImages(row int, h *wal.Head) (n int) {
	if r.sampler != nil {
		r.sampler.take(&r.walReader, row, h)
	}
	blocks := r.Blocks(row)
	for i := range blocks {
		block := &blocks[i]
		if block.Flags&desc.HasImage == 0 {
			continue
		}
		n++
		r.pages = append(r.pages, sumRow{
			kind: kindImage, code: codeOf(h.RMID, h.Info), block: wal.BlockOf(block),
			recordSum: recordSum{first: h.LSN, last: h.LSN, records: 1, bytes: int64(h.Length), fpiBytes: int64(block.ImageLength), images: 1},
		})
	}
	return n
}
