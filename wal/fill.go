package wal

import (
	"fmt"
	"slices"
	"time"

	"walstats/record"
	"walstats/rmgr"
	"walstats/wal/desc"
)

// batchText is how much text, in bytes, a batch takes before it counts as full.
const batchText = 4 << 20

// A filler holds what Fill keeps from one record to the next.
type filler struct {
	record  decoded
	headers headers
	joined  []byte // a record that crosses pages
	head    [maxHeaders]byte
	printer *desc.Printer
	text    []byte
	images  Images

	managers [256]record.String    // names; the zero String where one is too long
	types    [1 << 12]cachedString // names of record types, by manager and info
	batches  uint32                // that were filled

	rows []entry // the records of a batch of block references
}

// A cachedString is a string of the current batch's arena.
type cachedString struct {
	batch uint32
	text  record.String
}

func (f *filler) init(s *Set) {
	zone := s.options.Zone
	if zone == nil {
		zone = time.UTC
	}
	f.printer = desc.NewPrinter(zone)
	for id := range f.managers {
		if name := s.Version.Name(rmgr.ID(id)); name != "" && len(name) <= 12 {
			f.managers[id] = record.Inline(name)[0]
		}
	}
}

// Fill writes the records from row from on into the first rows of b: at most rows of
// them. It returns how many; fewer if their text fills a batch. The strings of b do
// not point into the reader's memory.
//
// The error is a [*desc.Error] for a description that cannot be printed; if errors are
// ignored, the description is empty then.
func (r *Reader) Fill(b *Batch, from, rows int) (n int, err error) {
	entries := r.entries[from:min(len(r.entries), from+rows)]
	if b.Description.Wanted() || b.XactTime.Wanted() || b.BlockRef.Wanted() || b.MainDataLength.Wanted() {
		n, err := r.fillDecoded(b, entries)
		if err != nil {
			return 0, err
		}
		entries = entries[:n]
	} else if b.WantsBlocks() {
		r.fillFirstBlocks(b, entries)
	}
	r.fillHeaders(b, entries)
	return len(entries), nil
}

// At returns where the record of row i begins: its file, its byte there and its LSN.
func (r *Reader) At(i int) (path string, offset int64, lsn LSN) {
	lsn = r.w.lsn(int(r.entries[i].at))
	path, offset = r.set.place(lsn)
	return path, offset, lsn
}

// start returns the beginning of the record: as much as its page has, or all of it.
func (r *Reader) beginning(e *entry) []byte {
	at := int(e.at)
	page := at &^ r.w.pageMask
	return r.w.buf[at:min(at+int(e.total), page+r.w.pageSize)]
}

// first returns at least the first n bytes of the record, if it has as many.
func (r *Reader) first(e *entry, n int) []byte {
	p := r.beginning(e)
	if len(p) < n && len(p) < int(e.total) {
		p = joinPages(r.w.buf, r.w.pageSize, int(e.at), r.head[:min(n, int(e.total))])
	}
	return p
}

// whole returns the record.
func (r *Reader) whole(e *entry) []byte {
	p := r.beginning(e)
	if len(p) < int(e.total) {
		r.joined = slices.Grow(r.joined[:0], int(e.total))[:e.total]
		p = joinPages(r.w.buf, r.w.pageSize, int(e.at), r.joined)
	}
	return p
}

// decode fills r.record with the record's header and block references.
func (r *Reader) decode(e *entry) {
	r.headers = r.record.set(r.w.layout, r.first(e, maxHeaders), r.w.lsn(int(e.at)))
}

// decodeWhole decodes a record with its data.
func (r *Reader) decodeWhole(e *entry) {
	p := r.whole(e)
	r.headers = r.record.set(r.w.layout, p, r.w.lsn(int(e.at)))
	r.record.setData(p, r.headers)
}

// fillHeaders fills the columns of the records' headers.
func (r *Reader) fillHeaders(b *Batch, entries []entry) {
	w := &r.w
	if b.StartLSN != nil {
		for i, e := range entries {
			b.StartLSN[i] = uint64(w.lsn(int(e.at)))
		}
	}
	if b.ByteOffset != nil {
		mask := uint64(w.SegmentSize - 1)
		for i, e := range entries {
			b.ByteOffset[i] = uint64(w.lsn(int(e.at))) & mask
		}
	}
	if b.PrevLSN != nil {
		for i := range entries {
			b.PrevLSN[i] = le.Uint64(r.first(&entries[i], recordHeader)[prevAt:])
		}
	}
	if c := &b.XID; c.Wanted() {
		for i, e := range entries {
			c.Values[i] = le.Uint32(w.buf[int(e.at)+xidAt:]) // on the first page, always
		}
	}
	if c := &b.RecordLength; c.Wanted() {
		for i, e := range entries {
			c.Values[i] = e.total
		}
	}
	if c := &b.FPILength; c.Wanted() {
		for i, e := range entries {
			c.Values[i] = e.images
		}
	}
	if c := &b.ResourceManager; c.Wanted() {
		for i, e := range entries {
			id := e.manager
			if c.Rows[i] = r.managers[id]; c.Rows[i].Length == 0 {
				c.Set(i, []byte(w.Version.Name(rmgr.ID(id))))
			}
		}
	}
	if b.RecordType.Wanted() {
		r.fillTypes(&b.RecordType, entries)
	}
	if b.EndLSN != nil {
		for i := range entries {
			b.EndLSN[i] = uint64(r.endOf(&entries[i]))
		}
	}
	if c := &b.Timeline; c.Wanted() {
		for i, e := range entries {
			page := int(e.at) &^ w.pageMask
			c.Values[i] = r.set.timelineAt(w.lsn(int(e.at)), le.Uint32(w.buf[page+4:]))
		}
	}
}

// fillTypes fills the column of record types. A name is put into the arena once a
// batch.
func (r *Reader) fillTypes(c *record.Strings, entries []entry) {
	r.batches++
	for i, e := range entries {
		id, info := rmgr.ID(e.manager), e.info
		cached := &r.types[int(id)<<4|int(info)>>4]
		if cached.batch == r.batches && info&0x0F == 0 {
			c.Rows[i] = cached.text
			continue
		}
		c.Set(i, []byte(r.w.Version.RecordType(id, info)))
		if info&0x0F == 0 {
			*cached = cachedString{r.batches, c.Rows[i]}
		}
	}
}

// endOf returns where the record ends: where the next one's page header or the next
// record begins.
func (r *Reader) endOf(e *entry) LSN {
	w := &r.w
	at, rest := int(e.at), int(e.total)
	page := at &^ w.pageMask
	for room := page + w.pageSize - at; rest > room; {
		rest -= room
		page += w.pageSize
		header := headerSize(w.buf[page:])
		at, room = page+header, w.pageSize-header
	}
	end := w.lsn(at + aligned(rest))
	if e.manager == 0 && e.info&w.switchMask == switchInfo {
		end = w.segmentEnd(end)
	}
	return end
}

// fillFirstBlocks fills the columns of the records' first block references.
func (r *Reader) fillFirstBlocks(b *Batch, entries []entry) {
	var block Block
	var ref record.BlockRef
	for i := range entries {
		if r.block(&entries[i], &block) {
			ref.RelTablespace, ref.RelDatabase, ref.RelFileNode, ref.BlockNumber, ref.Fork = block.Tablespace, block.Database, block.File, block.Number, block.Fork
			b.SetBlock(i, &ref)
		} else {
			b.SetNoBlock(i)
		}
	}
}

func (r *Reader) setFirstBlock(b *Batch, i int) {
	if len(r.record.Blocks) == 0 {
		b.SetNoBlock(i)
		return
	}
	first := BlockRef(&r.record.Blocks[0])
	b.SetBlock(i, &first)
}

// BlockRef returns the reference of a block as a column has it.
func BlockRef(b *desc.Block) record.BlockRef {
	ref := record.BlockRef{
		ID: b.ID, RelTablespace: b.Tablespace, RelDatabase: b.Database, RelFileNode: b.Relation,
		Fork: record.Fork(b.Fork), BlockNumber: b.Number,
	}
	switch {
	case b.Flags&desc.HasImage == 0:
	case b.Flags&desc.Apply != 0:
		ref.FPI = record.ApplyFPI
	default:
		ref.FPI = record.VerifyFPI
	}
	return ref
}

// fillDecoded fills the columns for which a record is decoded. It returns for how many
// records there was room.
func (r *Reader) fillDecoded(b *Batch, entries []entry) (n int, err error) {
	blocks := b.WantsBlocks()
	for i := range entries {
		e := &entries[i]
		if len(b.Description.Arena)+len(b.BlockRef.Arena) > batchText {
			return i, nil
		}
		if b.Description.Wanted() || b.XactTime.Wanted() && r.mayHaveTime(e) {
			r.decodeWhole(e)
		} else {
			r.decode(e)
		}
		if err := r.fillRecord(b, i); err != nil {
			return 0, err
		}
		if blocks {
			r.setFirstBlock(b, i)
		}
		r.setBlockRef(b, i)
	}
	return len(entries), nil
}

// setBlockRef fills the text of r.record's block references. Without one it leaves the
// row as SetNoBlock has it.
func (r *Reader) setBlockRef(b *Batch, i int) {
	c := &b.BlockRef
	if !c.Wanted() || len(r.record.Blocks) == 0 {
		return
	}
	at := len(c.Arena)
	c.Arena = desc.AppendBlockRefs(c.Arena, &r.record.Record, false)
	c.SetAppended(i, at+len(", "))
}

// mayHaveTime reports whether the record's manager writes times.
func (r *Reader) mayHaveTime(e *entry) bool {
	id := rmgr.ID(e.manager)
	return id == rmgr.Transaction || id == rmgr.XLOG
}

// fillRecord fills the columns of r.record that are neither its header's nor its
// blocks'.
func (r *Reader) fillRecord(b *Batch, i int) error {
	if c := &b.Description; c.Wanted() {
		text, err := r.printer.Append(r.text[:0], &r.record.Record)
		if err != nil && !r.set.options.IgnoreErrors {
			path, offset := r.set.place(r.record.LSN)
			return fmt.Errorf("%s: LSN %v, byte %d: %w", path, r.record.LSN, offset, err)
		}
		c.Set(i, text)
		r.text = text
	}
	if c := &b.XactTime; c.Wanted() {
		if micros, ok := desc.XactTime(&r.record.Record); ok {
			c.Values[i] = micros
		} else {
			c.SetNull(i)
		}
	}
	if c := &b.MainDataLength; c.Wanted() {
		c.Values[i] = r.headers.mainData
	}
	return nil
}
