package parser

import (
	"bytes"
	"strconv"
)

// Fill writes the records from row from on into b: as many as fit a batch of at
// most rows of them. It returns how many. text is what was scanned. Strings of
// the batch stay valid until the memory of b is used again; they do not point
// into text.
//
// An error is a *FieldError: a wanted number does not fit its column.
func (x *Index) Fill(b *Batch, text []byte, from, rows int) (n int, err error) {
	extents := x.extents[from:min(len(x.extents), from+rows)]
	for size := uint64(0); n < len(extents); n++ {
		size += uint64(max(extents[n].end, extents[n].detailEnd) - extents[n].begin)
		if size > batchText && n > 0 {
			break
		}
	}
	return n, b.fillRecords(extents[:n], text, x.CRLF, b.wantsBlocks())
}

// fillRecords fills the columns of the records, those of their first block only
// where blocks says so.
func (b *Batch) fillRecords(extents []extent, text []byte, crlf, blocks bool) error {
	if err := b.fillHeader(extents, text); err != nil {
		return err
	}
	if b.ResourceManager.wanted() {
		for i := range extents {
			b.ResourceManager.Set(i, extents[i].name(text))
		}
	}
	if b.Description.wanted() || b.XactTime.Values != nil || blocks {
		return b.fillText(extents, text, crlf, blocks)
	}
	if b.RecordType.wanted() {
		for i := range extents {
			e := &extents[i]
			desc := text[e.desc:e.end]
			ident, _ := splitIdentifier(desc, e.flags)
			b.RecordType.Set(i, desc[:ident])
		}
	}
	return nil
}

// A FieldError is a value that does not fit its column.
type FieldError struct {
	Begin uint32 // of the record, in the text
	Err   *Error
}

func (e *FieldError) Error() string { return e.Err.Error() }
func (e *FieldError) Unwrap() error { return e.Err }

func (b *Batch) fillHeader(extents []extent, text []byte) error {
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
			b.ByteOffset[i] = b.Base + uint64(extents[i].begin)
		}
	}
	if c := &b.XID; c.Values != nil {
		for i := range extents {
			c.Values[i] = extents[i].xid
			if extents[i].flags&flagXIDRange != 0 {
				if err := b.misfit(c, i, &extents[i], text, "xid", ", tx: "); err != nil {
					return err
				}
			}
		}
	}
	if c := &b.RecordLength; c.Values != nil {
		for i := range extents {
			c.Values[i] = extents[i].tot
			if extents[i].flags&flagTotRange != 0 {
				if err := b.misfit(c, i, &extents[i], text, "record_length", "/tot): "); err != nil {
					return err
				}
			}
		}
	}
	if c := &b.FPILength; c.Values != nil {
		for i := range extents {
			e := &extents[i]
			c.Values[i] = e.tot - e.rec
			if e.rec > e.tot || e.flags&(flagRecRange|flagTotRange) != 0 {
				if err := b.misfit(c, i, e, text, "fpi_length", "/tot): "); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// misfit makes value i of c NULL, or says what stands behind word in the
// record's header instead of a value that fits.
func (b *Batch) misfit(c *Numbers, i int, e *extent, text []byte, field, word string) error {
	if b.IgnoreErrors {
		c.null(i)
		return nil
	}
	head := text[e.begin:e.desc]
	found := head[bytes.Index(head, []byte(word))+len(word):]
	found = found[:bytes.IndexByte(found, ',')]
	if field == "record_length" {
		found = found[bytes.IndexByte(found, '/')+1:] // behind rec
	}
	expected := "a number of at most 32 bits"
	if field == "fpi_length" && e.flags&(flagRecRange|flagTotRange) == 0 {
		expected = "rec (" + strconv.FormatUint(uint64(e.rec), 10) + ") <= tot (" + strconv.FormatUint(uint64(e.tot), 10) + ")"
	}
	return &FieldError{e.begin, &Error{Field: field, Expected: expected, Found: string(clip(bytes.TrimLeft(found, " ")))}}
}

// splitIdentifier finds the identifier that desc begins with, and where the
// description begins behind it and one blank.
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

// splitAtColon is splitIdentifier for 9.3 and 9.4, which print no identifier:
// `insert(init): rel 1663/5/16384; tid 0/1`.
func splitAtColon(desc []byte) (ident, rest int) {
	ident = bytes.IndexByte(desc, ':')
	if ident < 0 {
		return len(desc), len(desc)
	}
	rest = ident + 1
	if rest < len(desc) && desc[rest] == ' ' {
		rest++
	}
	return ident, rest
}

func (b *Batch) wantsBlocks() bool {
	return b.RelTablespace.Values != nil || b.RelDatabase.Values != nil || b.RelFileNode.Values != nil ||
		b.RelFork.wanted() || b.RelBlockNumber.Values != nil || b.BlockRef.wanted()
}

// fillText fills the columns that come from behind `desc: `.
func (b *Batch) fillText(extents []extent, text []byte, crlf, blocksWanted bool) error {
	var ref BlockRef
	for i := range extents {
		e := &extents[i]
		desc := text[e.desc:e.end]
		if crlf && e.flags&flagUserText != 0 {
			desc = bytes.ReplaceAll(desc, []byte("\r\n"), newline)
		}
		ident, rest := splitIdentifier(desc, e.flags)
		if b.RecordType.wanted() {
			b.RecordType.Set(i, desc[:ident])
		}
		blocks := -1
		if e.flags&flagUserText == 0 {
			// The identifier's blank may be the last before `, blkref #`.
			if blocks = b.relations.blockRefsIn(desc[rest:], &ref); blocks >= 0 {
				blocks += rest
			}
		}
		end := len(desc)
		if blocks >= 0 {
			end = blocks - len(", ")
		}
		if b.Description.wanted() {
			b.Description.Set(i, desc[rest:end])
		}
		if b.XactTime.Values != nil {
			if err := b.fillTime(i, e, text, desc[:ident], desc[rest:end]); err != nil {
				return err
			}
		}
		if !blocksWanted {
			continue
		}
		var details []byte
		if blocks < 0 && e.flags&flagDetails != 0 {
			details = text[e.end:e.detailEnd]
			firstDetail(details, &ref)
		}
		if blocks < 0 && details == nil {
			b.noBlock(i)
			continue
		}
		if err := b.firstBlock(i, &ref, e); err != nil {
			return err
		}
		if c := &b.BlockRef; c.wanted() {
			if blocks >= 0 {
				c.Set(i, desc[blocks:])
			} else {
				c.setDetails(i, details, crlf)
			}
		}
	}
	return nil
}

// fillTime puts the record's own time into row i. Only records of XLOG and
// Transaction have one.
func (b *Batch) fillTime(i int, e *extent, text, ident, description []byte) error {
	c := &b.XactTime
	c.Values[i] = 0
	if first := text[e.begin+uint32(len("rmgr: "))]; first == 'T' || first == 'X' {
		zone, printed := b.Zone, xactTime(e.name(text), ident, description, e.flags)
		if zone == nil && b.IgnoreErrors {
			zone = lenient
		}
		us, ok, err := zone.micros(printed)
		if ok {
			c.Values[i] = us
			return nil
		}
		if err != nil {
			err.Field = "xact_time"
			return &FieldError{e.begin, err}
		}
		if zone == lenient && b.Unzoned == nil && printed != nil {
			if _, _, err := b.Zone.micros(printed); err != nil {
				err.Field = "xact_time"
				b.Unzoned = &FieldError{e.begin, err}
			}
		}
	}
	setNull(c.Valid, i)
	return nil
}

// noBlock makes the block columns of row i NULL.
func (b *Batch) noBlock(i int) {
	for _, c := range [...]*Numbers{&b.RelTablespace, &b.RelDatabase, &b.RelFileNode, &b.RelBlockNumber} {
		if c.Values != nil {
			c.null(i)
		}
	}
	for _, c := range [...]*Strings{&b.RelFork, &b.BlockRef} {
		if c.wanted() {
			c.SetNull(i)
		}
	}
}

// forkStrings are the values of relfork.
var forkStrings = inlineStrings(forkNames[:]...)

func (b *Batch) firstBlock(i int, ref *BlockRef, e *extent) error {
	if c := &b.RelTablespace; c.Values != nil {
		c.Values[i] = ref.RelTablespace
	}
	if c := &b.RelDatabase; c.Values != nil {
		c.Values[i] = ref.RelDatabase
	}
	if c := &b.RelFileNode; c.Values != nil {
		c.Values[i] = ref.RelFileNode
	}
	if c := &b.RelFork; c.wanted() {
		c.Rows[i] = forkStrings[ref.Fork]
	}
	if c := &b.RelBlockNumber; c.Values != nil {
		c.Values[i] = ref.BlockNumber
	}
	if ref.OutOfRange == 0 {
		return nil
	}
	for _, f := range [...]struct {
		c     *Numbers
		field BlockFields
		name  string
	}{
		{&b.RelTablespace, FieldRelTablespace, "reltablespace"},
		{&b.RelDatabase, FieldRelDatabase, "reldatabase"},
		{&b.RelFileNode, FieldRelFileNode, "relfilenode"},
		{&b.RelBlockNumber, FieldBlockNumber, "relblocknumber"},
	} {
		if f.c.Values == nil || ref.OutOfRange&f.field == 0 {
			continue
		}
		if err := b.blockMisfit(f.c, i, e, f.name); err != nil {
			return err
		}
	}
	return nil
}

// blockMisfit makes a number of a block reference that does not fit NULL, or
// says so.
func (b *Batch) blockMisfit(c *Numbers, i int, e *extent, field string) error {
	if b.IgnoreErrors {
		c.null(i)
		return nil
	}
	return &FieldError{e.begin, &Error{Field: field, Expected: "a number of at most 32 bits", Found: "a longer one"}}
}
