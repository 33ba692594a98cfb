package extension

import (
	"fmt"
	"math"
	"math/bits"
	"sync"

	"walstats/extension/scan"
	"walstats/record"
	"walstats/rmgr"
	"walstats/wal"
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
		s := &savings{in: in}
		return scan.Summarize(s.compute, s.set, in.scan.Close)
	}},
}

// savings adds up what methods would save.
//
// Where there are more images than the option sample, only some are compressed. An image
// has a level, of its place in the WAL: half have 0, a quarter 1, and so on. Those of the
// lowest levels are left out until no more are left than sample. So it is always the same
// images, whatever the threads.
type savings struct {
	in *walInput

	mu    sync.Mutex
	total imageSums
	level int // images below it are not compressed
	rows  []saving
}

// imageLevels is how many levels there are.
const imageLevels = 40

// imageSums are sums over images.
type imageSums struct {
	length     int64 // of all records, in bytes
	fpi        int64 // of their images
	now        int64 // of their images, with the headers that compressed ones have
	compressed int64 // images
	images     [imageLevels]int64
	sampled    [imageLevels]sampleSums
}

// A byMethod has a number for each method.
type byMethod [desc.Zstd + 1]int64

// A sampleSums has sums over images that were compressed: of their length now, of what
// each method saves, and of the products of these.
type sampleSums struct {
	images, now, nowNow           int64
	saved, savedSaved, savedByNow byMethod
}

// A saving is what a method saves.
type saving struct {
	method         desc.Compression
	sampled        int64
	bytes, mayMiss float64
}

// compute reads all WAL and returns the number of methods.
func (s *savings) compute() (int, error) {
	if err := scan.Parallel(s.in.threads, func(int) error { return s.read() }); err != nil {
		return 0, err
	}
	var sample sampleSums
	for i := s.level; i < imageLevels; i++ {
		sample.add(&s.total.sampled[i])
	}
	methods := []desc.Compression{desc.PGLZ}
	if s.in.set.Version >= rmgr.V15 {
		methods = append(methods, desc.LZ4, desc.Zstd)
	}
	for _, method := range methods {
		r := saving{method: method, sampled: sample.images}
		r.bytes, r.mayMiss = sample.estimate(method, s.total.from(0), s.total.now)
		s.rows = append(s.rows, r)
	}
	return len(s.rows), nil
}

// read sums up what one thread reads, chunk by chunk.
func (s *savings) read() error {
	var c wal.Compressor
	return s.in.each(func(r *walReader) error {
		s.mu.Lock()
		level := s.level
		s.mu.Unlock()
		var sums imageSums
		for row := range r.Len() {
			h := r.Head(row)
			sums.length += int64(h.Length)
			sums.fpi += int64(h.Images)
			if h.Images == 0 {
				continue
			}
			sampled := false
			blocks := r.Blocks(row)
			for i := range blocks {
				sampled = sums.count(&blocks[i], h.LSN) >= level || sampled
			}
			if !sampled {
				continue
			}
			if err := s.compress(&sums, &c, r, row, level); err != nil {
				return err
			}
		}
		s.add(&sums)
		return nil
	})
}

// compress adds the images of a record from a level on.
func (s *savings) compress(sums *imageSums, c *wal.Compressor, r *walReader, row, level int) error {
	whole := r.Record(row)
	for i := range whole.Blocks {
		b := &whole.Blocks[i]
		own := levelOf(b, whole.LSN)
		if own < level {
			continue
		}
		lengths, err := c.Lengths(whole, i)
		switch {
		case err == nil:
			sums.sampled[own].addImage(int64(wal.LengthNow(b)), &lengths)
		case !s.in.options.ignoreErrors:
			path, offset := r.chunk.Segment().Path, uint64(whole.LSN)%uint64(s.in.set.SegmentSize)
			return fmt.Errorf("%s: LSN %v, byte %d: %w; pass ignore_errors := true to leave such images out", path, whole.LSN, offset, err)
		}
	}
	return nil
}

// levelOf returns the level of a block's image in the record at lsn, -1 without one.
func levelOf(b *desc.Block, lsn wal.LSN) int {
	if b.Flags&desc.HasImage == 0 {
		return -1
	}
	hash := (uint64(lsn)<<5 + uint64(b.ID)) * hashFactor
	hash = (hash ^ hash>>32) * hashFactor
	return min(bits.LeadingZeros64(hash), imageLevels-1)
}

// count counts the image of a block, and returns its level.
func (a *imageSums) count(b *desc.Block, lsn wal.LSN) int {
	level := levelOf(b, lsn)
	if level < 0 {
		return level
	}
	a.images[level]++
	a.now += int64(wal.LengthNow(b))
	if b.Method != desc.Plain {
		a.compressed++
	}
	return level
}

// from returns how many images have the level or a higher one.
func (a *imageSums) from(level int) (n int64) {
	for _, images := range a.images[level:] {
		n += images
	}
	return n
}

// add adds what a chunk sums up to, and leaves out the lowest levels if images are too many.
func (s *savings) add(sums *imageSums) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := &s.total
	t.length += sums.length
	t.fpi += sums.fpi
	t.now += sums.now
	t.compressed += sums.compressed
	for i := range t.images {
		t.images[i] += sums.images[i]
		t.sampled[i].add(&sums.sampled[i])
	}
	for s.level < imageLevels-1 && t.from(s.level) > int64(s.in.options.sample) {
		s.level++
	}
}

// addImage adds an image of so many bytes that would have others.
func (a *sampleSums) addImage(now int64, lengths *wal.ImageLengths) {
	a.images++
	a.now += now
	a.nowNow += now * now
	for method, length := range lengths {
		saved := now - int64(length)
		a.saved[method] += saved
		a.savedSaved[method] += saved * saved
		a.savedByNow[method] += saved * now
	}
}

func (a *sampleSums) add(b *sampleSums) {
	a.images += b.images
	a.now += b.now
	a.nowNow += b.nowNow
	for i := range a.saved {
		a.saved[i] += b.saved[i]
		a.savedSaved[i] += b.savedSaved[i]
		a.savedByNow[i] += b.savedByNow[i]
	}
}

// estimate returns what the method saves of so many images that take so many bytes, and by
// how much that may be wrong: in 95 of 100 samples it is less. The share that is saved of
// the sample is taken as that of all (the ratio estimator of survey sampling).
func (a *sampleSums) estimate(method desc.Compression, images, now int64) (bytes, mayMiss float64) {
	if a.now == 0 {
		return 0, 0
	}
	if a.images == images {
		return float64(a.saved[method]), 0
	}
	ratio := float64(a.saved[method]) / float64(a.now)
	n, all := float64(a.images), float64(images)
	squares := float64(a.savedSaved[method]) - 2*ratio*float64(a.savedByNow[method]) + ratio*ratio*float64(a.nowNow)
	variance := all * all * (1 - n/all) / n * max(squares, 0) / max(n-1, 1)
	return ratio * float64(now), 1.96 * math.Sqrt(variance)
}

// set writes a method into row i.
func (s *savings) set(b *compressionBatch, i, row int) {
	r, t := &s.rows[row], &s.total
	if b.method.Wanted() {
		b.method.Set(i, []byte(r.method.String()))
	}
	saved := int64(math.Round(r.bytes))
	for _, c := range [...]struct {
		values []int64
		value  int64
	}{
		{b.images, t.from(0)}, {b.compressed, t.compressed}, {b.sampled, r.sampled}, {b.length, t.length}, {b.fpiLength, t.fpi},
		{b.saved, saved}, {b.mayMiss, int64(math.Ceil(r.mayMiss))},
	} {
		if c.values != nil {
			c.values[i] = c.value
		}
	}
	if b.share != nil {
		b.share[i] = float64(saved) / float64(max(t.length, 1))
	}
}
