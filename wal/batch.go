package wal

import "walstats/record"

// A Batch has the columns that [Reader.Fill] and [Reader.FillBlocks] write: those of
// pg_waldump's text, and what only WAL itself has. A column without memory is not
// wanted and not computed.
type Batch struct {
	record.BlockBatch

	EndLSN         []uint64       // where the next record, or its page's header, begins
	MainDataLength record.Numbers // bytes
	Timeline       record.Numbers

	// The block reference's own, for FillBlocks.
	BlockDataLength record.Numbers // bytes, 0 for none
	FPIInfo         []uint8        // what is said of the image: a bit is an index in FPIInfoNames
	BlockData       record.Strings // bytes; NULL if the block has no data
	FPIData         record.Strings // the restored page; NULL without an image
}

// NoImage stands for NULL: the FPIInfo of a block without an image.
const NoImage = 0xFF

// FPIInfoNames has the names of the bits of an FPIInfo, the lowest first, as
// pg_walinspect's block_fpi_info has them.
var FPIInfoNames = [...]string{"HAS_HOLE", "APPLY", "COMPRESS_PGLZ", "COMPRESS_LZ4", "COMPRESS_ZSTD"}

// NewBatch returns a batch that wants every column, in memory of its own.
func NewBatch() *Batch {
	numbers := func() record.Numbers {
		return record.Numbers{Values: make([]uint32, record.BatchRows), Valid: make([]uint64, record.BatchRows/64)}
	}
	strings := func() record.Strings {
		return record.Strings{Rows: make([]record.String, record.BatchRows), Valid: make([]uint64, record.BatchRows/64)}
	}
	b := &Batch{
		BlockBatch:      *record.NewBlockBatch(),
		EndLSN:          make([]uint64, record.BatchRows),
		MainDataLength:  numbers(),
		Timeline:        numbers(),
		BlockDataLength: numbers(),
		FPIInfo:         make([]uint8, record.BatchRows),
		BlockData:       strings(),
		FPIData:         strings(),
	}
	b.Reset()
	return b
}

// Reset prepares the batch for the next rows: no value is NULL and the arenas are
// empty.
func (b *Batch) Reset() {
	b.BlockBatch.Reset()
	for _, c := range [...]*record.Numbers{&b.MainDataLength, &b.Timeline, &b.BlockDataLength} {
		setAll(c.Valid)
	}
	for _, c := range [...]*record.Strings{&b.BlockData, &b.FPIData} {
		setAll(c.Valid)
		c.Arena = c.Arena[:0]
	}
}

func setAll(valid []uint64) {
	for i := range valid {
		valid[i] = ^uint64(0)
	}
}

// A BlockCursor is a place among the block references of a reader's records.
type BlockCursor struct {
	Row int // the record
	Ref int // references of it that were taken
}
