package wal

import (
	"fmt"

	"walstats/record"
	"walstats/wal/desc"
)

// FillBlocks writes the block references from cur on into b: at most rows of them. It
// returns how many, and moves cur; no rows are left when cur.Row is Len. See Fill.
//
// The error may be an [*ImageError] for an image that cannot be restored; if errors
// are ignored, it is NULL.
func (r *Reader) FillBlocks(b *Batch, cur *BlockCursor, rows int) (n int, err error) {
	r.rows = r.rows[:0]
	data := b.BlockData.Wanted() || b.FPIData.Wanted() || b.Description.Wanted()
	whole := data || b.XactTime.Wanted()
	for cur.Row < len(r.entries) && n < rows {
		if len(b.FPIData.Arena)+len(b.BlockData.Arena)+len(b.Description.Arena)+len(b.BlockRef.Arena) > batchText {
			break
		}
		e := &r.entries[cur.Row]
		if p := r.first(e, recordHeader+1); len(p) == recordHeader || p[recordHeader] >= mainLongID {
			*cur = BlockCursor{Row: cur.Row + 1} // no block references
			continue
		}
		if whole {
			r.decodeWhole(e)
		} else {
			r.decode(e)
		}
		for cur.Ref < len(r.record.Blocks) && n < rows {
			if err := r.fillBlock(b, n, cur.Ref); err != nil {
				return 0, err
			}
			r.rows = append(r.rows, *e)
			n++
			cur.Ref++
			if len(b.FPIData.Arena) > batchText {
				break
			}
		}
		if cur.Ref == len(r.record.Blocks) {
			*cur = BlockCursor{Row: cur.Row + 1}
		}
	}
	r.fillHeaders(b, r.rows)
	return n, nil
}

// fillBlock fills row i with block reference ref of r.record, and with what the record
// is decoded for.
func (r *Reader) fillBlock(b *Batch, i, ref int) error {
	if err := r.fillRecord(b, i); err != nil {
		return err
	}
	block := &r.record.Blocks[ref]
	own := BlockRef(block)
	b.SetBlock(i, &own)
	r.setBlockRef(b, i)
	if b.BlockID != nil {
		b.BlockID[i] = block.ID
	}
	image := block.Flags&desc.HasImage != 0
	if c := &b.FPI; c.Wanted() {
		if c.Rows[i] = record.FPIStrings[own.FPI]; !image {
			c.SetNull(i)
		}
	}
	for _, n := range [...]struct {
		c     *record.Numbers
		value uint32
		known bool
	}{
		{&b.BlockFPILength, uint32(block.ImageLength), true},
		{&b.HoleOffset, uint32(block.HoleOffset), image},
		{&b.HoleLength, uint32(block.HoleLength), image},
		{&b.CompressionSaved, record.BlockSize - uint32(block.HoleLength) - uint32(block.ImageLength), block.Method != desc.Plain},
		{&b.BlockDataLength, uint32(r.record.dataLengths[ref]), true},
	} {
		switch {
		case !n.c.Wanted():
		case n.known:
			n.c.Values[i] = n.value
		default:
			n.c.SetNull(i)
		}
	}
	if c := &b.CompressionMethod; c.Wanted() {
		if block.Method == desc.Plain {
			c.SetNull(i)
		} else {
			c.Rows[i] = methodStrings[block.Method]
		}
	}
	if b.FPIInfo != nil {
		b.FPIInfo[i] = fpiInfo(block)
	}
	return r.fillData(b, i, ref)
}

var methodStrings = record.Inline(desc.Plain.String(), desc.PGLZ.String(), desc.LZ4.String(), desc.Zstd.String())

// fpiInfo returns what is said of the block's image.
func fpiInfo(b *desc.Block) (info uint8) {
	if b.Flags&desc.HasImage == 0 {
		return NoImage
	}
	if b.Flags&desc.HasHole != 0 {
		info |= 1 << 0
	}
	if b.Flags&desc.Apply != 0 {
		info |= 1 << 1
	}
	if b.Method != desc.Plain {
		info |= 1 << 1 << b.Method
	}
	return info
}

// fillData fills the columns of bytes.
func (r *Reader) fillData(b *Batch, i, ref int) error {
	block := &r.record.Blocks[ref]
	if c := &b.BlockData; c.Wanted() {
		if len(block.Data) == 0 {
			c.SetNull(i)
		} else {
			at := len(c.Arena)
			c.Arena = append(c.Arena, block.Data...)
			c.SetAppended(i, at)
		}
	}
	c := &b.FPIData
	if !c.Wanted() {
		return nil
	}
	if block.Flags&desc.HasImage == 0 {
		c.SetNull(i)
		return nil
	}
	at := len(c.Arena)
	page, err := r.images.AppendPage(c.Arena, &r.record.Record, ref)
	switch {
	case err == nil:
		c.Arena = page
		c.SetAppended(i, at)
	case r.set.options.IgnoreErrors:
		c.SetNull(i)
	default:
		path, offset := r.set.place(r.record.LSN)
		return fmt.Errorf("%s: LSN %v, byte %d: %w", path, r.record.LSN, offset, err)
	}
	return nil
}
