package extension

import (
	"encoding/binary"
	"math"
	"slices"

	"walstats/record"
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
	images  []sumRow

	xids     []xidSum
	byXID    sumIndex[xidKey]
	assigned []xidKey // that an ASSIGNMENT says subtransactions of
	largest  []*xidSum

	timed []timedRecord
	kept  []bool // by row of the chunk: it is a row of kind record

	names   *catalog.Collector // nil if they are not wanted
	sampler *imageSampler      // likewise
}

func newSumReader(in *sumInput) *sumReader {
	r := &sumReader{walReader: in.newReader(), in: in}
	if in.options.names {
		r.names = in.newCollector()
	}
	if in.sample != nil {
		r.sampler = in.sample.newSampler()
	}
	return r
}

// A timedRecord is a record that has a time.
type timedRecord struct {
	row  int
	time int64
}

// A relationType has what a sum is of.
type relationType struct {
	tablespace, database, file uint32 // 0 without a block
	code                       sumCode
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
	code  sumCode         // of a sum and an image
	block record.BlockRef // of an image; of a sum, its relation
	recordSum

	// Of transactions.
	xid          uint32
	ended        string // the record_type of its end, empty without one
	time         int64  // of its end
	transactions int64
}

// An xidSum adds up the records of an xid.
type xidSum struct {
	recordSum
	xid   uint32
	named bool   // a row of kind record tells more of it
	ended string // the record_type of its end, empty without one
	time  int64  // of its end
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
	if r.sampler != nil {
		if err := r.sampler.add(&r.walReader); err != nil {
			return err
		}
	}
	r.findTimes()
	r.sum()
	r.fold()
	r.Keep(func(row int) bool { return r.kept[row] })
	return nil
}

// findTimes notes which records have a time.
func (r *sumReader) findTimes() {
	r.timed = r.timed[:0]
	for row := range r.Len() {
		if h := r.Head(row); r.in.types[codeOf(&h)]&mayHaveTime == 0 {
			continue
		}
		if t, ok := r.XactTime(row); ok {
			r.timed = append(r.timed, timedRecord{row, t})
		}
	}
}

// atTick reports whether the i-th record with a time is the first or the last of a tick, as
// far as the chunk tells.
func (r *sumReader) atTick(i int) bool {
	tick := r.timed[i].time / r.in.tick
	return i == 0 || r.timed[i-1].time/r.in.tick != tick || i == len(r.timed)-1 || r.timed[i+1].time/r.in.tick != tick
}

// sum makes rows of the chunk's records. Sums end with a piece, and with the first and
// the last record that has a time in a tick.
func (r *sumReader) sum() {
	r.kept = append(r.kept[:0], make([]bool, r.Len())...)
	r.xids, r.assigned, r.images = r.xids[:0], r.assigned[:0], r.images[:0]
	r.byXID.clear()
	r.endSums()
	timed := 0 // the next of r.timed
	piece := r.Head(0).LSN >> r.in.piece
	var ref record.BlockRef
	for row := range r.Len() {
		h := r.Head(row)
		if at := h.LSN >> r.in.piece; at != piece {
			r.endSums()
			piece = at
		}
		if !r.FirstBlock(row, &ref) {
			ref = record.BlockRef{}
		}
		images := 0
		if h.Images > 0 {
			images = r.addImages(row, &h)
		}
		r.sumOf(&h, &ref).add(&h, images)
		if r.names != nil {
			r.names.AddRecord(r.Reader, row, h.RMID, &ref)
		}
		var transaction *xidSum
		if xid := r.XID(row); xid != 0 {
			transaction = r.sumOfXID(xid, h.LSN)
			transaction.add(&h, images)
		}
		t := r.in.types[codeOf(&h)]
		if t == 0 {
			continue
		}
		r.kept[row] = t&tells != 0
		if t&assigns != 0 {
			if data := r.Record(row).Main; len(data) >= 4 { // xl_xact_assignment begins with xtop
				r.assigned = append(r.assigned, xidKey(binary.LittleEndian.Uint32(data)))
			}
		}
		if transaction != nil && t&tells != 0 && t&onlyTime == 0 {
			transaction.named = true
		}
		if timed == len(r.timed) || r.timed[timed].row != row {
			continue
		}
		if transaction != nil && t&ends != 0 {
			transaction.ended, transaction.time = r.in.set.Version.RecordType(h.RMID, h.Info), r.timed[timed].time
			r.kept[row] = t&onlyTime == 0 || r.atTick(timed)
		}
		if r.atTick(timed) {
			r.endSums()
		}
		timed++
	}
	r.rows = append(r.rows, r.images...)
	for _, xid := range r.assigned {
		if n := r.byXID.lookup(xid); n >= 0 {
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
func (r *sumReader) sumOf(h *wal.Head, ref *record.BlockRef) *recordSum {
	n, found := r.current.find(relationType{ref.RelTablespace, ref.RelDatabase, ref.RelFileNode, codeOf(h)})
	if !found {
		r.rows = append(r.rows, sumRow{kind: kindSum, code: codeOf(h), block: *ref, recordSum: recordSum{first: h.LSN}})
	}
	return &r.rows[r.first+n].recordSum
}

// sumOfXID returns the sum of an xid. It is valid until the next call.
func (r *sumReader) sumOfXID(xid uint32, lsn wal.LSN) *xidSum {
	if n := len(r.xids); n > 0 && r.xids[n-1].xid == xid {
		return &r.xids[n-1]
	}
	n, found := r.byXID.find(xidKey(xid))
	if !found {
		r.xids = append(r.xids, xidSum{recordSum: recordSum{first: lsn}, xid: xid})
	}
	return &r.xids[n]
}

// addImages makes a row of each full-page image of the record of a row, and returns how many
// they are.
func (r *sumReader) addImages(row int, h *wal.Head) (n int) {
	blocks := r.Blocks(row)
	for i := range blocks {
		block := &blocks[i]
		if block.Flags&desc.HasImage == 0 {
			continue
		}
		n++
		r.images = append(r.images, sumRow{
			kind: kindImage, code: codeOf(h), block: wal.BlockRef(block),
			recordSum: recordSum{first: h.LSN, last: h.LSN, records: 1, bytes: int64(h.Length), fpiBytes: int64(block.ImageLength), images: 1},
		})
	}
	return n
}

// Of short transactions that lie in one chunk, the largest are rows of their own.
const (
	largestKept = 16
	longRecords = 100 // a transaction with so many is not short
)

// fold makes a row of each transaction, and one of all that are short but the largest.
func (r *sumReader) fold() {
	r.largest = r.largest[:0]
	folded := sumRow{kind: kindFolded, recordSum: recordSum{first: math.MaxUint64}}
	for i := range r.xids {
		t := &r.xids[i]
		if !r.isShort(t) {
			r.addTransaction(t)
			continue
		}
		if n := len(r.largest); n < largestKept || t.isLarger(r.largest[n-1]) {
			at, _ := slices.BinarySearchFunc(r.largest, t, func(a, b *xidSum) int {
				if a.isLarger(b) {
					return -1
				}
				return 1
			})
			r.largest = slices.Insert(r.largest, at, t)
			if n < largestKept {
				continue
			}
			t = r.largest[n]
			r.largest = r.largest[:n]
		}
		folded.transactions++
		folded.ended = t.ended
		folded.first, folded.last = min(folded.first, t.first), max(folded.last, t.last)
		folded.records += t.records
		folded.bytes += t.bytes
		folded.fpiBytes += t.fpiBytes
		folded.images += t.images
	}
	for _, t := range r.largest {
		r.addTransaction(t)
	}
	if folded.transactions > 0 {
		r.rows = append(r.rows, folded)
	}
}

// isLarger reports whether a list of the largest transactions has t before other.
func (t *xidSum) isLarger(other *xidSum) bool {
	return t.bytes > other.bytes || t.bytes == other.bytes && t.xid < other.xid
}

// isShort reports whether a sum has all of a transaction that committed, and nothing else
// tells more of it.
func (r *sumReader) isShort(t *xidSum) bool {
	return t.ended == commitType && !t.named && t.records < longRecords && r.IsNew(t.xid)
}

func (r *sumReader) addTransaction(t *xidSum) {
	r.rows = append(r.rows, sumRow{kind: kindTransaction, recordSum: t.recordSum, xid: t.xid, ended: t.ended, time: t.time, transactions: 1})
}
