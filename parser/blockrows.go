package parser

import (
	"bytes"

	"walstats/record"
)

// A BlockCursor is a place among the block references of an Index.
type BlockCursor struct {
	Row int // the record
	Ref int // references of it that were read
}

// FillBlocks writes the block references from cur on, of the records before row
// end, into b: at most rows of them. It returns how many, and moves cur. See
// [Filler.Fill].
func (f *Filler) FillBlocks(x *Index, b *record.BlockBatch, text []byte, cur *BlockCursor, end, rows int) (n int, err error) {
	f.extents, f.refs, f.images = f.extents[:0], f.refs[:0], f.images[:0]
	for size := 0; cur.Row < end && len(f.refs) < rows && size < batchText; {
		e := &x.extents[cur.Row]
		first := len(f.refs)
		f.appendBlockRefs(e, text)
		refs := f.refs[first:]
		images := 0
		for i := range refs {
			if refs[i].FPI != record.NoFPI {
				images++
			}
		}
		refs = refs[cur.Ref:]
		taken := min(len(refs), rows-first)
		copy(f.refs[first:], refs[:taken])
		f.refs = f.refs[:first+taken]
		for range taken {
			f.extents = append(f.extents, *e)
			f.images = append(f.images, images)
			size += int(e.end - e.begin)
		}
		if cur.Ref += taken; taken == len(refs) {
			*cur = BlockCursor{Row: cur.Row + 1}
		}
	}
	if err := f.fillRecords(&b.Batch, f.extents, text, x.CRLF, false); err != nil {
		return 0, err
	}
	for i := range f.refs {
		if err := f.fillBlock(b, i); err != nil {
			return 0, err
		}
	}
	return len(f.refs), nil
}

// FillRefs writes refs into the block columns of b, a row each.
func (f *Filler) FillRefs(b *record.BlockBatch, refs []BlockRef) error {
	f.refs = refs
	f.extents = make([]extent, len(refs))
	f.images = make([]int, len(refs))
	for i := range refs {
		if err := f.fillBlock(b, i); err != nil {
			return err
		}
	}
	return nil
}

// appendBlockRefs appends the block references of the record e to f.refs.
func (f *Filler) appendBlockRefs(e *extent, text []byte) {
	if e.flags&flagDetails == 0 {
		if e.refs != 0 {
			f.refs, _ = AppendBlockRefs(f.refs, text[e.refs:e.end])
		}
		return
	}
	var ref BlockRef
	for line, lines := nextDetail(text[e.end:e.refs]); line != nil; line, lines = nextDetail(lines) {
		ParseBlockRef(line, &ref)
		f.refs = append(f.refs, ref)
	}
}

// AppendBlockRefs appends the block references of a block_ref text to refs. Between
// them stands `, ` as in pg_waldump's text, or a blank as in pg_walinspect's.
func AppendBlockRefs(refs []BlockRef, s []byte) ([]BlockRef, error) {
	var r BlockRef
	for s = bytes.TrimLeft(s, " "); len(s) > 0; {
		n := ParseBlockRef(s, &r)
		if n == 0 {
			return refs, &Error{Expected: "a block reference", Found: string(clip(s))}
		}
		refs = append(refs, r)
		s = bytes.TrimLeft(bytes.TrimPrefix(s[n:], []byte{','}), " ")
	}
	return refs, nil
}

// methodStrings maps the names of compression methods to the column's strings.
var methodStrings = func() map[string]record.String {
	names := []string{"pglz", "lz4", "zstd", "unknown"}
	strings := map[string]record.String{}
	for i, s := range record.Inline(names...) {
		strings[names[i]] = s
	}
	return strings
}()

// fillBlock fills the block columns of row i.
func (f *Filler) fillBlock(b *record.BlockBatch, i int) error {
	r, e := &f.refs[i], &f.extents[i]
	if err := f.setBlock(&b.Batch, i, r, e); err != nil {
		return err
	}
	if b.BlockID != nil {
		b.BlockID[i] = r.ID
	}
	if c := &b.FPI; c.Wanted() {
		c.Rows[i] = record.FPIStrings[r.FPI]
		if r.FPI == record.NoFPI {
			c.SetNull(i)
		}
	}
	if c := &b.CompressionMethod; c.Wanted() {
		if method, known := methodStrings[r.Method]; known {
			c.Rows[i] = method
		} else {
			c.SetNull(i)
		}
	}
	if c := &b.BlockFPILength; c.Values != nil {
		length, known := r.ImageLength()
		switch {
		case r.FPI == record.NoFPI:
			c.Values[i] = 0
		case known:
			c.Values[i] = length
		case !r.Detailed && f.images[i] == 1 && e.rec <= e.tot && e.flags&(flagRecRange|flagTotRange) == 0:
			c.Values[i] = e.tot - e.rec
		default:
			c.SetNull(i)
		}
	}
	for _, n := range [...]struct {
		c     *record.Numbers
		value uint32
		known bool
		field BlockFields
		name  string
	}{
		{&b.HoleOffset, r.HoleOffset, r.Detailed, FieldHoleOffset, "hole_offset"},
		{&b.HoleLength, r.HoleLength, r.Detailed, FieldHoleLength, "hole_length"},
		{&b.CompressionSaved, r.CompressionSaved, r.Compressed, FieldCompressionSaved, "compression_saved"},
	} {
		switch {
		case !n.c.Wanted():
		case !n.known:
			n.c.SetNull(i)
		case r.OutOfRange&n.field != 0:
			if err := f.blockOutOfRange(n.c, i, e, n.name); err != nil {
				return err
			}
		default:
			n.c.Values[i] = n.value
		}
	}
	return nil
}
