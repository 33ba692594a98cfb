package record

// A Fork is a file of a relation (ForkNumber, src/include/common/relpath.h).
type Fork uint8

// The forks, numbered as PostgreSQL does.
const (
	MainFork Fork = iota
	FSMFork
	VMFork
	InitFork
)

// ForkNames has the names of the forks by number (forkNames in
// src/common/relpath.c).
var ForkNames = [...]string{"main", "fsm", "vm", "init"}

func (f Fork) String() string { return ForkNames[f] }

// FPI tells what replay does with a block's full-page image.
type FPI uint8

// NoFPI marks a block without an image, ApplyFPI an image that replay restores,
// VerifyFPI one for wal_consistency_checking only.
const (
	NoFPI FPI = iota
	ApplyFPI
	VerifyFPI
)

// A BlockRef is one block that a record touches, as XLogRecGetBlockRefInfo prints
// it (src/backend/access/rmgrdesc/xlogdesc.c).
type BlockRef struct {
	ID            uint8
	RelTablespace uint32
	RelDatabase   uint32
	RelFileNode   uint32
	Fork          Fork
	BlockNumber   uint32
	FPI           FPI

	// Detailed is set if the following fields are known. The text tells them only
	// with --bkp-details.
	Detailed         bool
	HoleOffset       uint32
	HoleLength       uint32
	Compressed       bool
	CompressionSaved uint32
	Method           string // pglz, lz4, zstd, unknown; empty before PostgreSQL 15
}

// BlockSize is BLCKSZ, the size of a block in bytes. Neither the text nor the WAL
// tells it; nearly every PostgreSQL is built with this one.
const BlockSize = 8192

// ImageLength returns how many bytes of the image the record holds. ok is false
// where the fields do not tell it.
func (r *BlockRef) ImageLength() (n uint32, ok bool) {
	left := int64(BlockSize) - int64(r.HoleLength) - int64(r.CompressionSaved)
	return uint32(left), r.Detailed && left >= 0
}

// Values of the columns that have few: relfork by [Fork], fpi by [FPI].
var (
	ForkStrings = Inline(ForkNames[:]...)
	FPIStrings  = Inline("", "apply", "verify")
)
