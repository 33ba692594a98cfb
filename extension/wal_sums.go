package extension

import (
	"encoding/binary"
	"math"
	"math/bits"
	"strings"

	"walstats/extension/scan"
	"walstats/record"
	"walstats/rmgr"
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

// ticks has the lengths that a tick may have, in microseconds. Each divides the
// following one, and steps of 1, 2, 5, 10, 15 and 30 seconds or minutes are multiples
// of the largest that is not above them.
var ticks = [...]int64{1e3, 1e4, 1e5, 1e6, 5e6, 60e6, 3600e6}

// tickOf returns the tick of which there are at least the options' steps in the WAL.
func tickOf(in *walInput) (tick int64) {
	tick = ticks[0]
	first, last, ok := timeSpan(in)
	if !ok {
		return tick
	}
	for _, longer := range ticks {
		if longer <= (last-first)/int64(in.options.steps) {
			tick = longer
		}
	}
	return tick
}

// pieceOf returns the logarithm of the pieces' length: 64 kB, and less of little WAL.
func pieceOf(in *walInput) uint {
	const most, pieces = 16, 14
	size := uint64(len(in.set.Segments)) * uint64(in.set.SegmentSize)
	return uint(min(max(bits.Len64(size)-1-pieces, 0), most))
}

// spanSegments limits the number of segments that are searched for the first and the
// last time.
const spanSegments = 8

// timeSpan returns the first and the last time that records near both ends of the WAL have.
func timeSpan(in *walInput) (first, last int64, ok bool) {
	n := len(in.set.Segments)
	for i := 0; i < min(n, spanSegments) && !ok; i++ {
		first, _, ok = timesOf(in, i)
	}
	for i := n - 1; i >= max(0, n-spanSegments) && ok; i-- {
		if _, last, found := timesOf(in, i); found {
			return first, last, true
		}
	}
	return 0, 0, false
}

// timesOf returns the first and the last time of the records that begin in segment i.
func timesOf(in *walInput, i int) (first, last int64, ok bool) {
	set := in.set
	begin := wal.LSN(set.Segments[i].Number) * wal.LSN(set.SegmentSize)
	end := begin + wal.LSN(set.SegmentSize)
	if begin = max(begin, wal.LSN(in.options.startLSN)); in.options.endLSN != 0 {
		end = min(end, wal.LSN(in.options.endLSN))
	}
	if begin >= end {
		return 0, 0, false
	}
	scan, err := set.Between(begin, end).Scan()
	if err != nil {
		return 0, 0, false
	}
	defer scan.Close()
	r := scan.NewReader()
	defer r.Close()
	for c := scan.Next(); c != nil; c = scan.Next() {
		if r.Read(c) != nil {
			break
		}
		for row := range r.Len() {
			if t, timed := timeOf(r, row, r.Head(row)); timed {
				if !ok {
					first, ok = t, true
				}
				last = t
			}
		}
	}
	return first, last, ok
}

// timeOf returns the time that the record of a row has, in microseconds since 1970.
func timeOf(r *wal.Reader, row int, h wal.Head) (int64, bool) {
	if h.RMID != rmgr.Transaction && h.RMID != rmgr.XLOG {
		return 0, false
	}
	return desc.XactTime(r.Record(row))
}

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
	unsaid       []bool   // by row of the chunk: its sums say all of the record
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

	committed bool // of a transaction: its COMMIT is there, without text
	named     bool // of a transaction: a row of kind record tells of it
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
		r.Keep(func(row int) bool { return !r.unsaid[row] })
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
	r.unsaid = append(r.unsaid[:0], make([]bool, r.Len())...)
	r.sums.clear()
	r.transactions.clear()
	r.assigned = r.assigned[:0]
	timed := r.timed
	piece := r.Head(0).LSN >> r.in.piece
	for row := range r.Len() {
		h := r.Head(row)
		if at := h.LSN >> r.in.piece; at != piece {
			r.sums.clear()
			piece = at
		}
		transaction := r.add(row, &h)
		if h.RMID == rmgr.Transaction && h.Info&xactOperation == xactAssign {
			if data := r.Record(row).Main; len(data) >= 4 { // xl_xact_assignment begins with xtop
				r.assigned = append(r.assigned, xidKey(binary.LittleEndian.Uint32(data)))
			}
		}
		r.unsaid[row] = !r.tells(&h)
		if transaction != nil && !r.unsaid[row] && !(endsTransaction(&h) && h.Info&xactHasInfo == 0) {
			transaction.named = true
		}
		if len(timed) == 0 || timed[0].row != row {
			continue
		}
		i := len(r.timed) - len(timed)
		if transaction != nil && endsTransaction(&h) {
			transaction.ended, transaction.time = r.typeOf(h.RMID, h.Info), timed[0].time
			transaction.committed = h.Info&xactOperation == xactCommit && h.Info&xactHasInfo == 0
			r.unsaid[row] = h.Info&xactHasInfo == 0 && !r.atTick(i, r.in.fine)
		}
		if r.atTick(i, r.in.tick) {
			r.sums.clear()
		}
		timed = timed[1:]
	}
	for _, xid := range r.assigned {
		if t := r.transactions.lookup(xid, r.rows); t != nil {
			t.named = true
		}
	}
}

// Of transactions that lie in one chunk, these are rows of their own: the largest ones, and those
// that are not short.
const (
	largestKept = 32
	longRecords = 100
)

// fold puts the short transactions that began and committed in the chunk into one row.
func (r *sumReader) fold() {
	var largest [largestKept + 1]int64 // bytes, the largest first
	for i := range r.rows {
		if s := &r.rows[i]; r.isShort(s) && s.bytes > largest[largestKept-1] {
			at := largestKept
			for ; at > 0 && largest[at-1] < s.bytes; at-- {
				largest[at] = largest[at-1]
			}
			largest[at] = s.bytes
		}
	}
	least := largest[largestKept-1]
	ties := 0 // of the least size, that are among the largest
	for _, bytes := range largest[:largestKept] {
		if bytes == least {
			ties++
		}
	}
	folded := sumRow{kind: kindFolded, first: math.MaxUint64}
	kept := r.rows[:0]
	for i := range r.rows {
		s := &r.rows[i]
		keep := !r.isShort(s) || s.bytes > least
		if !keep && s.bytes == least && ties > 0 {
			keep = true
			ties--
		}
		if keep {
			kept = append(kept, *s)
			continue
		}
		folded.ended = s.ended
		folded.transactions++
		folded.first, folded.last = min(folded.first, s.first), max(folded.last, s.last)
		folded.records += s.records
		folded.bytes += s.bytes
		folded.fpiBytes += s.fpiBytes
		folded.images += s.images
	}
	if folded.transactions > 0 {
		kept = append(kept, folded)
	}
	r.rows = kept
}

// isShort reports whether a row has all of a transaction that committed, and nothing else
// tells of that.
func (r *sumReader) isShort(s *sumRow) bool {
	return s.kind == kindTransaction && s.committed && !s.named && s.records < longRecords && r.IsNew(s.xid)
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

// Parts of a Transaction record's info (src/include/access/xact.h), and the images that
// XLOG writes by themselves (src/include/catalog/pg_control.h).
const (
	xactOperation = 0x70
	xactCommit    = 0x00
	xactAbort     = 0x20
	xactAssign    = 0x50
	xactHasInfo   = 0x80

	xlogFPIForHint = 0xA0
	xlogFPI        = 0xB0
)

// endsTransaction reports whether a record ends the transaction of its xid.
func endsTransaction(h *wal.Head) bool {
	operation := h.Info & xactOperation
	return h.RMID == rmgr.Transaction && (operation == xactCommit || operation == xactAbort)
}

// tells reports whether a record says more than its sums: by its text, or by setting up the
// page that it names.
func (r *sumReader) tells(h *wal.Head) bool {
	switch h.RMID {
	case rmgr.Transaction, rmgr.Storage, rmgr.Database, rmgr.Tablespace:
		return true
	case rmgr.XLOG:
		return h.Info&0xF0 != xlogFPI && h.Info&0xF0 != xlogFPIForHint
	}
	return strings.HasSuffix(r.typeOf(h.RMID, h.Info), "+INIT")
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

// A sumKey has the values that rows are found by.
type sumKey interface {
	comparable
	hash() uint64
}

type xidKey uint32

const hashFactor = 0x9E3779B97F4A7C15

func (k xidKey) hash() uint64 { return uint64(k) * hashFactor >> 32 }

func (k relationType) hash() uint64 {
	h := (uint64(k.tablespace)<<32 | uint64(k.file)) * hashFactor
	return (h ^ uint64(k.database)<<16 ^ uint64(k.id)<<8 ^ uint64(k.info)) * hashFactor >> 32
}

// A sumIndex finds rows by key: a hash table, as a map takes four times longer.
type sumIndex[K sumKey] struct {
	slots []int32  // indices of keys, plus 1; 0 is free
	taken []uint32 // slots
	keys  []K
	rows  []int32 // by key
}

// clear forgets the keys.
func (x *sumIndex[K]) clear() {
	for _, slot := range x.taken {
		x.slots[slot] = 0
	}
	x.taken, x.keys, x.rows = x.taken[:0], x.keys[:0], x.rows[:0]
}

// find returns the row of a key in rows, and false if it is a new one.
func (x *sumIndex[K]) find(k K, rows *[]sumRow) (row *sumRow, found bool) {
	if 2*len(x.keys) >= len(x.slots) {
		x.grow()
	}
	slot := x.slotOf(k)
	if i := x.slots[slot]; i != 0 {
		return &(*rows)[x.rows[i-1]], true
	}
	x.take(slot, k)
	x.rows = append(x.rows, int32(len(*rows)))
	*rows = append(*rows, sumRow{})
	return &(*rows)[len(*rows)-1], false
}

// lookup returns the row of a key, nil if it has no row.
func (x *sumIndex[K]) lookup(k K, rows []sumRow) *sumRow {
	if len(x.keys) == 0 {
		return nil
	}
	if i := x.slots[x.slotOf(k)]; i != 0 {
		return &rows[x.rows[i-1]]
	}
	return nil
}

// slotOf returns the slot that has the key, or the free one where it belongs.
func (x *sumIndex[K]) slotOf(k K) uint32 {
	mask := uint32(len(x.slots) - 1)
	slot := uint32(k.hash()) & mask
	for i := x.slots[slot]; i != 0 && x.keys[i-1] != k; i = x.slots[slot] {
		slot = (slot + 1) & mask
	}
	return slot
}

func (x *sumIndex[K]) take(slot uint32, k K) {
	x.keys = append(x.keys, k)
	x.slots[slot] = int32(len(x.keys))
	x.taken = append(x.taken, slot)
}

// grow makes room for more keys.
func (x *sumIndex[K]) grow() {
	keys := x.keys
	x.slots = make([]int32, max(64, 2*len(x.slots)))
	x.taken, x.keys = x.taken[:0], nil
	for _, k := range keys {
		x.take(x.slotOf(k), k)
	}
}
