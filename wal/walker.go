package wal

// A walker reads records one after the other from pages in memory, and makes the
// checks of XLogReadRecord (src/backend/access/transam/xlogreader.c) in their order.
//
// A record within one page is read in place. The pieces of a longer one are checked
// where they are; nothing is copied but block headers that cross a page's end.
type walker struct {
	*layout
	unchecked bool // checksums are not verified
	maxRecord int  // bytes of a record
	end       LSN  // pg_waldump's --end: nothing is read from it on; 0 for none

	// The window: whole pages from base on. more appends pages up to size bytes, or
	// returns why it cannot; those before that are there then.
	buf  []byte
	base LSN
	more func(size int) fault

	next    LSN // where to look for the next record: after the last one, or a page's beginning
	prev    LSN // the record read last; 0 for none
	linked  bool
	pageEnd int // of the page that was entered last, in buf; 0 for none
	order   timelines

	// The record that step read.
	at      int // in buf
	total   int
	images  uint32
	manager byte
	info    byte
	block   byte // where its first block is: see entry
	fork    byte // of that

	// Why step did not.
	fault  fault
	failed LSN  // where the record begins, or would
	broken bool // some of it was there
	looked int  // in buf: the end of the last page that the record's check looked at

	headers headers
	joined  [maxHeaders]byte
}

// A place is where a walker may go on.
type place struct {
	next   LSN
	prev   LSN  // the record before; 0 for none
	linked bool // the next record has to name it
	order  timelines
}

// place returns where the walker is.
func (w *walker) place() place { return place{w.next, w.prev, w.linked, w.order} }

// moveTo makes the walker go on at p.
func (w *walker) moveTo(p place) {
	w.next, w.prev, w.linked, w.order = p.next, p.prev, p.linked, p.order
	w.pageEnd = 0
}

// lsn returns the LSN of the byte at in the window.
func (w *walker) lsn(at int) LSN { return w.base + LSN(at) }

// step reads the next record. If it returns false, w.fault says why, and the walker
// is where it was: step may be tried again when the window has other bytes. One fault
// is not an error: overwritten says that the walker has left a record that was never
// finished.
func (w *walker) step() bool {
	pos := int(w.next - w.base)
	if pos >= w.pageEnd {
		if pos = w.enter(pos); pos < 0 {
			return false
		}
	}
	b := w.buf[pos:w.pageEnd]
	if len(b) < recordHeader || w.end != 0 && w.lsn(w.pageEnd) > w.end {
		return w.stepSlow(pos)
	}
	total := int(le.Uint32(b))
	if total > len(b) {
		return w.assemble(pos, total)
	}
	if total < recordHeader {
		return w.fail(fault{code: recordLength, at: w.lsn(pos), a: uint64(total)}, pos)
	}
	if code, found := w.checkHeader(b, w.lsn(pos)); code != noFault {
		return w.fail(fault{code: code, at: w.lsn(pos), a: found, b: uint64(w.prev)}, pos)
	}
	if total > w.maxRecord {
		return w.fail(fault{code: recordTooLong, at: w.lsn(pos), a: uint64(total), b: uint64(w.maxRecord)}, pos)
	}
	b = b[:total]
	if !w.unchecked {
		crc := checksum(checksum(0, b[recordHeader:]), b[:crcAt])
		if stored := le.Uint32(b[crcAt:]); crc != stored {
			return w.fail(fault{code: wrongChecksum, at: w.lsn(pos), a: uint64(crc), b: uint64(stored)}, pos)
		}
	}
	code, x, y, z := w.decode(b, total, nil, &w.headers)
	if code != noFault {
		return w.fail(fault{code: code, at: w.lsn(pos), a: x, b: y, c: z}, pos)
	}
	w.finish(pos, total, b, w.lsn(pos+aligned(total)))
	return true
}

// enter checks the page of pos, and returns where its record begins; -1 if it cannot.
func (w *walker) enter(pos int) int {
	page := pos &^ w.pageMask
	if w.end != 0 && !w.visible(page, max(pos-page, shortHeader)+1) {
		w.fail(fault{code: endReached, at: w.lsn(page)}, pos)
		return -1
	}
	if f := w.load(page); f.found() {
		w.fail(f, pos)
		return -1
	}
	b := w.buf[page : page+w.pageSize]
	if f := w.checkPage(b, w.lsn(page), &w.order); f.found() {
		w.fail(f, pos)
		return -1
	}
	header := headerSize(b)
	switch {
	case pos == page:
		pos += header
	case pos < page+header:
		w.fail(fault{code: recordOffset, at: w.lsn(pos), a: uint64(pos - page), b: uint64(header)}, pos)
		return -1
	}
	if pos == page+header && le.Uint16(b[2:])&flagContinued != 0 {
		w.fail(fault{code: continuedPage, at: w.lsn(pos)}, pos)
		return -1
	}
	w.pageEnd = page + w.pageSize
	return pos
}

// load sees to it that the page is in the window.
func (w *walker) load(page int) fault {
	if page+w.pageSize <= len(w.buf) {
		return fault{}
	}
	return w.more(page + w.pageSize)
}

// visible reports whether a pg_waldump with --end gets the first size bytes of the
// page (WALDumpReadPage in src/bin/pg_waldump/pg_waldump.c).
func (w *walker) visible(page, size int) bool {
	at := w.lsn(page)
	return w.end == 0 || at+LSN(w.pageSize) <= w.end || at+LSN(size) <= w.end
}

// checkHeader makes the checks of ValidXLogRecordHeader that follow that of the
// length. It returns the number that is wrong.
func (w *walker) checkHeader(b []byte, lsn LSN) (faultCode, uint64) {
	if manager := b[managerAt]; !w.managers[manager] {
		return unknownManager, uint64(manager)
	}
	prev := LSN(le.Uint64(b[prevAt:]))
	if w.linked && prev != w.prev || !w.linked && prev >= lsn {
		return prevLink, uint64(prev)
	}
	return noFault, 0
}

// finish notes the record that was read, and where the next one is.
func (w *walker) finish(pos, total int, b []byte, next LSN) {
	h := &w.headers
	w.at, w.total, w.images = pos, total, h.images
	w.manager, w.info = b[managerAt], b[infoAt]
	w.block, w.fork = byte(h.first), h.fork
	if pos&w.pageMask+h.first+blockSize > w.pageSize {
		w.block = notInPlace
	}
	w.prev, w.linked = w.lsn(pos), true
	if w.manager == 0 && w.info&w.switchMask == switchInfo {
		next = w.segmentEnd(next)
	}
	w.next = next
}

// fail notes why there is no record at pos.
func (w *walker) fail(f fault, pos int) bool {
	w.fault, w.failed, w.broken = f, w.lsn(pos), false
	w.looked = pos&^w.pageMask + w.pageSize
	w.pageEnd = 0
	return false
}

// stepSlow does step's work for a header that crosses the page's end, and near w.end.
func (w *walker) stepSlow(pos int) bool {
	b := w.buf[pos:w.pageEnd]
	page := w.pageEnd - w.pageSize
	offset := pos - page
	if !w.visible(page, min(offset+recordHeader, w.pageSize)) {
		return w.fail(fault{code: endReached, at: w.lsn(page)}, pos)
	}
	total := int(le.Uint32(b))
	if total < recordHeader {
		return w.fail(fault{code: recordLength, at: w.lsn(pos), a: uint64(total)}, pos)
	}
	if total <= len(b) && w.visible(page, offset+total) {
		end := w.end
		w.end = 0 // all of the record is visible
		defer func() { w.end = end }()
		return w.step()
	}
	return w.assemble(pos, total)
}

// assemble does step's work for a record that goes on in the next page.
func (w *walker) assemble(pos, total int) bool {
	lsn := w.lsn(pos)
	page := w.pageEnd
	head := w.buf[pos:page] // the first piece
	got := len(head)
	whole := got >= recordHeader // the header is in the first piece
	failed := func(f fault) bool {
		w.fail(f, pos)
		w.broken, w.looked = true, page
		if got < total {
			w.looked += w.pageSize
		}
		return false
	}
	checkHeader := func(b []byte) fault {
		if code, found := w.checkHeader(b, lsn); code != noFault {
			return fault{code: code, at: lsn, a: found, b: uint64(w.prev)}
		}
		if total > w.maxRecord {
			return fault{code: recordTooLong, at: lsn, a: uint64(total), b: uint64(w.maxRecord)}
		}
		return fault{}
	}
	crc := uint32(0)
	if whole {
		if f := checkHeader(head); f.found() {
			return w.fail(f, pos)
		}
		if !w.unchecked {
			crc = checksum(0, head[recordHeader:])
		}
	}
	if got >= total { // only w.end is in the way
		return failed(fault{code: endReached, at: lsn})
	}
	var last int // of the last page: where its piece begins and ends
	for got < total {
		if w.end != 0 && !w.visible(page, min(total-got+shortHeader, w.pageSize)) {
			return failed(fault{code: endReached, at: w.lsn(page)})
		}
		if f := w.load(page); f.found() {
			return failed(f)
		}
		b := w.buf[page : page+w.pageSize]
		if f := w.checkPage(b, w.lsn(page), &w.order); f.found() {
			return failed(f)
		}
		info := le.Uint16(b[2:])
		if info&w.overwritten != 0 {
			// The server lost the rest and wrote other records over it.
			failed(fault{code: overwritten, at: lsn})
			w.next = w.lsn(page)
			return false
		}
		if info&flagContinued == 0 {
			return failed(fault{code: notContinued, at: lsn, b: uint64(w.lsn(page))})
		}
		if rest := int(le.Uint32(b[16:])); rest == 0 || got+rest != total {
			return failed(fault{code: restLength, at: lsn, a: uint64(rest), b: uint64(total - got)})
		}
		header := headerSize(b)
		piece := b[header:]
		if total-got < len(piece) {
			piece = piece[:total-got]
		}
		if w.end != 0 && !w.visible(page, header+len(piece)) {
			return failed(fault{code: endReached, at: w.lsn(page)})
		}
		data := piece
		if !whole {
			n := copy(w.joined[:], w.buf[pos:pos+got])
			missing := recordHeader - n
			copy(w.joined[n:], piece[:min(missing, len(piece))])
			if f := checkHeader(w.joined[:]); f.found() {
				return failed(f)
			}
			data = piece[min(missing, len(piece)):]
			whole = true
		}
		if !w.unchecked {
			crc = checksum(crc, data)
		}
		got += len(piece)
		last = page + header + aligned(len(piece))
		page += w.pageSize
	}

	// The window may have moved in memory.
	head = w.buf[pos:w.pageEnd]
	if len(head) < recordHeader {
		head = w.join(pos, total, w.joined[:])
	}
	if !w.unchecked {
		crc = checksum(crc, head[:crcAt])
		if stored := le.Uint32(head[crcAt:]); crc != stored {
			return failed(fault{code: wrongChecksum, at: lsn, a: uint64(crc), b: uint64(stored)})
		}
	}
	code, x, y, z := w.decode(head, total, nil, &w.headers)
	if code == needMore {
		head = w.join(pos, total, w.joined[:])
		code, x, y, z = w.decode(head, total, nil, &w.headers)
	}
	if code != noFault {
		return failed(fault{code: code, at: lsn, a: x, b: y, c: z})
	}
	w.pageEnd = page
	w.finish(pos, total, head, w.lsn(last))
	return true
}

// join copies the beginning of the record at pos, of total bytes, into dst, and
// returns what it copied. The record's pages are in the window.
func (w *walker) join(pos, total int, dst []byte) []byte {
	return joinPages(w.buf, w.pageSize, pos, dst[:min(total, len(dst))])
}

// joinPages fills dst with the record at pos of buf, whose pages are whole.
func joinPages(buf []byte, pageSize, pos int, dst []byte) []byte {
	page := pos &^ (pageSize - 1)
	n := copy(dst, buf[pos:page+pageSize])
	for n < len(dst) {
		page += pageSize
		b := buf[page : page+pageSize]
		n += copy(dst[n:], b[headerSize(b):])
	}
	return dst
}

// find moves the walker to the first record that begins on the page at lsn or, if
// none does, on one of those that follow, before limit. It reads page headers alone,
// as XLogFindNextRecord does. found is false if no record begins before limit; a
// fault is in w.fault.
func (w *walker) find(lsn, limit LSN) (found, ok bool) {
	w.linked, w.prev, w.pageEnd = false, 0, 0
	for page := int(w.pageOf(lsn) - w.base); w.lsn(page) < limit; page += w.pageSize {
		if f := w.load(page); f.found() {
			return false, w.fail(f, page)
		}
		b := w.buf[page : page+w.pageSize]
		if f := w.checkPage(b, w.lsn(page), &w.order); f.found() {
			return false, w.fail(f, page)
		}
		if le.Uint16(b[2:])&flagContinued == 0 {
			w.next = w.lsn(page)
			return true, true
		}
		first := uint64(headerSize(b)) + (uint64(le.Uint32(b[16:]))+align-1)&^(align-1)
		if first < uint64(w.pageSize) {
			w.next = w.lsn(page) + LSN(first)
			return true, true
		}
	}
	w.next = limit
	return false, true
}
