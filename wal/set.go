package wal

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"time"
)

// Options says which WAL is read, and how.
type Options struct {
	// Start and End choose the records that begin in [Start, End). Zero is open.
	Start, End LSN

	// Timeline is the timeline to read, with those that it came from; 0 is the newest.
	Timeline uint32

	// AnyName takes files whose names are not those of segments; what they hold tells
	// which segment they are.
	AnyName bool

	// GivenOnly reads no history file but those that were given: where a file that is not
	// there cannot be told from one that cannot be read, as with a URL.
	GivenOnly bool

	// IgnoreErrors goes on after damage, at the next page where a record begins.
	IgnoreErrors bool

	// SkipChecksums does not verify the checksums of records.
	SkipChecksums bool

	// Managers chooses records by their resource manager; nil is all of them.
	Managers *[256]bool

	// FullPage chooses records that have a full-page image.
	FullPage bool
	// XIDs makes Reader.IsNew work.
	XIDs bool

	// Zone is in which times in descriptions are printed; nil is UTC.
	Zone *time.Location

	// MaxRecordSize is the longest record in bytes; 0 is [DefaultMaxRecordSize].
	MaxRecordSize int

	// HeaderReaders is how many files are looked at at once; 0 is 8, for files that are
	// far away.
	HeaderReaders int

	// ChunkSize is how many bytes one thread reads at a time, a power of two;
	// 0 is [DefaultChunkSize].
	ChunkSize int
}

// What zero means in Options.
const (
	DefaultMaxRecordSize = 256 << 20
	DefaultChunkSize     = 1 << 20
)

// A Segment is a file of WAL.
type Segment struct {
	Path        string
	Timeline    uint32 // in the file's name
	Number      uint64 // counted from WAL's beginning
	Partial     bool   // the server had not finished it
	Compression string // "" for a plain file
	Header      PageHeader

	short error // the file ends within the header
	name  FileName
}

// Begin returns the LSN of the segment's first byte.
func (s *Set) begin(segment *Segment) LSN { return LSN(segment.Number) * LSN(s.SegmentSize) }

// holds reports whether the segment holds the WAL that its name promises. Others were
// made ready for later: they are full of zeros, or of old WAL.
func (s *Set) holds(segment *Segment) bool {
	h := &segment.Header
	return h.Magic == s.Magic && h.Info&flagLong != 0 && h.Address == s.begin(segment)
}

// A Set has the segments of a timeline and of those that it came from, one a number.
type Set struct {
	Format
	Timeline uint32
	History  History
	Segments []Segment // in order
	// Unused are segments that no record is read from: of other timelines, and second
	// copies.
	Unused []Segment

	files   Files
	layout  *layout
	options Options
	known   bool // the history was found
}

// Find chooses the segments that paths hold for the options' timeline. Where a
// timeline begins inside a segment, its own file is read, which has a copy of what was
// before. Names that are neither segments nor history files are left out.
func Find(paths []string, files Files, o Options) (*Set, error) {
	s := &Set{files: files, options: o, Timeline: o.Timeline}
	if s.options.MaxRecordSize == 0 {
		s.options.MaxRecordSize = DefaultMaxRecordSize
	}
	if s.options.ChunkSize == 0 {
		s.options.ChunkSize = DefaultChunkSize
	}
	var all []Segment
	histories := map[uint32]string{}
	for _, path := range paths {
		switch n := ParseFileName(baseName(path)); {
		case n.Kind == SegmentFile, o.AnyName && n.Kind == OtherFile:
			all = append(all, Segment{Path: path, Timeline: n.Timeline, Partial: n.Partial, name: n})
		case n.Kind == HistoryFile && histories[n.Timeline] == "":
			histories[n.Timeline] = path
		}
	}
	if len(all) == 0 {
		return nil, errors.New("no WAL segments: their names have 24 hexadecimal digits, such as 000000010000000000000001")
	}
	if err := readHeaders(all, files, cmp.Or(o.HeaderReaders, defaultHeaderReaders)); err != nil {
		return nil, err
	}
	all, err := s.ofOneFormat(all)
	if err != nil {
		return nil, err
	}
	if s.Timeline == 0 {
		for i := range all {
			if s.holds(&all[i]) {
				s.Timeline = max(s.Timeline, all[i].Timeline)
			}
		}
		if s.Timeline == 0 {
			return nil, s.noneHolds(&all[0])
		}
	}
	if err := s.readHistory(histories, all); err != nil {
		return nil, err
	}
	return s, s.choose(all)
}

// Between returns the set with another Start and End.
func (s *Set) Between(start, end LSN) *Set {
	part := *s
	part.options.Start, part.options.End = start, end
	return &part
}

// From returns the set with another start of what is read.
func (s *Set) From(start LSN) *Set {
	other := *s
	other.options.Start = start
	return &other
}

// noneHolds returns the error for segments of which not one begins with the page that
// its name promises; one of them is given.
func (s *Set) noneHolds(segment *Segment) error {
	return inFile(segment.Path, &FormatError{
		Field: "xlp_pageaddr", Found: fmt.Sprintf("%v, and the name says %v", segment.Header.Address, s.begin(segment)),
		Hint: "the server has prepared the file for later, and it has no WAL of its own yet",
	})
}

// baseName returns what follows the last slash. Paths may be URLs.
func baseName(path string) string { return path[strings.LastIndexAny(path, `/\`)+1:] }

func folder(path string) string { return path[:strings.LastIndexAny(path, `/\`)+1] }

const defaultHeaderReaders = 8

// readHeaders reads the header of every segment, so many at once. One reader reads in
// the caller's own thread.
func readHeaders(all []Segment, files Files, readers int) error {
	if readers == 1 {
		for i := range all {
			if err := all[i].readHeader(files); err != nil {
				return err
			}
		}
		return nil
	}
	errs := make([]error, len(all))
	var next sync.Mutex
	var running sync.WaitGroup
	at := 0
	for range min(readers, len(all)) {
		running.Go(func() {
			for {
				next.Lock()
				i := at
				at++
				next.Unlock()
				if i >= len(all) {
					return
				}
				errs[i] = all[i].readHeader(files)
			}
		})
	}
	running.Wait()
	return cmp.Or(errs...) // the first: of a folder without rights there would be one a segment
}

func (s *Segment) readHeader(files Files) error {
	f, err := files.Open(s.Path)
	if errors.Is(err, fs.ErrNotExist) { // the server has just recycled it
		return nil
	} else if err != nil {
		return err
	}
	defer f.Close()
	s.Compression = f.Compression()
	var b [longHeader]byte
	n, err := readStart(f, b[:])
	if err != nil {
		return fmt.Errorf("%s: %w", s.Path, err)
	}
	s.Header = ParsePageHeader(b[:n])
	if n < longHeader {
		s.short = &FormatError{Field: "its size", Found: fmt.Sprintf("%d bytes", n), Hint: "a segment begins with a header of 40; copy the file again, or leave it out"}
	}
	return nil
}

// format returns the format of the segment, or an error that says what its file is.
func (s *Segment) format() (Format, error) {
	f, err := s.Header.Format()
	if err != nil {
		err = cmp.Or(s.short, err)
	}
	return f, err
}

// ReadHeader reads the header of the first page of the segment at path.
func ReadHeader(files Files, path string) (PageHeader, error) {
	s := Segment{Path: path}
	err := s.readHeader(files)
	return s.Header, err
}

// ofOneFormat finds the format of the segments and their numbers. Segments of another
// cluster are an error, or left out.
func (s *Set) ofOneFormat(all []Segment) ([]Segment, error) {
	var first error
	count := map[Format]int{}
	for i := range all {
		f, err := all[i].format()
		if err != nil {
			if first == nil || all[i].Header.Magic != 0 {
				first = inFile(all[i].Path, err)
			}
			continue
		}
		count[f]++
		if count[f] > count[s.Format] {
			s.Format = f
		}
	}
	if len(count) == 0 {
		return nil, first
	}
	s.layout = newLayout(s.Format)
	kept := all[:0]
	for i := range all {
		segment := &all[i]
		if f, err := segment.Header.Format(); err == nil && f != s.Format {
			if !s.options.IgnoreErrors {
				return nil, fmt.Errorf("%s: is another cluster's WAL: it has %v, the others have %v; give each cluster's segments alone", segment.Path, f, s.Format)
			}
			s.Unused = append(s.Unused, *segment)
			continue
		}
		if segment.name.Kind == OtherFile {
			segment.Timeline = segment.Header.Timeline
			segment.Number = s.segmentOf(segment.Header.Address)
		} else {
			number, ok := segment.name.Number(s.SegmentSize)
			if !ok {
				return nil, fmt.Errorf("%s: is not the name of a segment of %d bytes, which the others have; give each cluster's segments alone", segment.Path, s.SegmentSize)
			}
			segment.Number = number
		}
		kept = append(kept, *segment)
	}
	return kept, nil
}

// inFile returns a FormatError with the file's path.
func inFile(path string, err error) error {
	var f *FormatError
	if !errors.As(err, &f) {
		return fmt.Errorf("%s: %w", path, err)
	}
	named := *f
	named.Path = path
	return &named
}

// String describes the format for messages.
func (f Format) String() string {
	return fmt.Sprintf("PostgreSQL %v, system identifier %d, segments of %d bytes", f.Version, f.System, f.SegmentSize)
}

// maxHistory is more than any history file has.
const maxHistory = 1 << 20

// readHistory reads the history file of the timeline: one of those that were given,
// or one beside the timeline's segments. A timeline without a file stands alone.
func (s *Set) readHistory(given map[uint32]string, all []Segment) error {
	s.History = History{{s.Timeline, 0}}
	paths := []string{given[s.Timeline]}
	if paths[0] == "" && s.options.GivenOnly {
		for i := range all {
			if all[i].Timeline < s.Timeline {
				return fmt.Errorf("%s: is of timeline %d, and the history of timeline %d is not given; name %08X.history, too, or choose one with timeline",
					all[i].Path, all[i].Timeline, s.Timeline, s.Timeline)
			}
		}
		return nil
	}
	if paths[0] == "" {
		paths = paths[:0]
		name := fmt.Sprintf("%08X.history", s.Timeline)
		for i := range all {
			if all[i].Timeline != s.Timeline {
				continue
			}
			dir := folder(all[i].Path)
			paths = append(paths, dir+name)
			// pgBackRest and Barman have a folder for each first 16 digits.
			if inner := strings.TrimRight(dir, `/\`); isHex(baseName(inner), 16) {
				paths = append(paths, folder(inner)+name)
			}
			break
		}
	}
	for _, path := range paths {
		text, err := readAll(s.files, path, maxHistory)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		} else if err != nil {
			return err
		}
		if s.History, err = ParseHistory(s.Timeline, text); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		s.known = true
		return nil
	}
	return nil
}

// choose takes the timeline's segments, one a number, out of all.
func (s *Set) choose(all []Segment) error {
	slices.SortStableFunc(all, func(a, b Segment) int {
		plain := func(s *Segment) bool { return s.Compression == "" }
		return cmp.Or(
			cmp.Compare(a.Number, b.Number),
			compareBool(s.holds(&b), s.holds(&a)),
			compareBool(a.Partial, b.Partial),
			compareBool(plain(&b), plain(&a)),
		)
	})
	for i := range all {
		segment := &all[i]
		n := len(s.Segments)
		if segment.Timeline != s.History.Segment(segment.Number, s.SegmentSize) || n > 0 && s.Segments[n-1].Number == segment.Number {
			s.Unused = append(s.Unused, *segment)
			continue
		}
		s.Segments = append(s.Segments, *segment)
	}
	if len(s.Segments) == 0 {
		return fmt.Errorf("no segment of timeline %d", s.Timeline)
	}
	return nil
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// Missing returns the numbers of the segments that are not there between the first
// and the last that hold WAL.
func (s *Set) Missing() (numbers []uint64) {
	last := len(s.Segments) - 1
	for last > 0 && !s.holds(&s.Segments[last]) {
		last--
	}
	for i := 1; i <= last; i++ {
		for n := s.Segments[i-1].Number + 1; n < s.Segments[i].Number; n++ {
			if numbers = append(numbers, n); len(numbers) == maxMissing {
				return numbers
			}
		}
	}
	return numbers
}

// maxMissing bounds what Missing returns: names may be far apart.
const maxMissing = 1000

// timelineAt returns the timeline of the record at lsn, on a page that may have been
// begun on an older one. No page is of a newer timeline than its file.
func (s *Set) timelineAt(lsn LSN, page uint32) uint32 {
	if s.known {
		return s.History.At(lsn)
	}
	return min(page, s.Timeline)
}
