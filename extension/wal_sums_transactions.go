package extension

import (
	"math"
	"slices"
	"sync"

	"walstats/wal"
)

// An xidSum adds up the records of an xid.
type xidSum struct {
	recordSum
	xid   uint32
	rows  [2]int // of the chunk: its first record and its last one
	kept  bool   // it has a row of its own
	named bool   // a row of kind record tells more of it
	ended string // the record_type of its end, empty without one
	time  int64  // of its end
}

// sumOfXID returns the sum of an xid. It is valid until the next call.
func (r *sumReader) sumOfXID(xid uint32, row int, lsn wal.LSN) *xidSum {
	if n := len(r.xids); n > 0 && r.xids[n-1].xid == xid {
		return &r.xids[n-1]
	}
	n, found := r.byXID.find(xid, hashOfXID(xid))
	if !found {
		r.xids = append(r.xids, xidSum{recordSum: recordSum{first: lsn}, xid: xid, rows: [2]int{row, row}})
	}
	return &r.xids[n]
}

// A transaction with longRecords is not short.
const longRecords = 100

// fold makes a row of each transaction, and one of all that are short but those that may be
// among the largest.
func (r *sumReader) fold() {
	limit := r.in.largest.limit()
	r.largest = r.largest[:0]
	folded := sumRow{kind: kindFolded, recordSum: recordSum{first: math.MaxUint64}}
	for i := range r.xids {
		t := &r.xids[i]
		if !r.isShort(t) {
			r.addTransaction(t)
			continue
		}
		if t.size().isLarger(limit) {
			r.largest = append(r.largest, t)
			continue
		}
		folded.addShort(t)
	}
	limit = r.in.largest.add(r.largest)
	for _, t := range r.largest {
		if limit.isLarger(t.size()) {
			folded.addShort(t)
		} else {
			r.addTransaction(t)
		}
	}
	if folded.transactions > 0 {
		r.rows = append(r.rows, folded)
	}
}

// addShort adds a transaction to those that have one row together.
func (s *sumRow) addShort(t *xidSum) {
	s.transactions++
	s.ended = t.ended
	s.first, s.last = min(s.first, t.first), max(s.last, t.last)
	s.records += t.records
	s.bytes += t.bytes
	s.fpiBytes += t.fpiBytes
	s.images += t.images
}

// isShort reports whether a sum has all of a transaction that committed, and nothing else
// tells more of it.
func (r *sumReader) isShort(t *xidSum) bool {
	return t.ended == commitType && !t.named && t.records < longRecords && r.IsNew(t.xid)
}

func (r *sumReader) addTransaction(t *xidSum) {
	t.kept = true
	r.rows = append(r.rows, sumRow{kind: kindTransaction, recordSum: t.recordSum, xid: t.xid, ended: t.ended, time: t.time, transactions: 1})
}

// A changeKey has what the changes of a transaction are told apart by.
type changeKey struct {
	of  relationType
	xid uint32
}

// addChanges makes rows of what the transactions that have rows of their own did, by type and
// relation.
func (r *sumReader) addChanges() {
	r.changes.clear()
	first, next := len(r.rows), 0
	var of wal.Row
	for i := range r.xids { // in the order of their first records
		t := &r.xids[i]
		if !t.kept {
			continue
		}
		for row := max(next, t.rows[0]); row <= t.rows[1]; row++ {
			r.Row(row, &of)
			if of.XID == 0 || of.XID != t.xid && !r.xids[r.byXID.lookup(of.XID, hashOfXID(of.XID))].kept {
				continue
			}
			code := codeOf(of.RMID, of.Info)
			key := changeKey{newRelationType(&of.Block, code), of.XID}
			n, found := r.changes.find(key, key.of.hash()^hashOfXID(of.XID))
			if !found {
				r.rows = append(r.rows, sumRow{kind: kindChange, code: code, block: of.Block, xid: of.XID, recordSum: recordSum{first: of.LSN}})
			}
			r.rows[first+n].add(&of.Head, 0)
		}
		next = max(next, t.rows[1]+1)
	}
}

// largestKept is how many of the largest short transactions are rows of their own, at least.
const largestKept = 32

// A transactionSize tells which of two transactions a list of the largest has first.
type transactionSize struct {
	bytes int64
	xid   uint32
}

func (t *xidSum) size() transactionSize { return transactionSize{t.bytes, t.xid} }

func (a transactionSize) isLarger(b transactionSize) bool {
	return a.bytes > b.bytes || a.bytes == b.bytes && a.xid < b.xid
}

// largestTransactions knows the largest short transactions of the chunks that were read.
type largestTransactions struct {
	mu  sync.Mutex
	all []transactionSize // the largest first
}

// limit returns a size: what is not larger is not among the largest.
func (l *largestTransactions) limit() transactionSize {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last()
}

func (l *largestTransactions) last() transactionSize {
	if len(l.all) < largestKept {
		return transactionSize{bytes: -1}
	}
	return l.all[largestKept-1]
}

// add takes the transactions of a chunk, and returns the limit then.
func (l *largestTransactions) add(chunk []*xidSum) transactionSize {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, t := range chunk {
		size := t.size()
		if len(l.all) == largestKept && !size.isLarger(l.last()) {
			continue
		}
		at, _ := slices.BinarySearchFunc(l.all, size, func(a, b transactionSize) int {
			if a.isLarger(b) {
				return -1
			}
			return 1
		})
		l.all = slices.Insert(l.all, at, size)
		l.all = l.all[:min(len(l.all), largestKept)]
	}
	return l.last()
}
