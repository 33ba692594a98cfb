package wal

import (
	"walstats/record"
	"walstats/rmgr"
	"walstats/wal/desc"
)

// An entry tells where a record is in the reader's window.
type entry struct {
	at, total, images uint32
	manager, info     byte
	block             byte // where the relation and the number of the first block are in the record; 0 without one, or notInPlace
	fork              byte // of that block
}

// What an entry says of a first block: blockSize bytes of the record have its relation and its
// number, unless that is notInPlace, because a page ends in between.
const (
	blockSize  = 16
	notInPlace = 255
)

// Len returns the number of records of the chunk that the options choose.
func (r *Reader) Len() int { return len(r.entries) }

// Total returns the number of all records of the chunk.
func (r *Reader) Total() int { return r.total }

// A Head holds what a reader knows of a record without looking at it again.
type Head struct {
	LSN    LSN
	Length uint32 // of the whole record, in bytes
	Images uint32 // bytes of full-page images
	RMID   rmgr.ID
	Info   byte
}

// Head returns the head of row i.
func (r *Reader) Head(i int) Head {
	e := &r.entries[i]
	return Head{r.w.lsn(int(e.at)), e.total, e.images, rmgr.ID(e.manager), e.info}
}

// Type returns the resource manager and the info of row i.
func (r *Reader) Type(i int) (id rmgr.ID, info byte) {
	e := &r.entries[i]
	return rmgr.ID(e.manager), e.info
}

// A Row holds what most readers ask of a record: its head, its transaction and its first block.
type Row struct {
	Head
	XID   uint32 // 0 for none
	Block Block  // the first one that it names; the zero Block without one
}

// A Block is a block of a relation's file.
type Block struct {
	Tablespace, Database, File uint32 // File is the relfilenode
	Number                     uint32
	Fork                       record.Fork
}

// BlockOf returns the block of a block reference.
func BlockOf(b *desc.Block) Block {
	return Block{b.Tablespace, b.Database, b.Relation, b.Number, record.Fork(b.Fork)}
}

// Ref returns the block as a block reference without an image.
func (b *Block) Ref() record.BlockRef {
	return record.BlockRef{RelTablespace: b.Tablespace, RelDatabase: b.Database, RelFileNode: b.File, Fork: b.Fork, BlockNumber: b.Number}
}

// Row sets row to what there is of row i.
func (r *Reader) Row(i int, row *Row) {
	e := &r.entries[i]
	row.LSN, row.Length, row.Images, row.RMID, row.Info = r.w.lsn(int(e.at)), e.total, e.images, rmgr.ID(e.manager), e.info
	row.XID = le.Uint32(r.w.buf[int(e.at)+xidAt:])
	if !r.block(e, &row.Block) {
		row.Block = Block{}
	}
}

// XID returns the transaction of row i; 0 for none.
func (r *Reader) XID(i int) uint32 {
	return le.Uint32(r.w.buf[int(r.entries[i].at)+xidAt:]) // on the first page, always
}

// block sets b to the first block that a record names. It returns false if it names none.
func (r *Reader) block(e *entry, b *Block) bool {
	switch e.block {
	case 0:
		return false
	case notInPlace:
		r.decode(e)
		if len(r.record.Blocks) == 0 {
			return false
		}
		*b = BlockOf(&r.record.Blocks[0])
		return true
	}
	at := int(e.at) + int(e.block)
	p := r.w.buf[at : at+blockSize]
	b.Tablespace, b.Database, b.File, b.Number, b.Fork = le.Uint32(p), le.Uint32(p[4:]), le.Uint32(p[8:]), le.Uint32(p[12:]), record.Fork(e.fork)
	return true
}

// Keep leaves out the records of the chunk for which keep returns false.
func (r *Reader) Keep(keep func(i int) bool) {
	kept := r.entries[:0]
	for i, e := range r.entries {
		if keep(i) {
			kept = append(kept, e)
		}
	}
	r.entries = kept
}

// Blocks returns the block references of the record of row i, without their data. They are
// valid until the next call of a method.
func (r *Reader) Blocks(i int) []desc.Block {
	r.decode(&r.entries[i])
	return r.record.Blocks
}

// Record returns the record of row i. It is valid until the next call of a method.
func (r *Reader) Record(i int) *desc.Record {
	r.decodeWhole(&r.entries[i])
	return &r.record.Record
}

// XactTime returns the time that the record of row i has, as [desc.XactTime] does.
func (r *Reader) XactTime(i int) (micros int64, ok bool) {
	e := &r.entries[i]
	at := desc.XactTimeAt(r.set.Version, rmgr.ID(e.manager), e.info)
	if at < 0 {
		return 0, false
	}
	const data = recordHeader + 2 // where the main data is, where nothing else is in the record
	if p := r.beginning(e); len(p) == int(e.total) && len(p) >= data && p[recordHeader] == mainShortID {
		return desc.TimeIn(p[data:], at)
	}
	r.decodeWhole(e)
	return desc.TimeIn(r.record.Main, at)
}

// EndLSN returns where the record of row i ends, as Cursor.EndLSN does.
func (r *Reader) EndLSN(i int) LSN { return r.endOf(&r.entries[i]) }
