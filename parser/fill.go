package parser

import (
	"bytes"
	"strconv"

	"walstats/record"
)

// batchText is the most text, in bytes, that one batch takes, unless a single
// record is longer.
const batchText = 4 << 20

// A Filler writes records of an [Index] into batches. It may not be used by two
// goroutines at once. The zero Filler works.
type Filler struct {
	Base         uint64 // the offset of the text in its file, added to ByteOffset and to the offsets of errors
	Zone         *Zone  // how to read XactTime
	IgnoreErrors bool   // write NULL where a number does not fit its column, and return no error

	// Unzoned is the first time that IgnoreErrors made NULL because Zone is nil and
	// its abbreviation means several zones. It holds the error that would have been
	// returned, until the caller clears it.
	Unzoned *Error

	relations relationCache

	// The rows of FillBlocks.
	extents []extent // the record of each row
	refs    []BlockRef
	images  []int // how many images that record has
}

// Fill writes the records from row from on into b: at most rows of them, and as
// many as fit a batch. It returns how many. text is what x scanned. The strings of
// the batch do not point into text; they stay valid until the memory of b is used
// again.
//
// An error is an *Error with a Field: a wanted value does not fit its column.
func (f *Filler) Fill(x *Index, b *record.Batch, text []byte, from, rows int) (n int, err error) {
	extents := x.extents[from:min(len(x.extents), from+rows)]
	for size := uint64(0); n < len(extents); n++ {
		size += uint64(extents[n].lastByte() - extents[n].begin)
		if size > batchText && n > 0 {
			break
		}
	}
	return n, f.fillRecords(b, extents[:n], text, x.CRLF, b.WantsBlocks())
}

// fillRecords fills the columns of the records. It fills those of their first
// block only if blocks is set.
func (f *Filler) fillRecords(b *record.Batch, extents []extent, text []byte, crlf, blocks bool) error {
	if err := f.fillHeader(b, extents, text); err != nil {
		return err
	}
	if b.ResourceManager.Wanted() {
		for i := range extents {
			b.ResourceManager.Set(i, extents[i].name(text))
		}
	}
	if b.Description.Wanted() || b.XactTime.Wanted() || blocks {
		return f.fillText(b, extents, text, crlf, blocks)
	}
	if b.RecordType.Wanted() {
		for i := range extents {
			e := &extents[i]
			desc := text[e.desc:e.textEnd()]
			ident, _ := splitIdentifier(desc, e.flags)
			b.RecordType.Set(i, desc[:ident])
		}
	}
	return nil
}

// fillHeader fills the columns of the record's header: numbers that the index has.
func (f *Filler) fillHeader(b *record.Batch, extents []extent, text []byte) error {
	if b.StartLSN != nil {
		for i := range extents {
			b.StartLSN[i] = extents[i].startLSN
		}
	}
	if b.PrevLSN != nil {
		for i := range extents {
			b.PrevLSN[i] = extents[i].prevLSN
		}
	}
	if b.ByteOffset != nil {
		for i := range extents {
			b.ByteOffset[i] = f.Base + uint64(extents[i].begin)
		}
	}
	if err := f.fillXID(&b.XID, extents, text); err != nil {
		return err
	}
	if err := f.fillRecordLength(&b.RecordLength, extents, text); err != nil {
		return err
	}
	return f.fillFPILength(&b.FPILength, extents, text)
}

func (f *Filler) fillXID(c *record.Numbers, extents []extent, text []byte) error {
	if !c.Wanted() {
		return nil
	}
	for i := range extents {
		e := &extents[i]
		if c.Values[i] = e.xid; e.flags&flagXIDRange != 0 {
			if err := f.outOfRange(c, i, e, text, xidField); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f *Filler) fillRecordLength(c *record.Numbers, extents []extent, text []byte) error {
	if !c.Wanted() {
		return nil
	}
	for i := range extents {
		e := &extents[i]
		if c.Values[i] = e.tot; e.flags&flagTotRange != 0 {
			if err := f.outOfRange(c, i, e, text, recordLengthField); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f *Filler) fillFPILength(c *record.Numbers, extents []extent, text []byte) error {
	if !c.Wanted() {
		return nil
	}
	for i := range extents {
		e := &extents[i]
		if c.Values[i] = e.fpiLength(); e.rec > e.tot || e.flags&(flagRecRange|flagTotRange) != 0 {
			if err := f.outOfRange(c, i, e, text, fpiLengthField); err != nil {
				return err
			}
		}
	}
	return nil
}

// Columns whose number may not fit.
const (
	xidField          = "xid"
	recordLengthField = "record_length"
	fpiLengthField    = "fpi_length"
)

// outOfRange makes value i of c NULL, or returns an error that quotes the number in
// the record's header that does not fit.
func (f *Filler) outOfRange(c *record.Numbers, i int, e *extent, text []byte, field string) error {
	if f.IgnoreErrors {
		c.SetNull(i)
		return nil
	}
	word := "/tot): "
	if field == xidField {
		word = ", tx: "
	}
	head := text[e.begin:e.desc]
	found := head[bytes.Index(head, []byte(word))+len(word):]
	found = found[:bytes.IndexByte(found, ',')]
	if field == recordLengthField {
		found = found[bytes.IndexByte(found, '/')+1:] // after rec
	}
	expected := "a number of at most 32 bits"
	if field == fpiLengthField && e.flags&(flagRecRange|flagTotRange) == 0 {
		expected = "rec (" + strconv.FormatUint(uint64(e.rec), 10) + ") <= tot (" + strconv.FormatUint(uint64(e.tot), 10) + ")"
	}
	return f.fieldError(e, field, &Error{Expected: expected, Found: string(clip(bytes.TrimLeft(found, " ")))})
}

// fieldError completes err, which is about a field of the record e.
func (f *Filler) fieldError(e *extent, field string, err *Error) *Error {
	err.Field, err.Offset = field, int64(f.Base)+int64(e.begin)
	return err
}

// splitIdentifier returns where the identifier that desc begins with ends, and where
// the description begins, after one blank.
func splitIdentifier(desc []byte, flags extentFlags) (ident, rest int) {
	if flags&flagBkp != 0 {
		return splitAtColon(desc)
	}
	ident = firstBlank(desc)
	if ident == len(desc) {
		return ident, ident
	}
	// UNKNOWN (10): what rm_identify does not know (XLogDumpDisplayRecord).
	if ident == len("UNKNOWN") && hasPrefix(desc, "UNKNOWN (") {
		i := len("UNKNOWN (")
		for i < len(desc) && (isDigit(desc[i]) || 'a' <= desc[i] && desc[i] <= 'f') {
			i++
		}
		if i > len("UNKNOWN (") && i < len(desc) && desc[i] == ')' && (i+1 == len(desc) || desc[i+1] == ' ') {
			return i + 1, min(i+2, len(desc))
		}
	}
	return ident, ident + 1
}

// splitAtColon does splitIdentifier's work for 9.3 and 9.4, which print no identifier:
// `insert(init): rel 1663/5/16384; tid 0/1`. The identifier ends before a colon, before
// a number (`commit prepared 731: `), or before two blanks (Greenplum's `distributed
// forget  gid = ...`).
func splitAtColon(desc []byte) (ident, rest int) {
	end := bytes.IndexByte(desc, ':')
	if end < 0 {
		end = len(desc)
	}
	for i := 1; i+1 < len(desc) && i < end; i++ {
		if desc[i] != ' ' {
			continue
		}
		if isDigit(desc[i+1]) {
			return i, i + 1
		}
		if desc[i+1] == ' ' {
			return i, i + 2
		}
	}
	if rest = min(end+1, len(desc)); rest < len(desc) && desc[rest] == ' ' {
		rest++
	}
	return end, rest
}

// fillText fills the columns that come from after `desc: `.
func (f *Filler) fillText(b *record.Batch, extents []extent, text []byte, crlf, blocksWanted bool) error {
	for i := range extents {
		e := &extents[i]
		desc := text[e.desc:e.textEnd()]
		if crlf && e.flags&flagUserText != 0 {
			desc = bytes.ReplaceAll(desc, []byte("\r\n"), newline)
		}
		ident, rest := splitIdentifier(desc, e.flags)
		if b.RecordType.Wanted() {
			b.RecordType.Set(i, desc[:ident])
		}
		if b.Description.Wanted() {
			b.Description.Set(i, desc[rest:])
		}
		if b.XactTime.Wanted() {
			if err := f.fillTime(b, i, e, text, desc[:ident], desc[rest:]); err != nil {
				return err
			}
		}
		if blocksWanted {
			if err := f.fillFirstBlock(b, i, e, text, desc[rest:]); err != nil {
				return err
			}
		}
	}
	return nil
}

// fillFirstBlock puts the record's first block reference, and the text of all, into
// row i. description is that of the record.
func (f *Filler) fillFirstBlock(b *record.Batch, i int, e *extent, text, description []byte) error {
	var ref BlockRef
	c := &b.BlockRef
	switch {
	case e.flags&flagDetails != 0:
		details := text[e.end:e.refs]
		firstDetail(details, &ref)
		if c.Wanted() {
			setDetails(c, i, details)
		}
	case e.refs != 0:
		refs := text[e.refs:e.end]
		f.relations.parse(refs, &ref)
		if c.Wanted() {
			c.Set(i, refs)
		}
	case e.flags&flagBkp != 0 && relationIn(description, &ref):
		known := ref.OutOfRange&FieldBlockNumber == 0
		ref.OutOfRange &^= FieldBlockNumber
		if err := f.setBlock(b, i, &ref, e); err != nil {
			return err
		}
		if !known && b.RelBlockNumber.Wanted() {
			b.RelBlockNumber.SetNull(i)
		}
		if c.Wanted() {
			c.SetNull(i)
		}
		return nil
	default:
		b.SetNoBlock(i)
		return nil
	}
	return f.setBlock(b, i, &ref, e)
}

// fillTime puts the record's own time into row i. Only records of XLOG and
// Transaction have one.
func (f *Filler) fillTime(b *record.Batch, i int, e *extent, text, ident, description []byte) error {
	c := &b.XactTime
	c.Values[i] = 0
	if first := text[e.begin+uint32(len("rmgr: "))]; first == 'T' || first == 'X' {
		zone, printed := f.Zone, xactTime(e.name(text), ident, description, e.flags)
		if zone == nil && f.IgnoreErrors {
			zone = lenient
		}
		us, ok, err := zone.micros(printed)
		if ok {
			c.Values[i] = us
			return nil
		}
		if err != nil {
			return f.fieldError(e, "xact_time", err)
		}
		if zone == lenient && f.Unzoned == nil && printed != nil {
			if _, _, err := f.Zone.micros(printed); err != nil {
				f.Unzoned = f.fieldError(e, "xact_time", err)
			}
		}
	}
	c.SetNull(i)
	return nil
}

// setBlock writes the relation, fork and number of ref into row i.
func (f *Filler) setBlock(b *record.Batch, i int, ref *BlockRef, e *extent) error {
	b.SetBlock(i, &ref.BlockRef)
	if ref.OutOfRange == 0 {
		return nil
	}
	for _, n := range [...]struct {
		c     *record.Numbers
		field BlockFields
		name  string
	}{
		{&b.RelTablespace, FieldRelTablespace, "reltablespace"},
		{&b.RelDatabase, FieldRelDatabase, "reldatabase"},
		{&b.RelFileNode, FieldRelFileNode, "relfilenode"},
		{&b.RelBlockNumber, FieldBlockNumber, "relblocknumber"},
	} {
		if !n.c.Wanted() || ref.OutOfRange&n.field == 0 {
			continue
		}
		if err := f.blockOutOfRange(n.c, i, e, n.name); err != nil {
			return err
		}
	}
	return nil
}

// blockOutOfRange makes a number of a block reference that does not fit NULL, or
// returns the error.
func (f *Filler) blockOutOfRange(c *record.Numbers, i int, e *extent, field string) error {
	if f.IgnoreErrors {
		c.SetNull(i)
		return nil
	}
	return f.fieldError(e, field, &Error{Expected: "a number of at most 32 bits", Found: "a longer one"})
}
