package extension

import (
	"slices"

	"walstats/record"
	"walstats/rmgr"
)

// A sum is what pg_waldump --stats adds up, over a manager or a record type.
type sum struct {
	count      int64
	recordSize int64 // bytes without full-page images
	fpiSize    int64 // bytes of full-page images
}

func (s *sum) add(t sum) {
	s.count += t.count
	s.recordSize += t.recordSize
	s.fpiSize += t.fpiSize
}

func (s *sum) combined() int64 { return s.recordSize + s.fpiSize }

// A statsBatch is what the rows of waldump_stats are written through.
type statsBatch struct {
	name                                     record.Strings
	count, recordSize, fpiSize, combinedSize []int64
	countPct, recordPct, fpiPct, combinedPct []float64
	summary
	sums  map[string]*sum
	total sum
}

type statsColumn = column[statsBatch]

// waldumpStats is the table that pg_waldump --stats prints, or with per_record
// --stats=record (XLogDumpDisplayStats, src/bin/pg_waldump/pg_waldump.c), with
// the column names of pg_get_wal_stats (contrib/pg_walinspect).
var waldumpStats = table[statsBatch]{
	name:    "waldump_stats",
	options: []option{perRecordOption, ignoreErrorsOption, compressionOption, byteRangeOption, maxRecordSizeOption, threadsOption},
	columns: []statsColumn{
		{"resource_manager/record_type", varchar, never, func(b *statsBatch) any { return &b.name }},
		{"count", bigint, never, func(b *statsBatch) any { return &b.count }},
		{"count_percentage", double, never, func(b *statsBatch) any { return &b.countPct }},
		{"record_size", bigint, never, func(b *statsBatch) any { return &b.recordSize }},
		{"record_size_percentage", double, never, func(b *statsBatch) any { return &b.recordPct }},
		{"fpi_size", bigint, never, func(b *statsBatch) any { return &b.fpiSize }},
		{"fpi_size_percentage", double, never, func(b *statsBatch) any { return &b.fpiPct }},
		{"combined_size", bigint, never, func(b *statsBatch) any { return &b.combinedSize }},
		{"combined_size_percentage", double, never, func(b *statsBatch) any { return &b.combinedPct }},
	},
	serial:   true,
	newBatch: func(options) *statsBatch { return &statsBatch{} },
	fill: func(r *reader, b *statsBatch, rows int) (int, error) {
		return b.summary.fill(rows, func() error { return b.compute(r.scan) }, b.set)
	},
}

// compute reads the whole scan.
func (b *statsBatch) compute(s *scan) error {
	sums := make([]map[string]*sum, s.threads())
	if err := s.inThreads(func(thread int) (err error) {
		sums[thread], err = sumsOf(s)
		return err
	}); err != nil {
		return err
	}
	b.sums = map[string]*sum{}
	if !s.options.perRecord {
		for _, name := range rmgr.V18.Stats() {
			b.sums[name] = &sum{}
		}
	}
	for _, part := range sums {
		for name, p := range part {
			if b.sums[name] == nil {
				b.sums[name] = &sum{}
			}
			b.sums[name].add(*p)
			b.total.add(*p)
		}
	}
	for name := range b.sums {
		b.names = append(b.names, name)
	}
	slices.SortFunc(b.names, rmgr.Compare)
	return nil
}

// sumsOf adds up what one thread gets of a scan.
func sumsOf(s *scan) (map[string]*sum, error) {
	sums := map[string]*sum{}
	r := newReader(s)
	all := record.NewBatch()
	b := &record.Batch{
		ResourceManager: all.ResourceManager,
		RecordLength:    all.RecordLength,
		FPILength:       all.FPILength,
	}
	if s.options.perRecord {
		b.RecordType = all.RecordType
	}
	var key []byte
	for {
		if more, err := r.advance(); err != nil || !more {
			return sums, err
		}
		b.Reset()
		n, err := r.filler.Fill(&r.index, b, r.text, r.row, min(record.BatchRows, r.rows-r.row))
		if err != nil {
			s.stop()
			return nil, r.fieldError(err)
		}
		for i := range n {
			key = append(key[:0], b.ResourceManager.Rows[i].Text(b.ResourceManager.Arena)...)
			if s.options.perRecord {
				key = append(append(key, '/'), b.RecordType.Rows[i].Text(b.RecordType.Arena)...)
			}
			p := sums[string(key)]
			if p == nil {
				p = &sum{}
				sums[string(key)] = p
			}
			// A length that does not fit is 0 here, NULL there.
			p.add(sum{1, int64(b.RecordLength.Values[i]) - int64(b.FPILength.Values[i]), int64(b.FPILength.Values[i])})
		}
		r.row += n
	}
}

// set writes the row of that name.
func (b *statsBatch) set(i int, name string) {
	s := b.sums[name]
	percent := func(part, whole int64) float64 {
		if whole == 0 {
			return 0
		}
		return 100 * float64(part) / float64(whole)
	}
	if b.name.Rows != nil {
		b.name.Set(i, []byte(name))
	}
	for _, c := range [...]struct {
		sizes       []int64
		percentages []float64
		part, whole int64
	}{
		{b.count, b.countPct, s.count, b.total.count},
		{b.recordSize, b.recordPct, s.recordSize, b.total.recordSize},
		{b.fpiSize, b.fpiPct, s.fpiSize, b.total.fpiSize},
		{b.combinedSize, b.combinedPct, s.combined(), b.total.combined()},
	} {
		if c.sizes != nil {
			c.sizes[i] = c.part
		}
		if c.percentages != nil {
			c.percentages[i] = percent(c.part, c.whole)
		}
	}
}
