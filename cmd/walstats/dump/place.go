package dump

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"walstats/extension"
	"walstats/extension/source"
	"walstats/rmgr"
	"walstats/wal"
)

// A place is the WAL to read: which files, and from where to where.
type place struct {
	folder     string
	named      []string // STARTSEG and ENDSEG, as paths
	start, end wal.LSN  // end is 0 for where WAL ends
	timeline   uint32   // 0: the newest
	size       uint32   // of a segment
	version    rmgr.Version
}

// find looks for the WAL that the command line means, as main of pg_waldump does
// (src/bin/pg_waldump/pg_waldump.c).
func (o *options) find(args []string) (p *place, err error) {
	if len(args) > 2 {
		return nil, usage("too many command-line arguments (first is \"%s\")", args[2])
	}
	p = &place{start: o.start, end: o.end, timeline: o.timeline}
	folder := o.Path
	if folder == "" && len(args) == 1 && source.IsFolder(args[0]) {
		folder, args = args[0], nil
	}
	if folder != "" {
		if err := checkFolder(folder); err != nil {
			return nil, usage("%s", err.Error())
		}
	}
	if len(args) > 0 {
		return p, p.findNamed(folder, args)
	}
	if err := p.findAny(folder); err != nil {
		return nil, err
	}
	if o.timeline == 0 && o.start != 0 && p.holds(1, o.start) {
		p.timeline = 1 // pg_waldump's default
	}
	if p.start == 0 {
		return p, p.startAtFirst()
	}
	return p, nil
}

// checkFolder returns an error in pg_waldump's words.
func checkFolder(path string) error {
	if _, err := os.ReadDir(path); err != nil {
		return fatal("could not open directory \"%s\": %s", path, reason(err))
	}
	return nil
}

// reason returns what strerror says of the error.
func reason(err error) string {
	var number syscall.Errno
	if errors.As(err, &number) {
		text := number.Error()
		return strings.ToUpper(text[:1]) + text[1:]
	}
	return err.Error()
}

// walFolders has the names that a data directory's folder of WAL has.
var walFolders = []string{"pg_wal", "pg_xlog"}

// candidates returns the folders where pg_waldump looks.
func candidates(folder string) (all []string) {
	below := func(folder string) {
		for _, name := range walFolders {
			all = append(all, filepath.Join(folder, name))
		}
	}
	if folder != "" {
		all = append(all, folder)
		below(folder)
		return all
	}
	all = append(all, ".")
	below(".")
	if data := os.Getenv("PGDATA"); data != "" {
		below(data)
	}
	return all
}

// findNamed sets the range to that of STARTSEG and ENDSEG.
func (p *place) findNamed(folder string, args []string) error {
	dir, name := filepath.Split(args[0])
	if folder == "" && dir != "" {
		folder = filepath.Clean(dir)
		if err := checkFolder(folder); err != nil {
			return err
		}
	}
	for _, candidate := range candidates(folder) {
		if _, err := os.Stat(filepath.Join(candidate, name)); err == nil {
			p.folder = candidate
			break
		}
	}
	if p.folder == "" {
		return fatal("could not locate WAL file \"%s\"", name)
	}
	first, timeline, err := p.segment(name)
	if err != nil {
		return err
	}
	size := wal.LSN(p.size)
	switch begin := wal.LSN(first) * size; {
	case p.start == 0:
		p.start = begin
	case p.start < begin || p.start-begin >= size:
		return usage("start WAL location %s is not inside file \"%s\"", lsnText(p.version, p.start), name)
	}
	last := first
	if len(args) == 2 {
		_, name = filepath.Split(args[1])
		if _, err := os.Stat(filepath.Join(p.folder, name)); err != nil {
			return fatal("could not open file \"%s\"", name)
		}
		if last, timeline, err = p.segment(name); err != nil {
			return err
		}
		if last < first {
			return fatal("ENDSEG %s is before STARTSEG %s", args[1], args[0])
		}
	}
	limit := wal.LSN(last+1) * size
	switch {
	case p.end == 0:
		p.end = limit
	case p.end > limit || p.end < limit-size:
		return usage("end WAL location %s is not inside file \"%s\"", lsnText(p.version, p.end), args[len(args)-1])
	}
	if p.timeline = timeline; p.start == 0 {
		p.start = 1 // the segment with number 0 does not exist
	}
	return nil
}

// segment reads which segment a file of the folder is. The first one tells their size.
func (p *place) segment(name string) (number uint64, timeline uint32, err error) {
	path := filepath.Join(p.folder, name)
	p.named = append(p.named, path)
	h, err := readHeader(path)
	if err != nil {
		return 0, 0, err
	}
	parsed := wal.ParseFileName(name)
	format, err := h.Format()
	switch {
	case err == nil:
		p.size, p.version = format.SegmentSize, format.Version
	case p.size == 0 || parsed.Kind != wal.SegmentFile:
		return 0, 0, fatal("%s: %v", path, err)
	}
	if parsed.Kind != wal.SegmentFile {
		return uint64(h.Address) / uint64(p.size), h.Timeline, nil
	}
	number, ok := parsed.Number(p.size)
	if !ok {
		return 0, 0, fatal("%s is not the name of a segment of %d bytes, as its first page says it is", path, p.size)
	}
	return number, parsed.Timeline, nil
}

// readHeader reads the header of a segment's first page.
func readHeader(path string) (h wal.PageHeader, err error) {
	h, err = wal.ReadHeader(extension.WALFiles(), path)
	if err != nil {
		return h, fatal("could not read file \"%s\": %s", filepath.Base(path), reason(err))
	}
	return h, nil
}

// findAny looks for a folder that has segments.
func (p *place) findAny(folder string) error {
	for _, candidate := range candidates(folder) {
		paths, err := segmentsIn(candidate)
		if err != nil {
			return err
		}
		var first error // what is wrong with the first segment, if none is right
		for _, path := range paths {
			h, err := readHeader(path)
			if err == nil {
				var format wal.Format
				if format, err = h.Format(); err == nil {
					p.folder, p.size, p.version = candidate, format.SegmentSize, format.Version
					return nil
				}
				err = fatal("%s: %v", path, err)
			}
			if first == nil {
				first = err
			}
		}
		if first != nil {
			return first
		}
	}
	return fatal("could not find any WAL file")
}

// segmentsIn returns the segments in a folder, sorted by name.
func segmentsIn(folder string) (paths []string, err error) {
	files, err := filesIn(folder)
	for _, path := range files {
		if kindOf(path) == wal.SegmentFile {
			paths = append(paths, path)
		}
	}
	return paths, err
}

func kindOf(path string) wal.FileKind {
	n := wal.ParseFileName(filepath.Base(path))
	return n.Kind
}

// filesIn returns the segments and history files in a folder, sorted by name. If it has
// none, those in the folders below it are meant: some archives have a folder for each
// 256 segments.
func filesIn(folder string) (paths []string, err error) {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, fatal("could not open directory \"%s\": %s", folder, reason(err))
	}
	segments := false
	for _, entry := range entries {
		if kind := kindOf(entry.Name()); kind != wal.OtherFile && !entry.IsDir() {
			paths = append(paths, filepath.Join(folder, entry.Name()))
			segments = segments || kind == wal.SegmentFile
		}
	}
	if segments {
		return paths, nil
	}
	if slices.ContainsFunc(walFolders, func(name string) bool { return source.IsFolder(filepath.Join(folder, name)) }) {
		return paths, nil // a data directory
	}
	paths, err = source.Below(nil, folder, func(name string) bool { return kindOf(name) != wal.OtherFile })
	if err != nil {
		return nil, fatal("%s", err.Error())
	}
	return paths, nil
}

// holds reports whether the folder has the timeline's segment that lsn is in.
func (p *place) holds(timeline uint32, lsn wal.LSN) bool {
	paths, _ := segmentsIn(p.folder)
	return slices.ContainsFunc(paths, func(path string) bool {
		n := wal.ParseFileName(filepath.Base(path))
		number, ok := n.Number(p.size)
		return ok && n.Timeline == timeline && number == uint64(lsn)/uint64(p.size)
	})
}

// startAtFirst makes the range begin with the first segment that is there.
func (p *place) startAtFirst() error {
	set, err := p.open()
	if err != nil {
		return err
	}
	p.start = max(1, wal.LSN(set.Segments[0].Number)*wal.LSN(p.size))
	return nil
}

// open finds the segments of the range.
func (p *place) open() (*wal.Set, error) {
	files, err := filesIn(p.folder)
	if err != nil {
		return nil, err
	}
	first, last := uint64(p.start)/uint64(p.size), uint64(1<<64-1)
	if p.end != 0 {
		last = max(first, uint64(p.end-1)/uint64(p.size))
	}
	var chosen []string
	spare := "" // so that there is a segment at all; the reader says which one is missing
	for _, path := range files {
		n := wal.ParseFileName(filepath.Base(path))
		number, ok := n.Number(p.size)
		switch {
		case n.Kind == wal.HistoryFile, ok && first <= number && number <= last:
			chosen = append(chosen, path)
		case ok && (p.timeline == 0 || n.Timeline == p.timeline):
			spare = path
		}
	}
	for _, path := range p.named {
		if kindOf(path) == wal.OtherFile {
			chosen = append(chosen, path)
		}
	}
	if !slices.ContainsFunc(chosen, func(path string) bool { return kindOf(path) != wal.HistoryFile }) && spare != "" {
		chosen = append(chosen, spare)
	}
	set, err := wal.Find(chosen, extension.WALFiles(), wal.Options{
		Timeline: p.timeline, AnyName: true, MaxRecordSize: maxRecord, ChunkSize: chunkSize,
	})
	if err != nil {
		return nil, fatal("%s", err.Error())
	}
	return set, nil
}

// chunkSize is how much WAL a thread reads at a time. The chunk and its text stay in the
// processor's cache.
const chunkSize = 128 << 10

// maxRecord is more than any server writes.
const maxRecord = 1 << 30
