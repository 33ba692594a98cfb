package parser

// A Fork is a file of a relation (ForkNumber, src/include/common/relpath.h).
type Fork uint8

// The forks, numbered as PostgreSQL does.
const (
	MainFork Fork = iota
	FSMFork
	VMFork
	InitFork
)

var forkNames = [...]string{"main", "fsm", "vm", "init"}

func (f Fork) String() string { return forkNames[f] }

// FPI says what is done with a block's full-page image.
type FPI uint8

// NoFPI is a block without an image; ApplyFPI one that replay restores; VerifyFPI
// one kept for wal_consistency_checking only.
const (
	NoFPI FPI = iota
	ApplyFPI
	VerifyFPI
)

// A BlockRef is one block that a record touches, as
// XLogRecGetBlockRefInfo (src/backend/access/rmgrdesc/xlogdesc.c) prints it.
type BlockRef struct {
	ID            uint8
	RelTablespace uint32
	RelDatabase   uint32
	RelFileNode   uint32
	Fork          Fork
	BlockNumber   uint32
	FPI           FPI

	// What only --bkp-details tells of an image.
	Detailed         bool
	HoleOffset       uint32
	HoleLength       uint32
	Compressed       bool
	CompressionSaved uint32
	Method           string // pglz, lz4, zstd, unknown; empty before PostgreSQL 15

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
		r.FPI = VerifyFPI
		i += len(" FPW for WAL verification")
	case hasPrefix(rest, " FPW"):
		r.FPI = ApplyFPI
		i += len(" FPW")
	case hasPrefix(rest, " (FPW for WAL verification); "):
		r.FPI = VerifyFPI
		return r.image(s, i+len(" (FPW for WAL verification); "))
	case hasPrefix(rest, " (FPW); "):
		r.FPI = ApplyFPI
		return r.image(s, i+len(" (FPW); "))
	}
	return i
}

// parseBackupBlock reads a backup block as 9.3 and 9.4 print it with
// --bkp-details (XLogDumpDisplayRecord, contrib/pg_xlogdump/pg_xlogdump.c).
func parseBackupBlock(s []byte, r *BlockRef) int {
	id, i, ok := decimal(s, len("backup bkp #"))
	if i == len("backup bkp #") || !ok || id > 255 || !hasPrefix(s[i:], "; rel ") {
		return 0
	}
	r.ID, r.FPI = uint8(id), ApplyFPI
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
	for f, name := range forkNames {
		if hasPrefix(s[i:], name) {
			r.Fork = Fork(f)
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
	n := ParseBlockRef(line[1:], &r)
	return n > 0 && n == len(line)-1
}

// blockRefsIn finds where the block references of a record's text begin, and
// the first of them: what follows `, ` from there on is block references and
// nothing else, to the end. begin is -1 where the text has none.
func blockRefsIn(text []byte, first *BlockRef) (begin int) {
	const marker = ", blkref #"
	for from := 0; ; {
		// No description prints a '#'; user text is not searched.
		i := indexByteFrom(text, '#', from)
		if i < 0 {
			return -1
		}
		from = i + 1
		begin = i - len("blkref #") + 1
		if begin < len(", ") || string(text[i-len(marker)+1:i+1]) != marker {
			continue
		}
		n := ParseBlockRef(text[begin:], first)
		if n == 0 {
			continue
		}
		end := begin + n + blockRefs(text[begin+n:])
		if end == len(text) {
			return begin
		}
		from = end // where the later references of this run would fail, too
	}
}

// blockRefs is how long the run of `, ` and a block reference is that s begins
// with.
func blockRefs(s []byte) (length int) {
	var r BlockRef
	for hasPrefix(s[length:], ", ") {
		n := ParseBlockRef(s[length+2:], &r)
		if n == 0 {
			break
		}
		length += 2 + n
	}
	return length
}
