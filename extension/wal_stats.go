package extension

import (
	"walstats/extension/scan"
	"walstats/record"
	"walstats/wal"
)

// walStats makes wal_stats: pg_waldump's statistics, made of WAL.
var walStats = table[statsBatch]{
	name:    "wal_stats",
	options: []option{perRecordOption, startLSNOption, endLSNOption, timelineOption, ignoreErrorsOption, compressionOption, maxRecordSizeOption, threadsOption, verifyChecksumsOption},
	columns: statsColumns,
	input: walSummary[statsBatch]{summarize: func(in *walInput) *scan.Input[statsBatch] {
		s := statistics{perRecord: in.options.perRecord, version: in.set.Version}
		compute := func() (int, error) {
			return s.compute(in.threads, func(b *record.Batch, add func(n int)) error { return addWAL(in, b, add) })
		}
		return scan.Summarize(compute, s.set, in.scan.Close)
	}},
}

// addWAL adds the records that one thread reads of WAL.
func addWAL(in *walInput, b *record.Batch, add func(n int)) error {
	all := wal.Batch{}
	return in.each(func(r *walReader) error {
		for r.row < r.Len() {
			b.Reset()
			all.BlockBatch.Batch = *b
			n, err := r.Fill(&all, r.row, record.BatchRows)
			if err != nil {
				return err
			}
			*b = all.BlockBatch.Batch
			add(n)
			r.row += n
		}
		return nil
	})
}
