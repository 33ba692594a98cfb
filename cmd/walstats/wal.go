package main

import (
	"errors"
	"path/filepath"

	"walstats/cmd/walstats/batch"
	"walstats/extension"
	"walstats/wal"
)

// walInputs returns the segments that convert is to read. Those from the place on where
// WAL ends now are unfinished, and those that the part has only a piece of.
func walInputs(names []string, part walPart) (inputs []batch.Input, err error) {
	paths, err := extension.FindWAL(names)
	if err != nil {
		return nil, err
	}
	w := &batch.WAL{}
	for i, path := range paths {
		if paths[i], err = filepath.Abs(path); err != nil {
			return nil, err
		}
		if n := wal.ParseFileName(filepath.Base(path)); n.Kind == wal.HistoryFile {
			w.Histories = append(w.Histories, paths[i])
		}
	}
	start, end := part.lsns()
	set, err := wal.Find(paths, extension.WALFiles(), wal.Options{Start: start, End: end, Timeline: part.timeline, AnyName: true})
	if err != nil {
		return nil, err
	}
	whole, err := set.Scan() // it says if a segment is missing
	if err != nil {
		return nil, err
	}
	whole.Close()
	ends, err := endOf(set, end)
	if err != nil {
		return nil, err
	}
	w.SegmentSize, w.Timeline = int64(set.SegmentSize), set.Timeline
	for i := range set.Segments {
		w.Segments = append(w.Segments, set.Segments[i].Path)
	}
	for i := range set.Segments {
		begin := wal.LSN(set.Segments[i].Number) * wal.LSN(set.SegmentSize)
		limit := begin + wal.LSN(set.SegmentSize)
		from, to := max(begin, start), limit
		if end != 0 {
			to = min(to, end)
		}
		if from >= to || begin > ends { // outside of the part, or made ready for later
			continue
		}
		input, err := batch.Segment(w, i, from, to, from > begin || to < limit || limit > ends)
		if err != nil {
			return nil, err
		}
		inputs = append(inputs, input)
	}
	return inputs, nil
}

// endOf returns where WAL ends before limit: where the last record ends that is whole. It
// reads no more segments than the last ones. A segment that is missing between others is an
// error, unless the set ignores errors.
func endOf(set *wal.Set, limit wal.LSN) (wal.LSN, error) {
	for i := len(set.Segments) - 1; ; i-- {
		from := wal.LSN(set.Segments[max(i, 0)].Number) * wal.LSN(set.SegmentSize)
		if limit != 0 && from >= limit && i > 0 {
			continue
		}
		scan, err := set.From(from).Scan()
		if err != nil {
			return 0, err
		}
		if end, err := endOfLast(scan); err != nil || end > 0 || i <= 0 {
			return max(end, from), err
		}
	}
}

// endOf returns where the part of the WAL ends now.
func (p *walPart) endOf(names []string) (wal.LSN, error) {
	paths, err := extension.FindWAL(names)
	if err != nil {
		return 0, err
	}
	start, end := p.lsns()
	set, err := wal.Find(paths, extension.WALFiles(), wal.Options{Start: start, End: end, Timeline: p.timeline, AnyName: true, IgnoreErrors: true})
	if err != nil {
		return 0, err
	}
	return endOf(set, end)
}

// endOfLast reads all of a scan, and returns where its last record ends; 0 without one.
func endOfLast(scan *wal.Scan) (end wal.LSN, err error) {
	defer scan.Close()
	r := scan.NewReader()
	defer r.Close()
	for c := scan.Next(); c != nil; c = scan.Next() {
		if err := r.Read(c); err != nil {
			return 0, err
		}
		if n := r.Len(); n > 0 {
			end = r.EndLSN(n - 1)
		}
		if r.Err() != nil { // who reads the records will say it
			break
		}
	}
	return end, nil
}

// errOldFlags is what to say to a command line that was for pg_waldump.
var errOldFlags = errors.New("--wal, --pg-waldump and --bkp-details: WAL is read without pg_waldump now; name its folder as an argument, as in: walstats convert pg_wal -o wal.duckdb")
