package record

// BatchRows is the largest number of rows in a batch: DuckDB's vector size.
const BatchRows = 2048

// A Batch holds the columns of up to [BatchRows] records. The caller supplies the
// memory of the columns; a reader does not compute a column without memory. A
// reader only clears bits of Valid, so the caller sets them first.
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

	// The first block reference, NULL in a record without one.
	RelTablespace  Numbers
	RelDatabase    Numbers
	RelFileNode    Numbers
	RelFork        Strings
	RelBlockNumber Numbers

	BlockRef   Strings  // all block references as printed, NULL in a record without one
	ByteOffset []uint64 // where the record begins in its file, counted from 0
}

// A BlockBatch is a Batch with one row a block reference. Its block columns
// describe the row's own reference, not the record's first.
type BlockBatch struct {
	Batch

	BlockID           []uint8
	FPI               Strings // apply, verify; NULL without an image
	BlockFPILength    Numbers // bytes of the image in the record; NULL where the text does not tell
	HoleOffset        Numbers // the text tells these four only with --bkp-details
	HoleLength        Numbers
	CompressionSaved  Numbers
	CompressionMethod Strings
}

// NewBatch returns a batch that wants every column, in memory of its own.
func NewBatch() *Batch {
	b := newBatch()
	return &b
}

// NewBlockBatch returns a batch that wants every column, in memory of its own.
func NewBlockBatch() *BlockBatch {
	return &BlockBatch{
		Batch:             newBatch(),
		BlockID:           make([]uint8, BatchRows),
		FPI:               newStrings(),
		BlockFPILength:    newNumbers(),
		HoleOffset:        newNumbers(),
		HoleLength:        newNumbers(),
		CompressionSaved:  newNumbers(),
		CompressionMethod: newStrings(),
	}
}

func newBatch() Batch {
	return Batch{
		StartLSN:        make([]uint64, BatchRows),
		PrevLSN:         make([]uint64, BatchRows),
		XID:             newNumbers(),
		ResourceManager: newStrings(),
		RecordType:      newStrings(),
		RecordLength:    newNumbers(),
		FPILength:       newNumbers(),
		Description:     newStrings(),
		XactTime:        Times{Values: make([]int64, BatchRows), Valid: newValid()},
		RelTablespace:   newNumbers(),
		RelDatabase:     newNumbers(),
		RelFileNode:     newNumbers(),
		RelFork:         newStrings(),
		RelBlockNumber:  newNumbers(),
		BlockRef:        newStrings(),
		ByteOffset:      make([]uint64, BatchRows),
	}
}

func newNumbers() Numbers { return Numbers{Values: make([]uint32, BatchRows), Valid: newValid()} }

func newStrings() Strings { return Strings{Rows: make([]String, BatchRows), Valid: newValid()} }

func newValid() []uint64 {
	valid := make([]uint64, BatchRows/64)
	setAllValid(valid)
	return valid
}

// Reset prepares the batch for the next rows: no value is NULL and the arenas are
// empty.
func (b *Batch) Reset() {
	for _, c := range b.Numbers() {
		setAllValid(c.Valid)
	}
	setAllValid(b.XactTime.Valid)
	for _, c := range b.Strings() {
		setAllValid(c.Valid)
		c.Arena = c.Arena[:0]
	}
}

// Numbers returns the columns of numbers, wanted or not.
func (b *Batch) Numbers() [7]*Numbers {
	return [...]*Numbers{&b.XID, &b.RecordLength, &b.FPILength, &b.RelTablespace, &b.RelDatabase, &b.RelFileNode, &b.RelBlockNumber}
}

// Strings returns the columns of texts, wanted or not.
func (b *Batch) Strings() [5]*Strings {
	return [...]*Strings{&b.ResourceManager, &b.RecordType, &b.Description, &b.RelFork, &b.BlockRef}
}

// Reset prepares the batch for the next rows: no value is NULL and the arenas are
// empty.
func (b *BlockBatch) Reset() {
	b.Batch.Reset()
	for _, c := range [...]*Numbers{&b.BlockFPILength, &b.HoleOffset, &b.HoleLength, &b.CompressionSaved} {
		setAllValid(c.Valid)
	}
	for _, c := range [...]*Strings{&b.FPI, &b.CompressionMethod} {
		setAllValid(c.Valid)
		c.Arena = c.Arena[:0]
	}
}

// WantsBlocks reports whether a column of the first block reference is wanted.
func (b *Batch) WantsBlocks() bool {
	return b.RelTablespace.Wanted() || b.RelDatabase.Wanted() || b.RelFileNode.Wanted() ||
		b.RelFork.Wanted() || b.RelBlockNumber.Wanted() || b.BlockRef.Wanted()
}

// SetNoBlock makes the block columns of row i NULL.
func (b *Batch) SetNoBlock(i int) {
	for _, c := range [...]*Numbers{&b.RelTablespace, &b.RelDatabase, &b.RelFileNode, &b.RelBlockNumber} {
		if c.Wanted() {
			c.SetNull(i)
		}
	}
	for _, c := range [...]*Strings{&b.RelFork, &b.BlockRef} {
		if c.Wanted() {
			c.SetNull(i)
		}
	}
}

// SetBlock writes the relation, fork and number of ref into row i.
func (b *Batch) SetBlock(i int, ref *BlockRef) {
	if c := &b.RelTablespace; c.Wanted() {
		c.Values[i] = ref.RelTablespace
	}
	if c := &b.RelDatabase; c.Wanted() {
		c.Values[i] = ref.RelDatabase
	}
	if c := &b.RelFileNode; c.Wanted() {
		c.Values[i] = ref.RelFileNode
	}
	if c := &b.RelFork; c.Wanted() {
		c.Rows[i] = ForkStrings[ref.Fork]
	}
	if c := &b.RelBlockNumber; c.Wanted() {
		c.Values[i] = ref.BlockNumber
	}
}
