package parser

// BatchRows is how many records one batch holds at most: DuckDB's vector size.
const BatchRows = 2048

// batchText is how much text, in bytes, one batch takes at most, but for a
// single record that is longer.
const batchText = 4 << 20

// Numbers is a column of 32-bit numbers. It is wanted if Values is not nil.
type Numbers struct {
	Values []uint32
	Valid  []uint64 // a bit a row, 0 for NULL
}

func (c *Numbers) null(i int) {
	c.Values[i] = 0
	setNull(c.Valid, i)
}

// Times is a column of times, in microseconds since 1970-01-01 00:00:00 UTC. It
// is wanted if Values is not nil.
type Times struct {
	Values []int64
	Valid  []uint64 // a bit a row, 0 for NULL
}

// A Batch is where [Index.Fill] puts the columns of up to [BatchRows] records.
// The memory of the columns is the caller's; a column without memory is not
// wanted and not computed. Bits of Valid are only ever cleared, so the caller
// sets them first.
type Batch struct {
	StartLSN        []uint64 // lsn
	PrevLSN         []uint64 // prev
	XID             Numbers  // tx, 0 for none
	ResourceManager Strings  // rmgr, as printed
	RecordType      Strings  // the identifier; 9.3 and 9.4: the text before the first colon
	RecordLength    Numbers  // tot, bytes
	FPILength       Numbers  // tot - rec, bytes
	Description     Strings  // what stands between the identifier and the block references
	XactTime        Times    // when the transaction or recovery ended, NULL where the record does not say

	// The first block reference, NULL where there is none.
	RelTablespace  Numbers
	RelDatabase    Numbers
	RelFileNode    Numbers
	RelFork        Strings
	RelBlockNumber Numbers

	BlockRef   Strings  // all block references as printed, NULL where there is none
	ByteOffset []uint64 // where the record begins, counted from Base

	Base         uint64 // added to ByteOffset
	Zone         *Zone  // how to read XactTime
	IgnoreErrors bool   // NULL, not an error, for a number that does not fit its column

	// Unzoned is the first time that IgnoreErrors made NULL because Zone is nil and
	// nobody can know the zone: what would have been the error. It stays until the
	// caller clears it.
	Unzoned *FieldError

	relations relationCache
}

// NewBatch is a batch that wants every column, in memory of its own.
func NewBatch() *Batch {
	valid := func() []uint64 {
		v := make([]uint64, BatchRows/64)
		for i := range v {
			v[i] = ^uint64(0)
		}
		return v
	}
	numbers := func() Numbers { return Numbers{Values: make([]uint32, BatchRows), Valid: valid()} }
	strings := func() Strings { return Strings{Rows: make([]String, BatchRows), Valid: valid()} }
	return &Batch{
		StartLSN:        make([]uint64, BatchRows),
		PrevLSN:         make([]uint64, BatchRows),
		XID:             numbers(),
		ResourceManager: strings(),
		RecordType:      strings(),
		RecordLength:    numbers(),
		FPILength:       numbers(),
		Description:     strings(),
		XactTime:        Times{Values: make([]int64, BatchRows), Valid: valid()},
		RelTablespace:   numbers(),
		RelDatabase:     numbers(),
		RelFileNode:     numbers(),
		RelFork:         strings(),
		RelBlockNumber:  numbers(),
		BlockRef:        strings(),
		ByteOffset:      make([]uint64, BatchRows),
	}
}

// Reset makes every value of every column non-NULL again and empties the arenas,
// for the next batch in the same memory.
func (b *Batch) Reset() {
	for _, c := range b.numbers() {
		allValid(c.Valid)
	}
	allValid(b.XactTime.Valid)
	for _, c := range b.strings() {
		allValid(c.Valid)
		c.Arena = c.Arena[:0]
	}
}

func allValid(valid []uint64) {
	for i := range valid {
		valid[i] = ^uint64(0)
	}
}

func (b *Batch) numbers() [7]*Numbers {
	return [...]*Numbers{&b.XID, &b.RecordLength, &b.FPILength, &b.RelTablespace, &b.RelDatabase, &b.RelFileNode, &b.RelBlockNumber}
}

func (b *Batch) strings() [5]*Strings {
	return [...]*Strings{&b.ResourceManager, &b.RecordType, &b.Description, &b.RelFork, &b.BlockRef}
}
