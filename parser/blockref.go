package parser

import (
	"bytes"

	"walstats/record"
)

// A BlockRef is a block reference as the text has it.
type BlockRef struct {
	record.BlockRef

	// OutOfRange has a bit for each number that does not fit 32 bits.
	OutOfRange BlockFields
}

// BlockFields is a set of a BlockRef's numbers.
type BlockFields uint8

// The numbers of a BlockRef.
const (
	FieldRelTablespace BlockFields = 1 << iota
	FieldRelDatabase
	FieldRelFileNode
	FieldBlockNumber
	FieldHoleOffset
	FieldHoleLength
	FieldCompressionSaved
)

// ParseBlockRef reads the block reference that s begins with, in the short form,
// that of --bkp-details, or that of 9.3 and 9.4, and returns its length; 0 where
// s does not begin with one.
func ParseBlockRef(s []byte, r *BlockRef) int {
	*r = BlockRef{}
	if !hasPrefix(s, "blkref #") {
		if hasPrefix(s, "backup bkp #") {
			return parseBackupBlock(s, r)
		}
		return 0
	}
	id, i, ok := decimal(s, len("blkref #"))
	if i == len("blkref #") || !ok || id > 255 || !hasPrefix(s[i:], ": rel ") {
		return 0
	}
	r.ID = uint8(id)
	if i = r.relation(s, i+len(": rel ")); i == 0 {
		return 0
	}
	if hasPrefix(s[i:], " fork ") {
		if i = r.fork(s, i+len(" fork ")); i == 0 {
			return 0
		}
	}
	if !hasPrefix(s[i:], " blk ") {
		return 0
	}
	if i = r.number(s, i+len(" blk "), &r.BlockNumber, FieldBlockNumber); i == 0 {
		return 0
	}
	rest := s[i:]
	switch {
	case len(rest) == 0 || rest[0] == ',':
	case hasPrefix(rest, " FPW for WAL verification"):
		r.FPI = record.VerifyFPI
		i += len(" FPW for WAL verification")
	case hasPrefix(rest, " FPW"):
		r.FPI = record.ApplyFPI
		i += len(" FPW")
	case hasPrefix(rest, " (FPW for WAL verification); "):
		r.FPI = record.VerifyFPI
		return r.image(s, i+len(" (FPW for WAL verification); "))
	case hasPrefix(rest, " (FPW); "):
		r.FPI = record.ApplyFPI
		return r.image(s, i+len(" (FPW); "))
	}
	return i
}

// A relationCache knows the tablespace and the database of the reference read
// last: most are in the same, and the text of both is compared at once. The zero
// cache knows none.
type relationCache struct {
	text                       [2]uint64 // `1663/16384/`, with its slashes
	mask                       [2]uint64 // the bytes of it
	length                     int
	relTablespace, relDatabase uint32
}

// set remembers the relation of r, whose text is text up to the length-th byte;
// there are sixteen bytes.
func (c *relationCache) set(text []byte, length int, r *BlockRef) {
	if length > 16 || r.OutOfRange != 0 {
		return
	}
	c.mask = [2]uint64{^uint64(0) >> (64 - 8*min(length, 8)), 1<<(8*max(length-8, 0)) - 1}
	c.text = [2]uint64{load64(text) & c.mask[0], load64(text[8:]) & c.mask[1]}
	c.length, c.relTablespace, c.relDatabase = length, r.RelTablespace, r.RelDatabase
}

var (
	wordRel = word("#\x00: rel ") // the zero is the digit's place
	wordBlk = word(" blk ")
)

const (
	fastBlockRef = 64 // bytes that parse may look at
	relAt        = len("blkref #0: rel ")
	low40        = 1<<40 - 1
)

// parse does [ParseBlockRef]'s work, faster if s begins with a reference in the short
// form, with an id below ten, to a block of the main fork.
func (c *relationCache) parse(s []byte, r *BlockRef) int {
	if cap(s) < fastBlockRef {
		return ParseBlockRef(s, r)
	}
	b := s[:fastBlockRef]
	digit := load64(b[7:])
	if digit&^0xFF00 != wordRel || !isDigit(b[8]) || string(b[:6]) != "blkref" {
		return ParseBlockRef(s, r)
	}
	lo, hi := load64(b[relAt:]), load64(b[relAt+8:])
	if lo&c.mask[0] != c.text[0] || hi&c.mask[1] != c.text[1] || c.length == 0 {
		n := ParseBlockRef(s, r)
		if n > 0 {
			tablespace := bytes.IndexByte(b[relAt:], '/') + 1
			if database := bytes.IndexByte(b[relAt+tablespace:], '/') + 1; database > 0 {
				c.set(b[relAt:], tablespace+database, r)
			}
		}
		return n
	}
	node, i, ok1 := decimal(s, relAt+c.length)
	if i == relAt+c.length || i > fastBlockRef-8 || i+len(" blk ") > len(s) || load64(b[i:])&low40 != wordBlk {
		return ParseBlockRef(s, r)
	}
	block, end, ok2 := decimal(s, i+len(" blk "))
	if end == i+len(" blk ") || !ok1 || !ok2 || end > len(s) || end < len(s) && s[end] != ',' && !endsInFPW(s[end:]) {
		return ParseBlockRef(s, r)
	}
	*r = BlockRef{BlockRef: record.BlockRef{
		ID:            b[8] - '0',
		RelTablespace: c.relTablespace,
		RelDatabase:   c.relDatabase,
		RelFileNode:   node,
		BlockNumber:   block,
	}}
	if end < len(s) && s[end] == ' ' {
		r.FPI = record.ApplyFPI
		end += len(" FPW")
	}
	return end
}

// endsInFPW reports whether s is ` FPW`, or that and the next reference.
func endsInFPW(s []byte) bool {
	return hasPrefix(s, " FPW") && (len(s) == len(" FPW") || s[len(" FPW")] == ',')
}

// parseBackupBlock reads a backup block as 9.3 and 9.4 print it with
// --bkp-details (XLogDumpDisplayRecord, contrib/pg_xlogdump/pg_xlogdump.c).
func parseBackupBlock(s []byte, r *BlockRef) int {
	id, i, ok := decimal(s, len("backup bkp #"))
	if i == len("backup bkp #") || !ok || id > 255 || !hasPrefix(s[i:], "; rel ") {
		return 0
	}
	r.ID, r.FPI = uint8(id), record.ApplyFPI
	if i = r.relation(s, i+len("; rel ")); i == 0 || !hasPrefix(s[i:], "; fork: ") {
		return 0
	}
	if i = r.fork(s, i+len("; fork: ")); i == 0 || !hasPrefix(s[i:], "; block: ") {
		return 0
	}
	if i = r.number(s, i+len("; block: "), &r.BlockNumber, FieldBlockNumber); i == 0 || !hasPrefix(s[i:], "; ") {
		return 0
	}
	return r.image(s, i+len("; "))
}

// image reads `hole: offset: %u, length: %u` at s[i:], and what follows it where
// the image is compressed.
func (r *BlockRef) image(s []byte, i int) int {
	if !hasPrefix(s[i:], "hole: offset: ") {
		return 0
	}
	r.Detailed = true
	i = r.number(s, i+len("hole: offset: "), &r.HoleOffset, FieldHoleOffset)
	if i == 0 || !hasPrefix(s[i:], ", length: ") {
		return 0
	}
	i = r.number(s, i+len(", length: "), &r.HoleLength, FieldHoleLength)
	if i == 0 || !hasPrefix(s[i:], ", compression saved: ") {
		return i
	}
	r.Compressed = true
	i = r.number(s, i+len(", compression saved: "), &r.CompressionSaved, FieldCompressionSaved)
	if i == 0 || !hasPrefix(s[i:], ", method: ") {
		return i
	}
	i += len(", method: ")
	for _, m := range [...]string{"pglz", "lz4", "zstd", "unknown"} {
		if hasPrefix(s[i:], m) {
			r.Method = m
			return i + len(m)
		}
	}
	return 0
}

func (r *BlockRef) relation(s []byte, i int) int {
	i = r.number(s, i, &r.RelTablespace, FieldRelTablespace)
	if i == 0 || i >= len(s) || s[i] != '/' {
		return 0
	}
	i = r.number(s, i+1, &r.RelDatabase, FieldRelDatabase)
	if i == 0 || i >= len(s) || s[i] != '/' {
		return 0
	}
	return r.number(s, i+1, &r.RelFileNode, FieldRelFileNode)
}

func (r *BlockRef) fork(s []byte, i int) int {
	for f, name := range record.ForkNames {
		if hasPrefix(s[i:], name) {
			r.Fork = record.Fork(f)
			return i + len(name)
		}
	}
	return 0
}

// number reads the number at s[i:] into v and says where it ends, 0 where there
// is none.
func (r *BlockRef) number(s []byte, i int, v *uint32, field BlockFields) int {
	n, end, ok := decimal(s, i)
	if end == i {
		return 0
	}
	if !ok {
		r.OutOfRange |= field
	}
	*v = n
	return end
}

// isDetail reports whether line is one of the lines that --bkp-details prints
// below a record: a tab and one block reference.
func isDetail(line []byte) bool {
	if len(line) == 0 || line[0] != '\t' {
		return false
	}
	var r BlockRef
	ref := bytes.TrimRight(line[1:], " \t\r")
	n := ParseBlockRef(ref, &r)
	return n > 0 && n == len(ref)
}

// hasImage reports whether the detail line says that there is an image.
func hasImage(line []byte) bool {
	return bytes.Contains(line, []byte("(FPW")) || hasPrefix(line, "\tbackup bkp #") || bytes.Contains(line, []byte(" FPW"))
}

// relationIn reads the relation that a record of 9.3 or 9.4 names in its
// description: `rel 1663/5/16384; tid 0/1`. It returns false if there is none. The
// block's number is marked as out of range where the text does not say it.
func relationIn(description []byte, r *BlockRef) bool {
	const word = "rel "
	*r = BlockRef{}
	for from := 0; ; {
		i := bytes.Index(description[from:], []byte(word))
		if i < 0 {
			return false
		}
		i += from
		from = i + len(word)
		if i > 0 && description[i-1] != ' ' {
			continue
		}
		end := r.relation(description, from)
		if end == 0 {
			*r = BlockRef{}
			continue
		}
		r.OutOfRange |= FieldBlockNumber
		for _, block := range [...]string{"; tid ", "; blk ", "; block number ", " blk "} {
			if rest := description[end:]; hasPrefix(rest, block) {
				if n, at, ok := decimal(rest, len(block)); at > len(block) && ok {
					r.BlockNumber = n
					r.OutOfRange &^= FieldBlockNumber
				}
			}
		}
		return true
	}
}
