package wal

import (
	"bytes"
	"slices"
)

// A Reader reads one chunk after the other. Its memory is used again for each.
type Reader struct {
	scan   *Scan
	set    *Set
	w      walker
	in     stretch
	probed *prober

	chunk   *Chunk
	entries []entry // the chunk's records, which passed every check
	total   int     // how many there were before the options chose some
	err     error   // what comes after them

	seeking bool
	stopped bool // at a fault
	found   []Reject
	open    bool   // the last of found, or of the chunks before, goes on
	again   int    // how often the bytes at one place were read again
	damaged bool   // WAL of the chunk is damaged or missing
	newest  uint32 // xid before the chunk; 0 for none

	newestFound uint32 // xid of the chunk, with the option XIDs
	spare       []byte

	filler
}

// NewReader returns a reader for one goroutine.
func (s *Scan) NewReader() *Reader {
	r := &Reader{scan: s, set: s.set, in: stretch{set: s.set, window: &s.window}}
	r.w = s.set.walker()
	r.w.more = r.more
	r.filler.init(s.set)
	return r
}

// Close closes the reader's files.
func (r *Reader) Close() {
	r.in.close()
	if r.probed != nil {
		r.probed.in.close()
	}
}

// Damaged reports whether WAL is damaged or missing in the chunk that was read last, or
// before its first record. Where WAL ends is no damage.
func (r *Reader) Damaged() bool { return r.damaged }

// IsNew reports whether no record before the chunk has the xid. It is for scans with the
// option XIDs. Servers give xids in order, so this is so if it is above all of them; of one
// that is not, IsNew returns false.
func (r *Reader) IsNew(xid uint32) bool { return r.newest == 0 || int32(xid-r.newest) > 0 }

// newerXID returns the newer one of two xids, of which 0 is none.
func newerXID(a, b uint32) uint32 {
	if b == 0 || a != 0 && int32(a-b) > 0 {
		return a
	}
	return b
}

// Err returns the error that follows the records of the chunk: an [*Error] for damage.
func (r *Reader) Err() error { return r.err }

// lookahead is how much is read after a chunk at first, where its last record goes on.
const lookahead = 1

// recordRoom is how much room in bytes a window has for the end of a chunk's last record.
const recordRoom = 64 << 10

func (r *Reader) more(size int) fault { return extend(&r.w, &r.in, size, size) }

// Read reads the chunk and finds its records. It waits for the reader of the chunk
// before. The error is ErrClosed, or one of a file; then the chunk has no records.
func (r *Reader) Read(c *Chunk) error {
	out := boundary{stop: true}
	defer func() {
		if out.stop {
			r.scan.stopped.Store(true)
		}
		c.after <- out
	}()
	r.chunk, r.err, r.damaged = c, nil, false
	r.clear()

	var in boundary
	known := false
	select {
	case in = <-c.before:
		known = true
	default:
	}
	if known && (in.stop || in.next >= c.limit) {
		out = r.pass(in)
		return nil
	}
	r.load()
	if !known {
		r.start(boundary{place: place{next: c.begin}, seeking: true})
		r.run()
		select {
		case in = <-c.before:
		case <-r.scan.closed:
			r.clear()
			return ErrClosed
		}
	}
	if in.stop || in.next >= c.limit {
		r.clear()
		out = r.pass(in)
		return nil
	}
	if in.next < c.begin && !in.seeking {
		in = r.leap(in)
	}
	if known || !r.follows(in) {
		r.clear()
		r.start(in)
		r.run()
	}
	r.open = r.open || in.open && len(r.entries) == 0
	if in.open && len(r.entries) > 0 {
		r.damaged = true
		r.scan.close(r.w.lsn(int(r.entries[0].at)))
	}
	r.newest = in.newestXID
	out = r.finish()
	out.newestXID = newerXID(in.newestXID, r.newestFound)
	r.choose()
	return nil
}

// choose keeps the records that the options ask for.
func (r *Reader) choose() {
	o := &r.set.options
	r.total = len(r.entries)
	if o.Managers == nil && !o.FullPage {
		return
	}
	r.entries = slices.DeleteFunc(r.entries, func(e entry) bool {
		return o.Managers != nil && !o.Managers[e.manager] || o.FullPage && e.images == 0
	})
}

// clear forgets the records.
func (r *Reader) clear() {
	r.entries, r.found, r.total = r.entries[:0], r.found[:0], 0
	r.stopped, r.open, r.again, r.newestFound = false, false, 0, 0
}

// load reads the chunk and a little after it.
func (r *Reader) load() {
	w, c := &r.w, r.chunk
	w.base, w.buf, w.pageEnd = c.begin, w.buf[:0], 0
	room := int(c.limit-c.begin) + recordRoom
	if cap(w.buf) > max(keptWindow, room+2*maxGrowth) {
		w.buf = nil
	}
	if cap(w.buf) < room {
		w.buf = make([]byte, 0, room)
	}
	limit := w.pageOf(c.limit + LSN(w.pageSize) - 1)
	size := int(limit - c.begin)
	if segmentEnd := r.set.begin(c.segment) + LSN(w.SegmentSize); limit+lookahead*LSN(w.pageSize) <= segmentEnd {
		size += lookahead * w.pageSize
	}
	extend(w, &r.in, size, size) // a fault shows when its page is wanted
}

// start makes the reader begin at in.
func (r *Reader) start(in boundary) {
	r.w.moveTo(in.place)
	r.seeking = in.seeking
}

// run reads records up to the chunk's limit or, if errors are not ignored, to a fault.
func (r *Reader) run() {
	w, limit := &r.w, r.chunk.limit
	ignore := r.set.options.IgnoreErrors
	from, xids := r.set.options.Start, r.set.options.XIDs
	for w.next < limit {
		if r.seeking {
			found, ok := w.find(w.next, limit)
			switch {
			case ok && !found:
				return
			case !ok && (r.skipEmpty() || r.changed()):
				continue
			case !ok && ignore:
				w.next, w.order = w.pageOf(w.failed)+LSN(w.pageSize), timelines{}
				continue
			case !ok:
				r.reject()
				r.stopped = true
				return
			}
		}
		before := w.next
		if w.step() {
			r.seeking = false
			lsn := w.lsn(w.at)
			if lsn >= limit { // the end is within a page's header
				w.next = limit
				return
			}
			if lsn < from {
				continue
			}
			if r.open {
				r.closeFound(lsn)
			}
			r.entries = append(r.entries, entry{})
			e := &r.entries[len(r.entries)-1] // field by field: copying a struct just written makes the processor wait
			e.at, e.total, e.images, e.manager, e.info, e.block, e.fork = uint32(w.at), uint32(w.total), w.images, w.manager, w.info, w.block, w.fork
			if xids {
				r.newestFound = newerXID(r.newestFound, r.XID(len(r.entries)-1))
			}
			continue
		}
		if w.fault.code == overwritten {
			continue
		}
		if r.skipEmpty() {
			continue
		}
		if r.changed() {
			if r.seeking {
				w.next = w.pageOf(before)
			}
			continue
		}
		if !ignore {
			r.reject()
			r.stopped = true
			return
		}
		if !r.seeking {
			r.reject()
			r.open = true
		}
		r.seeking = true
		w.next, w.order = w.pageOf(w.failed)+LSN(w.pageSize), timelines{}
	}
}

// skipEmpty moves the reader on if the scan begins where a SWITCH left a segment empty.
func (r *Reader) skipEmpty() bool {
	w := &r.w
	if w.pageOf(w.failed) != r.scan.begin || !r.seeking || w.broken || !isEnd(&w.fault, w.layout) {
		return false
	}
	next, ok := r.set.afterSwitch(r.scan.begin)
	if ok = ok && next > w.failed; ok {
		w.next, w.order = next, timelines{}
	}
	return ok
}

// reject notes the walker's fault.
func (r *Reader) reject() { r.found = append(r.found, Reject{Error: r.set.newError(&r.w)}) }

// closeFound ends the last reject of the chunk at lsn.
func (r *Reader) closeFound(lsn LSN) {
	if n := len(r.found); n > 0 {
		last := &r.found[n-1]
		last.Length = int64(lsn - last.LSN)
		last.damaged()
	}
	r.open = false
}

// close ends the last reject of the scan at lsn.
func (s *Scan) close(lsn LSN) {
	if n := len(s.rejects); n > 0 {
		last := &s.rejects[n-1]
		last.Length = int64(lsn - last.LSN)
		last.damaged()
	}
}

// damaged makes the end of WAL damage: records follow.
func (e *Error) damaged() {
	switch {
	case e.code == missingSegment:
		e.Kind = Missing
	default:
		e.Kind = Damage
	}
	if e.Hint == "" {
		e.Hint = hintDamage
	}
}

// maxAgain is how often bytes that change while they are read are read again.
const maxAgain = 20

// changed reads the bytes again where the walker found a fault, and reports whether
// they are others: a server may be writing there.
func (r *Reader) changed() bool {
	w := &r.w
	if r.chunk.segment.Compression != "" || r.again >= maxAgain {
		return false
	}
	from := int(w.pageOf(w.failed) - w.base)
	if from < 0 || from > len(w.buf) {
		return false
	}
	to := max(w.looked, from+w.pageSize)
	if cap(r.spare) < to-from {
		r.spare = make([]byte, to-from)
	}
	n, _ := r.in.read(r.spare[:to-from], w.lsn(from))
	have := w.buf[min(from, len(w.buf)):min(to, len(w.buf))]
	if n == len(have) && bytes.Equal(r.spare[:n], have) || n < len(have) {
		return false
	}
	r.again++
	w.buf = append(w.buf[:from], r.spare[:n]...)
	w.pageEnd = 0
	return true
}

// follows reports whether the records that were found without knowing in are those
// that follow it.
func (r *Reader) follows(in boundary) bool {
	w := &r.w
	if len(r.entries) == 0 {
		return false
	}
	if in.seeking {
		return in.next <= r.chunk.begin
	}
	at := int(r.entries[0].at)
	page := at &^ w.pageMask
	first := w.lsn(at)
	if at == page+headerSize(w.buf[page:]) {
		first = w.lsn(page)
	}
	if first != in.next {
		return false
	}
	if prev := LSN(le.Uint64(joinPages(w.buf, w.pageSize, at, w.joined[:recordHeader])[prevAt:])); in.linked && prev != in.prev {
		return false
	}
	return w.base <= in.order.page || le.Uint32(w.buf[4:]) >= in.order.id
}

// leap notes that the segments between in and the chunk are missing.
func (r *Reader) leap(in boundary) boundary {
	w := &r.w
	after := w.place() // the chunk may have been read already
	w.moveTo(in.place)
	w.fault, w.failed, w.broken = fault{code: missingSegment, at: in.next}, in.next, false
	e := r.set.newError(w)
	w.moveTo(after)
	e.Kind = Missing
	r.damaged = true
	r.scan.rejects = append(r.scan.rejects, Reject{e, int64(r.chunk.begin - in.next)})
	return boundary{place: place{next: r.chunk.begin}, seeking: true, newestXID: in.newestXID}
}

// finish decides what the fault that stopped the reader is, and returns where the next
// chunk goes on.
func (r *Reader) finish() (out boundary) {
	w := &r.w
	for r.stopped || r.seeking && r.open {
		last := r.lastReject()
		resume, found := r.probe(last.LSN)
		if found && r.stopped && r.changed() { // the server went on meanwhile
			r.found = r.found[:len(r.found)-1]
			r.stopped = false
			r.run()
			continue
		}
		if found {
			last.damaged()
			r.damaged = true
		}
		switch {
		case r.stopped:
			if found || last.code == decompressFailed || last.code == readFailed || last.code == recordTooLong {
				r.err = last.Error
			}
			r.publish()
			return boundary{stop: true}
		case !found:
			r.publish()
			return boundary{stop: true}
		}
		r.publish()
		return boundary{place: placeAt(max(resume, r.chunk.limit)), seeking: true, open: true}
	}
	r.publish()
	return r.pass(boundary{place: w.place(), seeking: r.seeking, open: r.open})
}

// pass returns in, which the next chunk gets. After the last chunk it notes that WAL
// ends with the last file.
func (r *Reader) pass(in boundary) boundary {
	if r.chunk.last && r.scan.whole && !in.stop && !in.open {
		w := &r.w
		w.moveTo(in.place)
		w.fault, w.failed, w.broken = fault{code: missingSegment, at: in.next}, in.next, false
		r.scan.rejects = append(r.scan.rejects, Reject{Error: r.set.newError(w)})
	}
	return in
}

func placeAt(lsn LSN) place { return place{next: lsn} }

// lastReject returns the reject that is open.
func (r *Reader) lastReject() *Reject {
	if n := len(r.found); n > 0 {
		return &r.found[n-1]
	}
	return &r.scan.rejects[len(r.scan.rejects)-1]
}

// publish gives the chunk's rejects to the scan.
func (r *Reader) publish() {
	for i := range r.found {
		r.damaged = r.damaged || r.found[i].Kind == Damage || r.found[i].Kind == Missing
	}
	r.scan.rejects = append(r.scan.rejects, r.found...)
	r.found = r.found[:0]
}
