package extension

import (
	"walstats/cshim"
	"walstats/extension/scan"
	"walstats/record"
	"walstats/wal"
)

// A recordBatch has the memory of the columns of records and of block references.
// pg_waldump's text fills some of them, WAL all.
type recordBatch struct {
	wal.Batch
	filename record.Strings
	fpiInfo  scan.Sets
}

type recordColumn = scan.Column[recordBatch]

// The types of columns and options.
var (
	boolean   = cshim.Type{ID: cshim.Boolean}
	utinyint  = cshim.Type{ID: cshim.UTinyInt}
	uinteger  = cshim.Type{ID: cshim.UInteger}
	ubigint   = cshim.Type{ID: cshim.UBigInt}
	bigint    = cshim.Type{ID: cshim.BigInt}
	hugeint   = cshim.Type{ID: cshim.HugeInt}
	uhugeint  = cshim.Type{ID: cshim.UHugeInt}
	float     = cshim.Type{ID: cshim.Float}
	double    = cshim.Type{ID: cshim.Double}
	varchar   = cshim.Type{ID: cshim.Varchar}
	blob      = cshim.Type{ID: cshim.Blob}
	timestamp = cshim.Type{ID: cshim.TimestampTZ}
)

// The columns of records. Their names are those of pg_get_wal_records_info and
// pg_get_wal_block_info (contrib/pg_walinspect) where these have the column.
var (
	startLSN        = scan.NotNull("start_lsn", lsnType, func(b *recordBatch) any { return &b.StartLSN })
	prevLSN         = scan.NotNull("prev_lsn", lsnType, func(b *recordBatch) any { return &b.PrevLSN })
	xid             = scan.NullOnError("xid", uinteger, func(b *recordBatch) any { return &b.XID })
	resourceManager = scan.NotNull("resource_manager", varchar, func(b *recordBatch) any { return &b.ResourceManager })
	recordType      = scan.NotNull("record_type", varchar, func(b *recordBatch) any { return &b.RecordType })
	recordLength    = scan.NullOnError("record_length", uinteger, func(b *recordBatch) any { return &b.RecordLength })
	fpiLength       = scan.NullOnError("fpi_length", uinteger, func(b *recordBatch) any { return &b.FPILength })
	description     = scan.NotNull("description", varchar, func(b *recordBatch) any { return &b.Description })
	xactTime        = scan.Nullable("xact_time", timestamp, func(b *recordBatch) any { return &b.XactTime })
	relTablespace   = scan.Nullable("reltablespace", uinteger, func(b *recordBatch) any { return &b.RelTablespace })
	relDatabase     = scan.Nullable("reldatabase", uinteger, func(b *recordBatch) any { return &b.RelDatabase })
	relFileNode     = scan.Nullable("relfilenode", uinteger, func(b *recordBatch) any { return &b.RelFileNode })
	relFork         = scan.Nullable("relfork", varchar, func(b *recordBatch) any { return &b.RelFork })
	relBlockNumber  = scan.Nullable("relblocknumber", uinteger, func(b *recordBatch) any { return &b.RelBlockNumber })
	blockRef        = scan.Nullable("block_ref", varchar, func(b *recordBatch) any { return &b.BlockRef })

	blockID           = scan.NotNull("block_id", utinyint, func(b *recordBatch) any { return &b.BlockID })
	fpi               = scan.Nullable("fpi", varchar, func(b *recordBatch) any { return &b.FPI })
	blockFPILength    = scan.Nullable("block_fpi_length", uinteger, func(b *recordBatch) any { return &b.BlockFPILength })
	holeOffset        = scan.Nullable("hole_offset", uinteger, func(b *recordBatch) any { return &b.HoleOffset })
	holeLength        = scan.Nullable("hole_length", uinteger, func(b *recordBatch) any { return &b.HoleLength })
	compressionSaved  = scan.Nullable("compression_saved", uinteger, func(b *recordBatch) any { return &b.CompressionSaved })
	compressionMethod = scan.Nullable("compression_method", varchar, func(b *recordBatch) any { return &b.CompressionMethod })

	filename   = scan.NotNull("filename", varchar, func(b *recordBatch) any { return &b.filename })
	byteOffset = scan.NotNull("byte_offset", ubigint, func(b *recordBatch) any { return &b.ByteOffset })
)

var extraRecordColumns = map[string][]recordColumn{
	filenameOption.name:   {filename},
	byteOffsetOption.name: {byteOffset},
}

var recordOptions = []option{
	ignoreErrorsOption, filenameOption, byteOffsetOption, compressionOption, timezoneOption,
	byteRangeOption, maxRecordSizeOption, threadsOption,
}

// recordColumns has the columns of read_waldump, and the first ones of read_wal.
var recordColumns = []recordColumn{
	startLSN, prevLSN, xid, resourceManager, recordType, recordLength, fpiLength, description, xactTime,
	relTablespace, relDatabase, relFileNode, relFork, relBlockNumber, blockRef,
}

// blockColumns has the columns of read_waldump_blocks, and the first ones of
// read_wal_blocks.
var blockColumns = []recordColumn{
	startLSN, prevLSN, blockID, relTablespace, relDatabase, relFileNode, relFork, relBlockNumber, xid,
	resourceManager, recordType, recordLength, fpi, blockFPILength,
	holeOffset, holeLength, compressionSaved, compressionMethod, description,
}

// readWaldump makes read_waldump: a row for each WAL record.
var readWaldump = table[recordBatch]{
	name:    "read_waldump",
	options: recordOptions,
	columns: recordColumns,
	extra:   extraRecordColumns,
	input: textRows[recordBatch]{fill: func(r *textReader, b *recordBatch, rows int) (int, error) {
		n, err := r.filler.Fill(&r.index, &b.BlockBatch.Batch, r.text, r.row, min(rows, r.rows-r.row))
		if err != nil {
			return 0, r.fieldError(err)
		}
		r.row += n
		r.reportUnzoned()
		b.setFilename(r.chunk.dump.path, n)
		return n, nil
	}},
}

// readWaldumpBlocks makes read_waldump_blocks: a row for each block reference.
var readWaldumpBlocks = table[recordBatch]{
	name:    "read_waldump_blocks",
	options: recordOptions,
	columns: blockColumns,
	extra:   extraRecordColumns,
	input: textRows[recordBatch]{fill: func(r *textReader, b *recordBatch, rows int) (int, error) {
		n, err := r.filler.FillBlocks(&r.index, &b.BlockBatch, r.text, &r.cursor, r.rows, rows)
		if err != nil {
			return 0, r.fieldError(err)
		}
		r.row = r.cursor.Row
		b.setFilename(r.chunk.dump.path, n)
		return n, nil
	}},
}

// setFilename writes path into n rows.
func (b *recordBatch) setFilename(path string, n int) {
	c := &b.filename
	if c.Rows == nil || n == 0 {
		return
	}
	c.Set(0, []byte(path))
	for i := 1; i < n; i++ {
		c.Rows[i] = c.Rows[0]
	}
}
