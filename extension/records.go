package extension

import (
	"walstats/record"
)

// A recordBatch is what the rows of read_waldump and read_waldump_blocks are
// written through.
type recordBatch struct {
	record.BlockBatch
	filename record.Strings
}

func newRecordBatch(options) *recordBatch {
	return &recordBatch{}
}

type recordColumn = column[recordBatch]

// The columns have the names of pg_get_wal_records_info and
// pg_get_wal_block_info (contrib/pg_walinspect), where these have them.
var (
	startLSN        = recordColumn{"start_lsn", lsnType, never, func(b *recordBatch) any { return &b.StartLSN }}
	prevLSN         = recordColumn{"prev_lsn", lsnType, never, func(b *recordBatch) any { return &b.PrevLSN }}
	xid             = recordColumn{"xid", uinteger, onError, func(b *recordBatch) any { return &b.XID }}
	resourceManager = recordColumn{"resource_manager", varchar, never, func(b *recordBatch) any { return &b.ResourceManager }}
	recordType      = recordColumn{"record_type", varchar, never, func(b *recordBatch) any { return &b.RecordType }}
	recordLength    = recordColumn{"record_length", uinteger, onError, func(b *recordBatch) any { return &b.RecordLength }}
	fpiLength       = recordColumn{"fpi_length", uinteger, onError, func(b *recordBatch) any { return &b.FPILength }}
	description     = recordColumn{"description", varchar, never, func(b *recordBatch) any { return &b.Description }}
	xactTime        = recordColumn{"xact_time", timestamp, often, func(b *recordBatch) any { return &b.XactTime }}
	relTablespace   = recordColumn{"reltablespace", uinteger, often, func(b *recordBatch) any { return &b.RelTablespace }}
	relDatabase     = recordColumn{"reldatabase", uinteger, often, func(b *recordBatch) any { return &b.RelDatabase }}
	relFileNode     = recordColumn{"relfilenode", uinteger, often, func(b *recordBatch) any { return &b.RelFileNode }}
	relFork         = recordColumn{"relfork", varchar, often, func(b *recordBatch) any { return &b.RelFork }}
	relBlockNumber  = recordColumn{"relblocknumber", uinteger, often, func(b *recordBatch) any { return &b.RelBlockNumber }}
	blockRef        = recordColumn{"block_ref", varchar, often, func(b *recordBatch) any { return &b.BlockRef }}

	blockID           = recordColumn{"block_id", utinyint, never, func(b *recordBatch) any { return &b.BlockID }}
	fpi               = recordColumn{"fpi", varchar, often, func(b *recordBatch) any { return &b.FPI }}
	blockFPILength    = recordColumn{"block_fpi_length", uinteger, often, func(b *recordBatch) any { return &b.BlockFPILength }}
	holeOffset        = recordColumn{"hole_offset", uinteger, often, func(b *recordBatch) any { return &b.HoleOffset }}
	holeLength        = recordColumn{"hole_length", uinteger, often, func(b *recordBatch) any { return &b.HoleLength }}
	compressionSaved  = recordColumn{"compression_saved", uinteger, often, func(b *recordBatch) any { return &b.CompressionSaved }}
	compressionMethod = recordColumn{"compression_method", varchar, often, func(b *recordBatch) any { return &b.CompressionMethod }}
)

var extraRecordColumns = map[string]recordColumn{
	filenameOption.name:   {"filename", varchar, never, func(b *recordBatch) any { return &b.filename }},
	byteOffsetOption.name: {"byte_offset", ubigint, never, func(b *recordBatch) any { return &b.ByteOffset }},
}

var recordOptions = []option{
	ignoreErrorsOption, filenameOption, byteOffsetOption, compressionOption, timezoneOption,
	byteRangeOption, maxRecordSizeOption, threadsOption,
}

// readWaldump has one row a WAL record.
var readWaldump = table[recordBatch]{
	name:    "read_waldump",
	options: recordOptions,
	columns: []recordColumn{
		startLSN, prevLSN, xid, resourceManager, recordType, recordLength, fpiLength, description, xactTime,
		relTablespace, relDatabase, relFileNode, relFork, relBlockNumber, blockRef,
	},
	extra:    extraRecordColumns,
	newBatch: newRecordBatch,
	fill: func(r *reader, b *recordBatch, rows int) (int, error) {
		n, err := r.filler.Fill(&r.index, &b.Batch, r.text, r.row, min(rows, r.rows-r.row))
		if err != nil {
			return 0, r.fieldError(err)
		}
		r.row += n
		r.reportUnzoned()
		b.setFilename(r.block.dump.path, n)
		return n, nil
	},
}

// readWaldumpBlocks has one row a block reference.
var readWaldumpBlocks = table[recordBatch]{
	name:    "read_waldump_blocks",
	options: recordOptions,
	columns: []recordColumn{
		startLSN, prevLSN, blockID, relTablespace, relDatabase, relFileNode, relFork, relBlockNumber, xid,
		resourceManager, recordType, recordLength, fpi, blockFPILength,
		holeOffset, holeLength, compressionSaved, compressionMethod, description,
	},
	extra:    extraRecordColumns,
	newBatch: newRecordBatch,
	fill: func(r *reader, b *recordBatch, rows int) (int, error) {
		n, err := r.filler.FillBlocks(&r.index, &b.BlockBatch, r.text, &r.cursor, r.rows, rows)
		if err != nil {
			return 0, r.fieldError(err)
		}
		r.row = r.cursor.Row
		b.setFilename(r.block.dump.path, n)
		return n, nil
	},
}

// setFilename puts the same text into n rows.
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
