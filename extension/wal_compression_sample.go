package extension

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"sync"

	"walstats/extension/scan"
	"walstats/wal"
	"walstats/wal/desc"
)

// An imageSample compresses some of the images of WAL, and counts all.
//
// Where there are more than most, only some are compressed. An image has a level, of its
// place in the WAL: half have 0, a quarter 1, and so on. Those of the lowest levels are left
// out until no more are left than most. So it is always the same images, whatever the
// threads. How many there are is known at the end only: so images wait as long as they are few.
type imageSample struct {
	in   *walInput
	most int

	mu         sync.Mutex
	total      imageSums
	level      int // images below it are left out
	compressed [imageLevels]sampleSums
	samplers   []*imageSampler
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
}

// A byMethod has a number for each method.
type byMethod [desc.Zstd + 1]int64

// A sampleSums has sums over images that were compressed: of their length now, of what
// each method saves, and of the products of these.
type sampleSums struct {
	images, now, nowNow           int64
	saved, savedSaved, savedByNow byMethod
}

// An imageSampler takes images for one thread.
type imageSampler struct {
	sample     *imageSample
	level      int // that the sample had after the chunk before
	compressor wal.Compressor
	compressed [imageLevels]sampleSums
	sums       imageSums // of the chunk
	waiting    []sampledImage
}

// maxWaiting is how many images of one thread wait at most, of up to 8 kB each.
const maxWaiting = 2048

// A sampledImage is an image that will be compressed.
type sampledImage struct {
	level  int
	path   string // of its segment
	record desc.Record
}

func newImageSample(in *walInput, most int) *imageSample { return &imageSample{in: in, most: most} }

func (s *imageSample) newSampler() *imageSampler {
	c := &imageSampler{sample: s}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.samplers = append(s.samplers, c)
	return c
}

// add takes the images of the reader's chunk.
func (c *imageSampler) add(r *walReader) error {
	var length int64
	for row := range r.Len() {
		h := r.Head(row)
		length += int64(h.Length)
		if h.Images > 0 {
			c.take(r, row, &h)
		}
	}
	return c.end(length)
}

// take takes the images of the record of a row.
func (c *imageSampler) take(r *walReader, row int, h *wal.Head) {
	c.sums.fpi += int64(h.Images)
	sampled := false
	blocks := r.Blocks(row)
	for i := range blocks {
		sampled = c.sums.count(&blocks[i], h.LSN) >= c.level || sampled
	}
	if sampled {
		c.keep(r.chunk.Segment().Path, r.Record(row))
	}
}

// end notes that all images of the chunk were taken. Its records have so many bytes.
func (c *imageSampler) end(length int64) error {
	c.sums.length = length
	c.level = c.sample.count(&c.sums)
	c.sums = imageSums{}
	c.waiting = slices.DeleteFunc(c.waiting, func(image sampledImage) bool { return image.level < c.level })
	if len(c.waiting) < maxWaiting {
		return nil
	}
	return c.compress()
}

// keep copies the images of a record from the sampler's level on.
func (c *imageSampler) keep(path string, r *desc.Record) {
	for i := range r.Blocks {
		b := r.Blocks[i]
		level := levelOf(&b, r.LSN)
		if level < c.level {
			continue
		}
		b.Image = bytes.Clone(b.Image)
		b.Data = nil
		image := sampledImage{level, path, desc.Record{LSN: r.LSN, Version: r.Version, Blocks: []desc.Block{b}}}
		c.waiting = append(c.waiting, image)
	}
}

// compress compresses the images that wait.
func (c *imageSampler) compress() error {
	in := c.sample.in
	for i := range c.waiting {
		image := &c.waiting[i]
		lengths, err := c.compressor.Lengths(&image.record, 0)
		switch {
		case err == nil:
			c.compressed[image.level].addImage(int64(wal.LengthNow(&image.record.Blocks[0])), &lengths)
		case !in.options.ignoreErrors:
			lsn := image.record.LSN
			return fmt.Errorf("%s: LSN %v, byte %d: %w; pass ignore_errors := true to leave such images out", image.path, lsn, uint64(lsn)%uint64(in.set.SegmentSize), err)
		}
	}
	clear(c.waiting)
	c.waiting = c.waiting[:0]
	return nil
}

// finish compresses what still waits, with all threads.
func (s *imageSample) finish() error {
	var waiting []sampledImage
	for _, c := range s.samplers {
		waiting = append(waiting, c.waiting...)
		c.waiting = nil
	}
	waiting = slices.DeleteFunc(waiting, func(image sampledImage) bool { return image.level < s.level })
	slices.SortFunc(waiting, func(a, b sampledImage) int { return cmp.Compare(a.record.LSN, b.record.LSN) }) // for the same error each time
	n := s.in.threads
	for len(s.samplers) < n {
		s.newSampler()
	}
	err := scan.Parallel(n, func(i int) error {
		c := s.samplers[i]
		c.waiting = waiting[len(waiting)*i/n : len(waiting)*(i+1)/n]
		return c.compress()
	})
	for _, c := range s.samplers {
		for level := range s.compressed {
			s.compressed[level].add(&c.compressed[level])
		}
	}
	return err
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

// count adds what a chunk sums up to, and returns the level below which images are left out.
func (s *imageSample) count(sums *imageSums) (level int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := &s.total
	t.length += sums.length
	t.fpi += sums.fpi
	t.now += sums.now
	t.compressed += sums.compressed
	for i := range t.images {
		t.images[i] += sums.images[i]
	}
	for s.level < imageLevels-1 && t.from(s.level) > int64(s.most) {
		s.level++
	}
	return s.level
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
