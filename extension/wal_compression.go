package extension

import (
	"cmp"
	"math"

	"walstats/extension/scan"
	"walstats/record"
	"walstats/rmgr"
	"walstats/wal/desc"
)

// A compressionBatch has the memory of the columns of wal_compression.
type compressionBatch struct {
	method                            record.Strings
	images, compressed, sampled       []int64
	length, fpiLength, saved, mayMiss []int64
	share                             []float64
}

// walCompression is wal_compression: what the setting of that name would save, a row a
// method. See docs/functions.md.
var walCompression = table[compressionBatch]{
	name:    "wal_compression",
	options: []option{sampleOption, startLSNOption, endLSNOption, timelineOption, ignoreErrorsOption, compressionOption, maxRecordSizeOption, threadsOption, verifyChecksumsOption},
	columns: []scan.Column[compressionBatch]{
		scan.NotNull("method", varchar, func(b *compressionBatch) any { return &b.method }),
		scan.NotNull("images", bigint, func(b *compressionBatch) any { return &b.images }),
		scan.NotNull("compressed_images", bigint, func(b *compressionBatch) any { return &b.compressed }),
		scan.NotNull("sampled_images", bigint, func(b *compressionBatch) any { return &b.sampled }),
		scan.NotNull("record_length", bigint, func(b *compressionBatch) any { return &b.length }),
		scan.NotNull("fpi_length", bigint, func(b *compressionBatch) any { return &b.fpiLength }),
		scan.NotNull("saved_bytes", bigint, func(b *compressionBatch) any { return &b.saved }),
		scan.NotNull("error_bytes", bigint, func(b *compressionBatch) any { return &b.mayMiss }),
		scan.NotNull("share", double, func(b *compressionBatch) any { return &b.share }),
	},
	input: walSummary[compressionBatch]{summarize: func(in *walInput) *scan.Input[compressionBatch] {
		s := &savings{sample: newImageSample(in, cmp.Or(in.options.sample, usualSample))}
		return scan.Summarize(s.compute, s.set, in.scan.Close)
	}},
}

// usualSample is how many images are compressed if the option sample is not given.
const usualSample = 100_000

// savings has what methods would save.
type savings struct {
	sample *imageSample
	rows   []saving
}

// A saving is what a method saves.
type saving struct {
	method         desc.Compression
	sampled        int64
	bytes, mayMiss int64
}

// compute reads all WAL and returns the number of methods.
func (s *savings) compute() (int, error) {
	in := s.sample.in
	err := scan.Parallel(in.threads, func(int) error {
		sampler := s.sample.newSampler()
		return in.each(sampler.add)
	})
	if err != nil {
		return 0, err
	}
	s.rows, err = s.sample.savings()
	return len(s.rows), err
}

// savings compresses the images that are left of the sample. It is called when all WAL was read.
func (s *imageSample) savings() (rows []saving, err error) {
	if err := s.finish(); err != nil {
		return nil, err
	}
	var sample sampleSums
	for i := s.level; i < imageLevels; i++ {
		sample.add(&s.compressed[i])
	}
	methods := []desc.Compression{desc.PGLZ}
	if s.in.set.Version >= rmgr.V15 {
		methods = append(methods, desc.LZ4, desc.Zstd)
	}
	for _, method := range methods {
		bytes, mayMiss := sample.estimate(method, s.total.from(0), s.total.now)
		rows = append(rows, saving{method, sample.images, int64(math.Round(bytes)), int64(math.Ceil(mayMiss))})
	}
	return rows, nil
}

// set writes a method into row i.
func (s *savings) set(b *compressionBatch, i, row int) {
	r, t := &s.rows[row], &s.sample.total
	if b.method.Wanted() {
		b.method.Set(i, []byte(r.method.String()))
	}
	for _, c := range [...]struct {
		values []int64
		value  int64
	}{
		{b.images, t.from(0)}, {b.compressed, t.compressed}, {b.sampled, r.sampled}, {b.length, t.length}, {b.fpiLength, t.fpi},
		{b.saved, r.bytes}, {b.mayMiss, r.mayMiss},
	} {
		if c.values != nil {
			c.values[i] = c.value
		}
	}
	if b.share != nil {
		b.share[i] = float64(r.bytes) / float64(max(t.length, 1))
	}
}
