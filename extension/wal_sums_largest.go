package extension

import (
	"slices"
	"sync"
)

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
