package extension

import (
	"walstats/extension/scan"
	"walstats/record"
	"walstats/wal"
)

// A walRejectBatch has the memory of the columns of read_wal_rejects.
type walRejectBatch struct {
	filename, kind, error            record.Strings
	startLSN, byteOffset, byteLength []uint64
}

// readWALRejects makes read_wal_rejects: a row for each place where no record could be
// read, of which the last is where WAL ends.
var readWALRejects = table[walRejectBatch]{
	name:    "read_wal_rejects",
	options: []option{startLSNOption, endLSNOption, timelineOption, compressionOption, maxRecordSizeOption, threadsOption, verifyChecksumsOption},
	columns: []scan.Column[walRejectBatch]{
		scan.NotNull("filename", varchar, func(b *walRejectBatch) any { return &b.filename }),
		scan.NotNull("start_lsn", lsnType, func(b *walRejectBatch) any { return &b.startLSN }),
		scan.NotNull("byte_offset", ubigint, func(b *walRejectBatch) any { return &b.byteOffset }),
		scan.NotNull("byte_length", ubigint, func(b *walRejectBatch) any { return &b.byteLength }),
		scan.NotNull("kind", varchar, func(b *walRejectBatch) any { return &b.kind }),
		scan.NotNull("error", varchar, func(b *walRejectBatch) any { return &b.error }),
	},
	input: walSummary[walRejectBatch]{
		ignoreErrors: true,
		summarize: func(in *walInput) *scan.Input[walRejectBatch] {
			var rejects []wal.Reject
			compute := func() (int, error) {
				err := scan.Parallel(in.threads, func(int) error {
					return in.each(func(*walReader) error { return nil })
				})
				rejects = in.scan.Rejects()
				return len(rejects), err
			}
			return scan.Summarize(compute, func(b *walRejectBatch, i, row int) { b.set(i, &rejects[row]) }, in.scan.Close)
		},
	},
}

// set writes a reject into row i.
func (b *walRejectBatch) set(i int, r *wal.Reject) {
	for _, c := range [...]struct {
		column *record.Strings
		text   string
	}{{&b.filename, r.Path}, {&b.kind, r.Kind.String()}, {&b.error, r.Message}} {
		if c.column.Rows != nil {
			c.column.Set(i, []byte(c.text))
		}
	}
	for _, c := range [...]struct {
		column []uint64
		number uint64
	}{{b.startLSN, uint64(r.LSN)}, {b.byteOffset, uint64(r.Offset)}, {b.byteLength, uint64(r.Length)}} {
		if c.column != nil {
			c.column[i] = c.number
		}
	}
}
