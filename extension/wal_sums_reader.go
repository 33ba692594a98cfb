package extension

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"
	"strings"

	"walstats/record"
	"walstats/rmgr"
	"walstats/wal"
	"walstats/wal/desc"
)

// A sumReader makes the rows of one chunk after the other.
type sumReader struct {
	walReader
	in *sumInput

	rows         []sumRow
	next         int // of rows
	sums         sumIndex[relationType]
	transactions sumIndex[xidKey]
	timed        []timedRecord
	assigned     []xidKey // that an ASSIGNMENT says subtransactions of
	kept         []bool   // by row of the chunk: it is a row of kind record
}

func newSumReader(in *sumInput) *sumReader { return &sumReader{walReader: in.newReader(), in: in} }

// A timedRecord is a record that has a time.
type timedRecord struct {
	row  int
	time int64
}

// A relationType has what a sum is of.
type relationType struct {
	tablespace, database, file uint32 // 0 without a block
	id                         rmgr.ID
	info                       byte
}

// A sumRow is a row of any kind but record.
type sumRow struct {
	kind        record.String
	of          relationType    // of a sum; of an image, without its relation
	block       record.BlockRef // of an image; of a sum, its relation
	xid         uint32          // of a transaction
	ended       string          // of a transaction: the record_type of its end, empty without one
	time        int64           // of its end
	first, last wal.LSN

	records, bytes, fpiBytes, images int64
	transactions                     int64

	named bool // of a transaction: a row of kind record tells more of it
}

func (s *sumRow) add(h *wal.Head, images int) {
	s.last = h.LSN
	s.records++
	s.bytes += int64(h.Length)
	s.fpiBytes += int64(h.Images)
	s.images += int64(images)
}

// Load reads the chunk and sums it up.
func (r *sumReader) Load() error {
	if err := r.walReader.Load(); err != nil {
		return err
	}
	r.rows, r.next = r.rows[:0], 0
	if r.Damaged() {
		begin, _ := r.chunk.Range()
		r.rows = append(r.rows, sumRow{kind: kindDamage, first: begin, last: begin})
	}
	if r.Len() > 0 {
		r.findTimes()
		r.sum()
		r.fold()
		r.Keep(func(row int) bool { return r.kept[row] })
	}
	return nil
}

// findTimes notes which records have a time.
func (r *sumReader) findTimes() {
	r.timed = r.timed[:0]
	for row := range r.Len() {
		if t, ok := timeOf(r.Reader, row, r.Head(row)); ok {
			r.timed = append(r.timed, timedRecord{row, t})
		}
	}
}

// atTick reports whether the i-th record with a time is the first or the last of a tick of
// that length, as far as the chunk tells.
func (r *sumReader) atTick(i int, length int64) bool {
	tick := r.timed[i].time / length
	return i == 0 || r.timed[i-1].time/length != tick || i == len(r.timed)-1 || r.timed[i+1].time/length != tick
}

// sum makes rows of the chunk's records. Sums end with a piece, and with the first and
// the last record that has a time in a tick.
func (r *sumReader) sum() {
	r.kept = append(r.kept[:0], make([]bool, r.Len())...)
	r.sums.clear()
	r.transactions.clear()
	r.assigned = r.assigned[:0]
	timed := 0 // the next of r.timed
	piece := r.Head(0).LSN >> r.in.piece
	for row := range r.Len() {
		h := r.Head(row)
		if at := h.LSN >> r.in.piece; at != piece {
			r.sums.clear()
			piece = at
		}
		transaction := r.add(row, &h)
		if desc.IsAssignment(h.RMID, h.Info) {
			if data := r.Record(row).Main; len(data) >= 4 { // xl_xact_assignment begins with xtop
				r.assigned = append(r.assigned, xidKey(binary.LittleEndian.Uint32(data)))
			}
		}
		ends, more := desc.EndsTransaction(h.RMID, h.Info)
		onlyTime := ends && !more // is what it tells
		r.kept[row] = r.tells(&h)
		if transaction != nil && r.kept[row] && !onlyTime {
			transaction.named = true
		}
		if timed == len(r.timed) || r.timed[timed].row != row {
			continue
		}
		if transaction != nil && ends {
			transaction.ended, transaction.time = r.typeOf(h.RMID, h.Info), r.timed[timed].time
			r.kept[row] = more || r.atTick(timed, r.in.fine)
		}
		if r.atTick(timed, r.in.tick) {
			r.sums.clear()
		}
		timed++
	}
	for _, xid := range r.assigned {
		if t := r.transactions.lookup(xid, r.rows); t != nil {
			t.named = true
		}
	}
}

// Of short transactions that lie in one chunk, the largest are rows of their own.
const (
	largestKept = 32
	longRecords = 100 // a transaction with so many is not short
)

// fold puts the other short transactions into one row.
func (r *sumReader) fold() {
	var short []int
	for i := range r.rows {
		if r.isShort(&r.rows[i]) {
			short = append(short, i)
		}
	}
	if len(short) <= largestKept {
		return
	}
	slices.SortStableFunc(short, func(a, b int) int { return cmp.Compare(r.rows[b].bytes, r.rows[a].bytes) })
	folded := sumRow{kind: kindFolded, ended: r.rows[short[0]].ended, first: math.MaxUint64}
	for _, i := range short[largestKept:] {
		s := &r.rows[i]
		folded.transactions++
		folded.first, folded.last = min(folded.first, s.first), max(folded.last, s.last)
		folded.records += s.records
		folded.bytes += s.bytes
		folded.fpiBytes += s.fpiBytes
		folded.images += s.images
		s.kind = record.String{}
	}
	r.rows = append(slices.DeleteFunc(r.rows, func(s sumRow) bool { return s.kind == record.String{} }), folded)
}

// isShort reports whether a row has all of a transaction that committed, and nothing else
// tells more of it.
func (r *sumReader) isShort(s *sumRow) bool {
	return s.kind == kindTransaction && s.ended == commitType && !s.named && s.records < longRecords && r.IsNew(s.xid)
}

// add adds the record of a row to its sums. It returns that of its transaction, nil if it
// has none; it is valid until the next call.
func (r *sumReader) add(row int, h *wal.Head) *sumRow {
	of := relationType{id: h.RMID, info: h.Info & 0xF0}
	var ref record.BlockRef
	if r.FirstBlock(row, &ref) {
		of.tablespace, of.database, of.file = ref.RelTablespace, ref.RelDatabase, ref.RelFileNode
	}
	images := r.addImages(row, h)
	s, found := r.sums.find(of, &r.rows)
	if !found {
		s.kind, s.of, s.block, s.first = kindSum, of, ref, h.LSN
	}
	s.add(h, images)
	xid := xidKey(r.XID(row))
	if xid == 0 {
		return nil
	}
	t, found := r.transactions.find(xid, &r.rows)
	if !found {
		t.kind, t.xid, t.first, t.transactions = kindTransaction, uint32(xid), h.LSN, 1
	}
	t.add(h, images)
	return t
}

// addImages makes a row of each full-page image of the record of a row, and returns how many
// they are.
func (r *sumReader) addImages(row int, h *wal.Head) (n int) {
	if h.Images == 0 {
		return 0
	}
	for _, block := range r.Blocks(row) {
		if block.Flags&desc.HasImage == 0 {
			continue
		}
		n++
		r.rows = append(r.rows, sumRow{
			kind: kindImage, of: relationType{id: h.RMID, info: h.Info}, block: wal.BlockRef(&block), first: h.LSN, last: h.LSN,
			records: 1, bytes: int64(h.Length), fpiBytes: int64(block.ImageLength), images: 1,
		})
	}
	return n
}

func (r *sumReader) typeOf(id rmgr.ID, info byte) string {
	return r.in.set.Version.RecordType(id, info)
}

// Record types, as every version names them: of a transaction that committed, and of the
// images that XLOG writes by themselves.
const (
	commitType    = "COMMIT"
	imageType     = "FPI"
	hintImageType = "FPI_FOR_HINT"
)

// tells reports whether a record says more than its sums: by its text, or by setting up the
// page that it names.
func (r *sumReader) tells(h *wal.Head) bool {
	switch h.RMID {
	case rmgr.Transaction, rmgr.Storage, rmgr.Database, rmgr.Tablespace:
		return true
	case rmgr.XLOG:
		name := r.typeOf(h.RMID, h.Info)
		return name != imageType && name != hintImageType
	}
	return strings.HasSuffix(r.typeOf(h.RMID, h.Info), "+INIT")
}
