package wal

import (
	"io"
	"slices"

	"walstats/rmgr"
	"walstats/wal/desc"
)

// A Cursor reads the records of a [Set] one by one, as pg_waldump does: with its order
// of checks, its ends and its messages.
//
//	c := set.Cursor(start, end)
//	defer c.Close()
//	first, err := c.First()
//	for err == nil {
//		var r *desc.Record
//		if r, err = c.Next(); err == nil {
//			// r is valid until the next call
//		}
//	}
//	// io.EOF at end, an *Error where no record can be read
type Cursor struct {
	set    *Set
	w      walker
	in     stretch
	record decoded
	joined []byte // a record that crosses pages
	start  LSN
}

// cursorWindow is how much WAL a cursor reads at once.
const cursorWindow = 256 << 10

// Cursor returns a cursor over the records from start on whose last byte is before
// end. If end is 0, it ends where WAL does. The options' Start and End do not count.
func (s *Set) Cursor(start, end LSN) *Cursor {
	c := &Cursor{set: s, start: start, in: stretch{set: s}}
	c.w = s.walker()
	c.w.end = end
	c.w.more = c.more
	c.w.next = start
	return c
}

// walker returns a walker with the set's options and no window.
func (s *Set) walker() walker {
	return walker{layout: s.layout, unchecked: s.options.SkipChecksums, maxRecord: s.options.MaxRecordSize}
}

// more extends the window.
func (c *Cursor) more(size int) fault {
	f := extend(&c.w, &c.in, size, max(size, min(2*len(c.w.buf), cursorWindow)))
	return f
}

// extend reads pages into the window of w until it has at least least bytes, and up to
// wanted.
func extend(w *walker, in *stretch, least, wanted int) fault {
	have := len(w.buf)
	if cap(w.buf) < wanted {
		grown := make([]byte, have, max(wanted, min(2*cap(w.buf), wanted+maxGrowth)))
		copy(grown, w.buf)
		w.buf = grown
	}
	n, f := in.read(w.buf[have:wanted], w.lsn(have))
	w.buf = w.buf[:have+n]
	if len(w.buf) >= least {
		return fault{}
	}
	return f
}

// maxGrowth is how much memory at most is got before pages have said that a record
// is that long.
const maxGrowth = 4 << 20

// First finds the first record that begins at or after the start, and returns its
// place. The error is an *Error whose Message is pg_waldump's.
func (c *Cursor) First() (LSN, error) {
	w := &c.w
	start := c.start
	w.base, w.buf, w.pageEnd = w.pageOf(start), w.buf[:0], 0
	w.linked, w.prev, w.order = false, 0, timelines{}
	// xlogreader looks at a segment's first page before any other.
	if segment := start &^ LSN(w.SegmentSize-1); segment != w.base {
		page := make([]byte, w.pageSize)
		_, f := c.in.read(page, segment)
		if !f.found() {
			f = w.checkPage(page, segment, &w.order)
		}
		if f.found() {
			w.fail(f, 0)
			return 0, c.notFound()
		}
	}
	if !c.find() {
		return 0, c.notFound()
	}
	for {
		before := w.place()
		if !c.step() {
			return 0, c.notFound()
		}
		if at := w.lsn(w.at); at >= c.start {
			before.next, before.linked, before.prev = at, false, 0
			if page := w.at &^ w.pageMask; w.at == page+headerSize(w.buf[page:]) {
				before.next = w.pageOf(at) // it is read again, with its page's header
			}
			before.order = timelines{}
			w.moveTo(before)
			return at, nil
		}
	}
}

// find moves the cursor to the first record that begins in the window's first page or
// after it.
func (c *Cursor) find() bool {
	w := &c.w
	for {
		limit := w.base + cursorWindow
		if found, ok := w.find(w.base, limit); found || !ok {
			return ok
		}
		w.base, w.buf = limit, w.buf[:0]
	}
}

// afterSwitch returns where WAL goes on if lsn is in the part of a segment that a SWITCH
// left empty. Only the records before it tell that.
func (s *Set) afterSwitch(lsn LSN) (next LSN, ok bool) {
	c := s.Cursor(0, 0)
	defer c.Close()
	begin := lsn &^ LSN(s.SegmentSize-1)
	for _, from := range [...]LSN{begin, begin - LSN(s.PageSize)} { // a SWITCH may cross into the segment
		c.w.base, c.w.buf, c.w.order = from, c.w.buf[:0], timelines{}
		for ok = c.find(); ok && c.w.next <= lsn; ok = c.step() {
		}
		if ok {
			return c.w.next, true
		}
	}
	return 0, false
}

// notFound returns the error of First.
func (c *Cursor) notFound() error {
	e := c.set.newError(&c.w)
	reason := e.Message
	e.Message = "could not find a valid record after " + c.set.layout.text(c.start)
	if c.w.fault.code == missingSegment || c.w.fault.code == shortSegment || c.w.fault.code == readFailed {
		e.Message = reason
	} else if c.set.Version >= rmgr.V19 && reason != "" {
		e.Message += ": " + reason
	}
	return e
}

// step reads the next record, and moves the window to it first if it is full.
func (c *Cursor) step() bool {
	w := &c.w
	for {
		c.move()
		if w.step() {
			return true
		}
		if w.fault.code != overwritten {
			return false
		}
	}
}

// move makes the window begin at the next record's page, if that is after the window's
// middle.
func (c *Cursor) move() {
	w := &c.w
	page := w.pageOf(w.next)
	if page < w.base+LSN(len(w.buf)) && page-w.base < cursorWindow/2 {
		return
	}
	kept := 0
	if page < w.base+LSN(len(w.buf)) {
		kept = copy(w.buf, w.buf[page-w.base:])
	}
	if w.pageEnd -= int(page - w.base); w.pageEnd < 0 {
		w.pageEnd = 0
	}
	w.buf, w.base = w.buf[:kept], page
	if cap(w.buf) > keptWindow {
		w.buf = append(make([]byte, 0, cursorWindow), w.buf...)
	}
}

// keptWindow is how much memory of a window is kept after a long record.
const keptWindow = 8 << 20

// Next returns the next record. It is valid until the next call. At the end, the error
// is io.EOF; otherwise it is an *Error. After an *Error, Next tries the same place
// again with what the file holds then.
func (c *Cursor) Next() (*desc.Record, error) {
	w := &c.w
	if !c.step() {
		if w.fault.code == endReached {
			return nil, io.EOF
		}
		e := c.set.newError(w)
		c.forget()
		return nil, e
	}
	r := &c.record
	p := w.buf[w.at:min(w.at+w.total, len(w.buf))]
	if w.at&w.pageMask+w.total > w.pageSize {
		c.joined = slices.Grow(c.joined[:0], w.total)[:w.total]
		p = w.join(w.at, w.total, c.joined)
	}
	r.setData(p, r.set(w.layout, p, w.lsn(w.at)))
	return &r.Record, nil
}

// forget drops the window, so that the next step reads it again.
func (c *Cursor) forget() {
	w := &c.w
	w.base, w.buf, w.pageEnd = w.pageOf(w.next), w.buf[:0], 0
	c.in.close()
}

// EndLSN returns where the record that Next returned ends: where the next one's page
// header or the next record is.
func (c *Cursor) EndLSN() LSN { return c.w.next }

// Close closes the files.
func (c *Cursor) Close() { c.in.close() }
