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

// statsColumns has the columns of the table that pg_waldump --stats prints, or with
// per_record --stats=record (XLogDumpDisplayStats, src/bin/pg_waldump/pg_waldump.c).
// Their names are those of pg_get_wal_stats (contrib/pg_walinspect).
var statsColumns = []statsColumn{
	scan.NotNull("resource_manager/record_type", varchar, func(b *statsBatch) any { return &b.name }),
	scan.NotNull("count", bigint, func(b *statsBatch) any { return &b.count }),
	scan.NotNull("count_percentage", double, func(b *statsBatch) any { return &b.countPct }),
	scan.NotNull("record_size", bigint, func(b *statsBatch) any { return &b.recordSize }),
	scan.NotNull("record_size_percentage", double, func(b *statsBatch) any { return &b.recordPct }),
	scan.NotNull("fpi_size", bigint, func(b *statsBatch) any { return &b.fpiSize }),
	scan.NotNull("fpi_size_percentage", double, func(b *statsBatch) any { return &b.fpiPct }),
	scan.NotNull("combined_size", bigint, func(b *statsBatch) any { return &b.combinedSize }),
	scan.NotNull("combined_size_percentage", double, func(b *statsBatch) any { return &b.combinedPct }),
}

// waldumpStats makes waldump_stats: pg_waldump's statistics, made of its text.
var waldumpStats = table[statsBatch]{
	name:    "waldump_stats",
	options: []option{perRecordOption, ignoreErrorsOption, compressionOption, byteRangeOption, maxRecordSizeOption, threadsOption},
	columns: statsColumns,
	input: textSummary[statsBatch](func(in *textInput) *scan.Input[statsBatch] {
		// The text does not tell its version.
		s := statistics{perRecord: in.options.perRecord, version: rmgr.V18}
		return scan.Summarize(func() (int, error) { return s.computeText(in) }, s.set, in.Close)
	}),
}

// statistics has the sums by manager, or by record type.
type statistics struct {
	perRecord bool
	version   rmgr.Version // whose managers have a row even if they have no record

	names []string // in the order of the rows
	sums  map[string]*sum
	total sum
}

// batch returns a batch that has memory for what is added up.
func (s *statistics) batch() *record.Batch {
	all := record.NewBatch()
	b := &record.Batch{ResourceManager: all.ResourceManager, RecordLength: all.RecordLength, FPILength: all.FPILength}
	if s.perRecord {
		b.RecordType = all.RecordType
	}
	return b
}

// compute has so many threads read, and returns the number of names. read fills b with
// records, of which add adds the first n, again and again.
func (s *statistics) compute(threads int, read func(b *record.Batch, add func(n int)) error) (int, error) {
	parts := make([]map[string]*sum, threads)
	if err := scan.Parallel(threads, func(thread int) error {
		b, sums := s.batch(), map[string]*sum{}
		parts[thread] = sums
		return read(b, func(n int) { s.add(sums, b, n) })
	}); err != nil {
		return 0, err
	}
	s.sums = map[string]*sum{}
	if !s.perRecord {
		for _, name := range s.version.Stats() {
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

// add adds n records to sums.
func (s *statistics) add(sums map[string]*sum, b *record.Batch, n int) {
	var buffer [64]byte
	for i := range n {
		key := append(buffer[:0], b.ResourceManager.Rows[i].Text(b.ResourceManager.Arena)...)
		if s.perRecord {
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
}

// computeText computes the statistics of dumps.
func (s *statistics) computeText(in *textInput) (int, error) {
	return s.compute(in.threads(), func(b *record.Batch, add func(n int)) error { return addText(in, b, add) })
}

// addText adds the records that one thread reads of dumps.
func addText(in *textInput, b *record.Batch, add func(n int)) error {
	r := newTextReader(in)
	for {
		if more, err := r.advance(); err != nil || !more {
			return err
		}
		b.Reset()
		n, err := r.filler.Fill(&r.index, b, r.text, r.row, min(record.BatchRows, r.rows-r.row))
		if err != nil {
			in.stop()
			return r.fieldError(err)
		}
		add(n)
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
