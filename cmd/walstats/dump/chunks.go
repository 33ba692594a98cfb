package dump

import (
	"context"
	"runtime"
	"sync"

	"walstats/wal"
)

// readChunks reads as many records as it can with several goroutines, and prints them in
// order. What it leaves, readRest reads: records near the end of the range, and all that
// follows a place where a record cannot be read.
func (d *dumper) readChunks(ctx context.Context) error {
	end := d.chunksEnd()
	if end != 0 && end <= d.first {
		return nil
	}
	scan, err := d.set.Between(d.first, end).Scan()
	if err != nil {
		return fatal("%s", err.Error())
	}
	defer scan.Close()
	threads := d.Threads
	if threads == 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	o := &ordered{d: d, scan: scan, pieces: map[int]*piece{}}
	o.freed = sync.NewCond(&o.mu)
	for range 2*threads + 1 {
		o.free = append(o.free, &piece{})
	}
	var running sync.WaitGroup
	for range threads {
		running.Go(func() { o.work(ctx, end) })
	}
	running.Wait()
	return o.err
}

// chunksEnd returns up to where chunks are read; 0 for the end of WAL. It is a page's
// beginning, and no segment is missing before it.
func (d *dumper) chunksEnd() wal.LSN {
	end := d.place.end &^ wal.LSN(d.set.PageSize-1)
	for _, number := range d.set.Missing() {
		at := wal.LSN(number) * wal.LSN(d.set.SegmentSize)
		if at > d.first {
			if end == 0 || at < end {
				end = at
			}
			break
		}
	}
	return end
}

// A piece has what one chunk gave.
type piece struct {
	text   []byte
	counts *counts // nil if nothing is counted
	last   wal.LSN // the chunk's last record; 0 if it has none
	err    error   // after the text; errStopped if readRest goes on
}

// ordered takes pieces in any order and writes them in that of their chunks.
type ordered struct {
	d    *dumper
	scan *wal.Scan

	claim sync.Mutex // of chunks, with their numbers
	next  int

	mu      sync.Mutex
	freed   *sync.Cond
	free    []*piece
	pieces  map[int]*piece // that wait for the one before
	written int
	writing bool
	stopped bool
	err     error
}

// work reads one chunk after the other.
func (o *ordered) work(ctx context.Context, end wal.LSN) {
	r := o.scan.NewReader()
	defer r.Close()
	p := o.d.newPrinter()
	for {
		piece := o.take()
		if piece == nil {
			return
		}
		o.claim.Lock()
		c := o.scan.Next()
		number := o.next
		if c != nil {
			o.next++
		}
		o.claim.Unlock()
		if c == nil {
			o.give(piece)
			return
		}
		if ctx.Err() != nil {
			o.scan.Skip(c)
			piece.err = errStopped
		} else if err := r.Read(c); err != nil {
			piece.err = errStopped // readRest says what is wrong
		} else {
			p.readChunk(r, piece, end)
		}
		o.deliver(number, piece)
	}
}

// take waits for a piece of memory. It is nil if no chunk is wanted any more.
func (o *ordered) take() *piece {
	o.mu.Lock()
	defer o.mu.Unlock()
	for len(o.free) == 0 && !o.stopped {
		o.freed.Wait()
	}
	if o.stopped {
		return nil
	}
	p := o.free[len(o.free)-1]
	o.free = o.free[:len(o.free)-1]
	return p
}

func (o *ordered) give(p *piece) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.free = append(o.free, p)
	o.freed.Signal()
}

// deliver writes the piece if it is its turn, and those that waited for it.
func (o *ordered) deliver(number int, p *piece) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.pieces[number] = p
	if o.writing {
		return
	}
	o.writing = true
	for p := o.pieces[o.written]; p != nil; p = o.pieces[o.written] {
		delete(o.pieces, o.written)
		o.written++
		if !o.stopped {
			o.mu.Unlock()
			err := o.d.write(p)
			o.mu.Lock()
			if err != nil {
				o.stop(err)
			}
		}
		p.reset()
		o.free = append(o.free, p)
		o.freed.Signal()
	}
	o.writing = false
}

// stop ends the reading.
func (o *ordered) stop(err error) {
	if err != errStopped {
		o.err = err
	}
	o.stopped = true
	o.scan.Close()
	o.freed.Broadcast()
}

// write writes the piece that follows what was written.
func (d *dumper) write(p *piece) error {
	if len(p.text) > 0 {
		if _, err := d.stdout.Write(p.text); err != nil {
			return err
		}
	}
	if p.counts != nil {
		d.counts.take(p.counts)
	}
	if p.last != 0 {
		d.last = p.last
	}
	return p.err
}

// keptText is how much memory of a piece is kept after a long record.
const keptText = 32 << 20

func (p *piece) reset() {
	text := p.text[:0]
	if cap(text) > keptText {
		text = nil
	}
	if p.counts != nil {
		p.counts.clear()
	}
	*p = piece{text: text, counts: p.counts}
}

// readChunk prints or counts the records of a chunk into a piece.
func (p *printer) readChunk(r *wal.Reader, to *piece, end wal.LSN) {
	p.text = to.text
	if p.counts != nil {
		if to.counts == nil {
			to.counts = &counts{}
		}
		p.counts = to.counts
	}
	to.err = p.readRecords(r, to, end)
	to.text = p.text
	if to.err == nil && r.Err() != nil {
		to.err = errStopped
	}
}

func (p *printer) readRecords(r *wal.Reader, to *piece, end wal.LSN) error {
	rows := r.Len()
	if rows == 0 {
		return nil
	}
	// A record ends before the next one begins, so only the last one can reach the end.
	last := r.Head(rows - 1)
	crosses := end != 0 && p.mayCross(last, end)
	if crosses {
		if rows--; rows == 0 {
			return errStopped
		}
		last = r.Head(rows - 1)
	}
	to.last = last.LSN
	var err error
	if p.desc != nil || p.images != nil || p.filter.wantsBlocks() {
		err = p.showRows(r, rows)
	} else if p.counts != nil {
		p.countRows(r, rows)
	}
	if err == nil && crosses {
		err = errStopped
	}
	return err
}

// showRows prints or counts the first rows of the chunk.
func (p *printer) showRows(r *wal.Reader, rows int) error {
	f := &p.filter
	heads, blocks, ends := f.wantsHeads(), f.wantsBlocks(), p.counts != nil || p.JSON
	for i := range rows {
		if heads && !f.head(r.Head(i).RMID, r.XID(i)) {
			continue
		}
		record := r.Record(i)
		if blocks && !f.blocks(record.Blocks) {
			continue
		}
		end := wal.LSN(0)
		if ends {
			end = r.EndLSN(i)
		}
		if err := p.show(record, end); err != nil {
			return err
		}
	}
	return nil
}

// countRows counts the first rows of the chunk by what their headers tell.
func (p *printer) countRows(r *wal.Reader, rows int) {
	counted, heads := -1, p.filter.wantsHeads()
	for i := range rows {
		if h := r.Head(i); !heads || p.filter.head(h.RMID, r.XID(i)) {
			p.counts.add(h.RMID, h.Info, h.Length, h.Images)
			counted = i
		}
	}
	if counted >= 0 {
		p.counts.end = r.EndLSN(counted)
	}
}

// mayCross reports whether the record may end at or after end.
func (p *printer) mayCross(h wal.Head, end wal.LSN) bool {
	pages := wal.LSN(h.Length)/wal.LSN(p.set.PageSize) + 2
	return h.LSN+wal.LSN(h.Length)+pages*maxPageHeader >= end
}

// maxPageHeader is at least the size of a page's header.
const maxPageHeader = 64
