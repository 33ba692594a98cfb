package extension

import (
	"slices"

	"walstats/cshim"
	"walstats/extension/scan"
	"walstats/wal"
)

// The columns that only WAL itself has. Those of block references are named as in
// pg_get_wal_block_info (contrib/pg_walinspect).
var (
	endLSN         = scan.NotNull("end_lsn", lsnType, func(b *recordBatch) any { return &b.EndLSN })
	mainDataLength = scan.NotNull("main_data_length", uinteger, func(b *recordBatch) any { return &b.MainDataLength })
	timeline       = scan.NotNull("timeline", uinteger, func(b *recordBatch) any { return &b.Timeline })

	blockDataLength = scan.NotNull("block_data_length", uinteger, func(b *recordBatch) any { return &b.BlockDataLength })
	blockFPIInfo    = scan.Nullable("block_fpi_info", cshim.ListOf(varchar), func(b *recordBatch) any { return &b.fpiInfo })
	blockData       = scan.Nullable("block_data", blob, func(b *recordBatch) any { return &b.BlockData })
	blockFPIData    = scan.Nullable("block_fpi_data", blob, func(b *recordBatch) any { return &b.FPIData })
)

var walOptions = []option{
	startLSNOption, endLSNOption, timelineOption, ignoreErrorsOption, filenameOption, compressionOption,
	walTimezoneOption, maxRecordSizeOption, threadsOption, verifyChecksumsOption, rmgrOption, fullPageOption,
}

// readWAL makes read_wal: a row for each WAL record, read from segments.
var readWAL = table[recordBatch]{
	name:    "read_wal",
	options: walOptions,
	columns: append(slices.Clip(recordColumns), endLSN, mainDataLength, timeline),
	extra:   map[string][]recordColumn{filenameOption.name: {filename}},
	input: walRows{func(r *walReader, b *recordBatch, rows int) (int, error) {
		n, err := r.Fill(&b.Batch, r.row, rows)
		r.row += n
		b.setFilename(r.chunk.Segment().Path, n)
		return n, err
	}},
}

// readWALBlocks makes read_wal_blocks: a row for each block reference.
var readWALBlocks = table[recordBatch]{
	name:    "read_wal_blocks",
	options: append(slices.Clip(walOptions), dataOption),
	columns: append(slices.Clip(blockColumns), blockDataLength, blockFPIInfo),
	extra: map[string][]recordColumn{
		dataOption.name:     {blockData, blockFPIData},
		filenameOption.name: {filename},
	},
	input: walRows{func(r *walReader, b *recordBatch, rows int) (int, error) {
		b.fpiInfo.Names = wal.FPIInfoNames[:]
		b.FPIInfo = b.fpiInfo.Rows
		n, err := r.FillBlocks(&b.Batch, &r.cursor, rows)
		r.row = r.cursor.Row
		b.setFilename(r.chunk.Segment().Path, n)
		return n, err
	}},
}
