package extension

import (
	"slices"

	"walstats/extension/scan"
	"walstats/record"
	"walstats/rmgr"
)

// A sum has what pg_waldump --stats adds up for a manager or a record type.
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

// A statsBatch has the memory of the columns of waldump_stats.
type statsBatch struct {
	name                                     record.Strings
	count, recordSize, fpiSize, combinedSize []int64
	countPct, recordPct, fpiPct, combinedPct []float64
}

type statsColumn = scan.Column[statsBatch]

// waldumpStats is the table that pg_waldump --stats prints, or with per_record
// --stats=record (XLogDumpDisplayStats, src/bin/pg_waldump/pg_waldump.c), with
// the column names of pg_get_wal_stats (contrib/pg_walinspect).
var waldumpStats = textTable[statsBatch]{
	name:    "waldump_stats",
	options: []option{perRecordOption, ignoreErrorsOption, compressionOption, byteRangeOption, maxRecordSizeOption, threadsOption},
	columns: []statsColumn{
		scan.NotNull("resource_manager/record_type", varchar, func(b *statsBatch) any { return &b.name }),
		scan.NotNull("count", bigint, func(b *statsBatch) any { return &b.count }),
		scan.NotNull("count_percentage", double, func(b *statsBatch) any { return &b.countPct }),
		scan.NotNull("record_size", bigint, func(b *statsBatch) any { return &b.recordSize }),
		scan.NotNull("record_size_percentage", double, func(b *statsBatch) any { return &b.recordPct }),
		scan.NotNull("fpi_size", bigint, func(b *statsBatch) any { return &b.fpiSize }),
		scan.NotNull("fpi_size_percentage", double, func(b *statsBatch) any { return &b.fpiPct }),
		scan.NotNull("combined_size", bigint, func(b *statsBatch) any { return &b.combinedSize }),
		scan.NotNull("combined_size_percentage", double, func(b *statsBatch) any { return &b.combinedPct }),
	},
	summarize: func(in *textInput) *scan.Input[statsBatch] {
		var s statistics
		return scan.Summarize(func() (int, error) { return s.compute(in) }, s.set, in.Close)
	},
}

// statistics has the sums by manager, or by record type.
type statistics struct {
	names []string // in the order of the rows
	sums  map[string]*sum
	total sum
}

// compute reads the whole input and returns the number of names.
func (s *statistics) compute(in *textInput) (int, error) {
	parts := make([]map[string]*sum, in.threads())
	if err := scan.Parallel(in.threads(), func(thread int) (err error) {
		parts[thread], err = sumsOf(in)
		return err
	}); err != nil {
		return 0, err
	}
	s.sums = map[string]*sum{}
	if !in.options.perRecord {
		for _, name := range rmgr.V18.Stats() {
			s.sums[name] = &sum{}
		}
	}
	for _, part := range parts {
		for name, p := range part {
			if s.sums[name] == nil {
				s.sums[name] = &sum{}
			}
			s.sums[name].add(*p)
			s.total.add(*p)
		}
	}
	for name := range s.sums {
		s.names = append(s.names, name)
	}
	slices.SortFunc(s.names, rmgr.Compare)
	return len(s.names), nil
}

// sumsOf adds up the chunks that one thread reads.
func sumsOf(in *textInput) (map[string]*sum, error) {
	sums := map[string]*sum{}
	r := newTextReader(in)
	all := record.NewBatch()
	b := &record.Batch{
		ResourceManager: all.ResourceManager,
		RecordLength:    all.RecordLength,
		FPILength:       all.FPILength,
	}
	if in.options.perRecord {
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
			in.stop()
			return nil, r.fieldError(err)
		}
		for i := range n {
			key = append(key[:0], b.ResourceManager.Rows[i].Text(b.ResourceManager.Arena)...)
			if in.options.perRecord {
				key = append(append(key, '/'), b.RecordType.Rows[i].Text(b.RecordType.Arena)...)
			}
			p := sums[string(key)]
			if p == nil {
				p = &sum{}
				sums[string(key)] = p
			}
			// A length that is NULL has the value 0.
			p.add(sum{1, int64(b.RecordLength.Values[i]) - int64(b.FPILength.Values[i]), int64(b.FPILength.Values[i])})
		}
		r.row += n
	}
}

// set writes the sums of a name into row i.
func (s *statistics) set(b *statsBatch, i, name int) {
	p := s.sums[s.names[name]]
	percent := func(part, whole int64) float64 {
		if whole == 0 {
			return 0
		}
		return 100 * float64(part) / float64(whole)
	}
	if b.name.Rows != nil {
		b.name.Set(i, []byte(s.names[name]))
	}
	for _, c := range [...]struct {
		sizes       []int64
		percentages []float64
		part, whole int64
	}{
		{b.count, b.countPct, p.count, s.total.count},
		{b.recordSize, b.recordPct, p.recordSize, s.total.recordSize},
		{b.fpiSize, b.fpiPct, p.fpiSize, s.total.fpiSize},
		{b.combinedSize, b.combinedPct, p.combined(), s.total.combined()},
	} {
		if c.sizes != nil {
			c.sizes[i] = c.part
		}
		if c.percentages != nil {
			c.percentages[i] = percent(c.part, c.whole)
		}
	}
}
