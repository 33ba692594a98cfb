package extension

import (
	"math"
	"sync"

	"walstats/extension/scan"
	"walstats/extension/source"
	"walstats/parser"
)

// A textInput issues the chunks of dumps, in file order, to the readers of one scan.
// A chunk is the records that start in a range of bytes; the ranges tile the file.
type textInput struct {
	function   string // whose scan it is
	nonRecords bool   // its rows are the lines that are not part of a record
	host       host
	paths      []string
	options    options
	chunks     int  // about how many there are
	hasURL     bool // the host reads a file, so only the host's threads may

	// issuing is a lock of its own because issuing a chunk may wait for a slow pipe.
	issuing  sync.Mutex
	opened   int             // of paths
	file     *dump           // whose chunks are issued; nil before the first and between files
	begin    int64           // where its next chunk begins
	boundary <-chan boundary // what the chunk that was issued last will say

	mu      sync.Mutex
	open    map[*dump]*openFile
	stopped bool // by an error, or at the end of the query: no more chunks
}

// An openFile is an open dump's chunks that are still being read.
type openFile struct {
	next      int64 // where the next chunk will begin
	exhausted bool  // all chunks were issued
	chunks    map[*chunk]bool
}

// A boundary tells the reader of the next chunk where this one's records end. Where a
// chunk's first record begins cannot be seen from its own text alone: a line that looks
// like a record may be a user's text in the record before. So every reader guesses,
// reads, and compares.
type boundary struct {
	begin int64 // where the next chunk's first record begins, maybe far after the next chunk
	lines int64 // before begin, from the scan's first record of the file on
	stop  bool  // the query has failed; later rows do not matter
}

// A chunk is one range of a file: [begin, limit).
type chunk struct {
	dump         *dump
	begin, limit int64
	before       <-chan boundary // receives one
	after        chan<- boundary // must be sent one, or readers wait for ever
}

const (
	maxChunk = 1 << 20
	minChunk = 64 << 10
)

// chunkSize returns how large the chunks of a file are. Small files make work for
// several threads, too; the chunks of large ones fit a second-level cache.
func chunkSize(size int64) int64 {
	return max(minChunk, min(maxChunk, size/16)) &^ (source.ReadAlign - 1)
}

// start finds the files as they are now. caller is the call of the function.
func (in *textInput) start(h host, paths []string, o options, caller any) error {
	in.host, in.options, in.open = h, o, map[*dump]*openFile{}
	files, err := findDumps(h, paths)
	if err != nil {
		return err
	}
	if o.byteRange != nil && len(files) != 1 {
		return errByteRangeFiles
	}
	var pipes []string
	for _, file := range files {
		in.paths = append(in.paths, file.path)
		switch file.Kind {
		case source.URL:
			in.hasURL = true
			in.chunks += maxThreads // its size is not known yet
		case source.Pipe:
			if o.byteRange != nil {
				return errByteRangeStream(file.path)
			}
			pipes = append(pipes, file.path)
			in.chunks++
		default:
			in.chunks += int(file.Size/chunkSize(file.Size)) + 1
		}
	}
	return source.ClaimPipes(pipes, caller, in.function)
}

// threads returns how many threads may read at once.
func (in *textInput) threads() int {
	if in.hasURL {
		return 1
	}
	return in.options.threads
}

// next issues the next chunk; nil if there is none left. It waits for a pipe or a
// decompressor that is slow.
func (in *textInput) next() (c *chunk, err error) {
	in.issuing.Lock()
	defer in.issuing.Unlock()
	defer func() {
		if err != nil {
			in.stop()
		}
	}()
	defer scan.Recover(&err)
	for !in.isStopped() {
		if in.file == nil {
			if in.opened == len(in.paths) {
				return nil, nil
			}
			if err := in.openNext(); err != nil {
				return nil, err
			}
			continue // a reader may have stopped the scan meanwhile
		}
		limit, err := in.reach()
		if err != nil {
			return nil, err
		}
		if limit > in.begin {
			after := make(chan boundary, 1)
			c := &chunk{dump: in.file, begin: in.begin, limit: limit, before: in.boundary, after: after}
			in.begin, in.boundary = limit, after
			in.issued(c)
			return c, nil
		}
		in.exhausted(in.file)
		in.file = nil
	}
	return nil, nil
}

// reach returns where the next chunk of the file ends; in.begin at the file's end.
func (in *textInput) reach() (int64, error) {
	end := int64(math.MaxInt64)
	if in.options.byteRange != nil {
		if end = int64(in.options.byteRange.end); in.begin >= end {
			return in.begin, nil
		}
	}
	limit, err := in.file.Reach(in.begin, in.file.chunkSize, parser.LastRecord)
	return min(limit, end), err
}

// openNext opens the next file and finds where its first chunk begins.
func (in *textInput) openNext() error {
	d, err := openDump(in.host, in.paths[in.opened], &in.options)
	if err != nil {
		return err
	}
	in.opened++
	if !in.add(d) {
		return nil
	}
	if err := d.readFirstLines(); err != nil {
		return err
	}
	first := boundary{begin: d.begin}
	in.begin = d.begin
	if r := in.options.byteRange; r != nil && int64(r.begin) > d.begin {
		if first, err = lookBack(d, int64(r.begin), &in.options); err != nil {
			return err
		}
		in.begin = int64(r.begin)
		// Most ranges never tell a line number. If each of N ranges counted the lines
		// before it, together they would read the file N/2 times.
		d.skipped = sync.OnceValues(func() (int64, error) { return d.linesBefore(first.begin) })
	}
	in.file = d
	boundaries := make(chan boundary, 1)
	boundaries <- first
	in.boundary = boundaries
	return nil
}

// add keeps an open file for Close, unless Close has been called.
func (in *textInput) add(d *dump) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.stopped {
		d.Close()
		return false
	}
	in.open[d] = &openFile{chunks: map[*chunk]bool{}}
	return true
}

func (in *textInput) issued(c *chunk) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if f := in.open[c.dump]; f != nil {
		f.next = c.limit
		f.chunks[c] = true
	}
}

// release takes a chunk back.
func (in *textInput) release(c *chunk) {
	in.mu.Lock()
	defer in.mu.Unlock()
	f := in.open[c.dump]
	if f == nil {
		return
	}
	delete(f.chunks, c)
	needed := f.next
	for other := range f.chunks {
		needed = min(needed, other.begin)
	}
	c.dump.Release(needed - source.ReadAlign)
	in.closeIfDone(c.dump)
}

// exhausted notes that all chunks of a file were issued.
func (in *textInput) exhausted(d *dump) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if f := in.open[d]; f != nil {
		f.exhausted = true
		in.closeIfDone(d)
	}
}

func (in *textInput) closeIfDone(d *dump) {
	if f := in.open[d]; f.exhausted && len(f.chunks) == 0 {
		delete(in.open, d)
		d.Close()
	}
}

func (in *textInput) isStopped() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.stopped
}

func (in *textInput) stop() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.stopped = true
}

// Close ends the scan and whatever waits for its files.
func (in *textInput) Close() {
	in.stop()
	in.mu.Lock()
	defer in.mu.Unlock()
	for d := range in.open {
		delete(in.open, d)
		d.Close()
	}
}
