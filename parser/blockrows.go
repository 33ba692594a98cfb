package parser

import "bytes"

// A BlockBatch is a Batch with one row a block reference: its block columns are
// those of the row's own reference, not of the record's first.
type BlockBatch struct {
	Batch

	BlockID           []uint8
	FPI               Strings // apply, verify; NULL without an image
	BlockFPILength    Numbers // bytes of the image; NULL where the text does not tell
	HoleOffset        Numbers // these four from --bkp-details only
	HoleLength        Numbers
	CompressionSaved  Numbers
	CompressionMethod Strings

	extents []extent // the record of every row
	refs    []BlockRef
	images  []int // how many images that record has
}

// A BlockCursor is a place among the block references of an Index.
type BlockCursor struct {
	Row int // the record
	Ref int // references of it that are behind
}

// FillBlocks writes the block references from cur on, of the records before row
// end, into b: at most rows of them. It returns how many, and moves cur. See
// [Index.Fill].
func (x *Index) FillBlocks(b *BlockBatch, text []byte, cur *BlockCursor, end, rows int) (n int, err error) {
	b.extents, b.refs, b.images = b.extents[:0], b.refs[:0], b.images[:0]
	for size := 0; cur.Row < end && len(b.refs) < rows && size < batchText; {
		e := &x.extents[cur.Row]
		first := len(b.refs)
		b.appendBlockRefs(e, text, x.CRLF)
		refs := b.refs[first:]
		images := 0
		for i := range refs {
			if refs[i].FPI != NoFPI {
				images++
			}
		}
		refs = refs[cur.Ref:]
		taken := min(len(refs), rows-first)
		copy(b.refs[first:], refs[:taken])
		b.refs = b.refs[:first+taken]
		for range taken {
			b.extents = append(b.extents, *e)
			b.images = append(b.images, images)
			size += int(e.end - e.begin)
		}
		if cur.Ref += taken; taken == len(refs) {
			*cur = BlockCursor{Row: cur.Row + 1}
		}
	}
	if err := b.fillRecords(b.extents, text, x.CRLF, false); err != nil {
		return 0, err
	}
	for i := range b.refs {
		if err := b.fillBlock(i); err != nil {
			return 0, err
		}
	}
	return len(b.refs), nil
}

// FillRefs writes refs into the block columns of b, a row each.
func (b *BlockBatch) FillRefs(refs []BlockRef) error {
	b.refs = refs
	b.extents = make([]extent, len(refs))
	b.images = make([]int, len(refs))
	for i := range refs {
		if err := b.fillBlock(i); err != nil {
			return err
		}
	}
	return nil
}

// appendBlockRefs appends the block references of the record e to b.refs.
func (b *BlockBatch) appendBlockRefs(e *extent, text []byte, crlf bool) {
	if e.flags&flagUserText != 0 {
		return
	}
	desc := text[e.desc:e.end]
	_, rest := splitIdentifier(desc, e.flags)
	var ref BlockRef
	if begin := b.relations.blockRefsIn(desc[rest:], &ref); begin >= 0 {
		b.refs, _ = AppendBlockRefs(b.refs, desc[rest+begin:])
		return
	}
	if e.flags&flagDetails == 0 {
		return
	}
	for line, lines := nextDetail(text[e.end:e.detailEnd], crlf); line != nil; line, lines = nextDetail(lines, crlf) {
		ParseBlockRef(line, &ref)
		b.refs = append(b.refs, ref)
	}
}

// AppendBlockRefs appends the block references of a block_ref text to refs: one
// behind the other, with `, ` between them as pg_waldump has it, or a blank as
// pg_walinspect.
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

// BlockSize is BLCKSZ, which the text does not tell: nearly every PostgreSQL is
// built with this one.
const BlockSize = 8192

// ImageLength is how many bytes of the image the record holds, from what
// --bkp-details tells; ok is false where that cannot be.
func (r *BlockRef) ImageLength() (n uint32, ok bool) {
	left := int64(BlockSize) - int64(r.HoleLength) - int64(r.CompressionSaved)
	return uint32(left), r.Detailed && left >= 0
}

var (
	fpiStrings    = inlineStrings("", "apply", "verify")
	methodStrings = map[string]String{
		"pglz": inlineStrings("pglz")[0], "lz4": inlineStrings("lz4")[0],
		"zstd": inlineStrings("zstd")[0], "unknown": inlineStrings("unknown")[0],
	}
)

// inlineStrings makes short texts Strings.
func inlineStrings(texts ...string) []String {
	c := Strings{Rows: make([]String, len(texts))}
	for i, text := range texts {
		c.Set(i, []byte(text))
	}
	return c.Rows
}

// fillBlock fills the block columns of row i.
func (b *BlockBatch) fillBlock(i int) error {
	r, e := &b.refs[i], &b.extents[i]
	if err := b.firstBlock(i, r, e); err != nil {
		return err
	}
	if b.BlockID != nil {
		b.BlockID[i] = r.ID
	}
	if c := &b.FPI; c.wanted() {
		c.Rows[i] = fpiStrings[r.FPI]
		if r.FPI == NoFPI {
			c.SetNull(i)
		}
	}
	if c := &b.CompressionMethod; c.wanted() {
		if method, known := methodStrings[r.Method]; known {
			c.Rows[i] = method
		} else {
			c.SetNull(i)
		}
	}
	if c := &b.BlockFPILength; c.Values != nil {
		length, known := r.ImageLength()
		switch {
		case r.FPI == NoFPI:
			c.Values[i] = 0
		case known:
			c.Values[i] = length
		case !r.Detailed && b.images[i] == 1 && e.rec <= e.tot && e.flags&(flagRecRange|flagTotRange) == 0:
			c.Values[i] = e.tot - e.rec
		default:
			c.null(i)
		}
	}
	for _, f := range [...]struct {
		c     *Numbers
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
		case f.c.Values == nil:
		case !f.known:
			f.c.null(i)
		case r.OutOfRange&f.field != 0:
			if err := b.blockMisfit(f.c, i, e, f.name); err != nil {
				return err
			}
		default:
			f.c.Values[i] = f.value
		}
	}
	return nil
}
