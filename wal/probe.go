package wal

// A prober looks for valid WAL after a place where none could be read. If there is
// any, the place is damage, and not the end of WAL.
type prober struct {
	w  walker
	in stretch
}

// probe returns the first page after lsn on which a valid record begins.
func (r *Reader) probe(lsn LSN) (page LSN, found bool) {
	if r.probed == nil {
		r.probed = &prober{w: r.set.walker(), in: stretch{set: r.set, window: &r.scan.window}}
		r.probed.w.more = func(size int) fault { return extend(&r.probed.w, &r.probed.in, size, size) }
	}
	p := r.probed
	from := r.w.pageOf(lsn) + LSN(r.w.pageSize)
	for i := range r.set.Segments {
		s := &r.set.Segments[i]
		begin := r.set.begin(s)
		end := begin + LSN(r.set.SegmentSize)
		if end <= from {
			continue
		}
		// A segment that was made ready for later is left out at once, but for the rest
		// of the one that the place is in.
		if begin >= from && r.set.segmentOf(lsn) != s.Number && !r.set.holds(s) {
			continue
		}
		if page, found := p.search(max(begin, from), end); found {
			return page, true
		}
	}
	return 0, false
}

// search looks at the pages from page to end.
func (p *prober) search(page, end LSN) (LSN, bool) {
	w := &p.w
	w.base, w.buf = page, w.buf[:0]
	for page < end {
		if page >= w.base+LSN(len(w.buf)) {
			w.base, w.buf = page, w.buf[:0]
			size := int(min(end-page, cursorWindow))
			extend(w, &p.in, size, size)
			if len(w.buf) == 0 {
				return 0, false
			}
		}
		w.order = timelines{}
		if found, ok := w.find(page, page+LSN(w.pageSize)); found && ok && w.step() {
			return page, true
		}
		page += LSN(w.pageSize)
	}
	return 0, false
}
