package main

import (
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"golang.org/x/sync/errgroup"

	"walstats/extension"
	"walstats/wal"
)

// clustersIn groups files of WAL by the clusters that they are of. A segment that is of
// another cluster than the others of its folder becomes an error in the list of ranges.
func clustersIn(paths []string) (clusters [][]string, strays []walRange) {
	formats := make([]wal.Format, len(paths)) // zero where the file does not tell
	errs := make([]error, len(paths))
	var reading errgroup.Group
	reading.SetLimit(8) // files may be far away
	for i, path := range paths {
		if n := wal.ParseFileName(filepath.Base(path)); n.Kind == wal.HistoryFile {
			continue
		}
		reading.Go(func() error {
			header, err := wal.ReadHeader(extension.WALFiles(), path)
			if err != nil {
				errs[i] = err
			} else if f, err := header.Format(); err == nil {
				formats[i] = f
			}
			return nil
		})
	}
	_ = reading.Wait() // what is wrong with a file is in errs
	counts := map[string]map[wal.Format]int{}
	for i, path := range paths {
		if folder := clusterFolder(path); formats[i] != (wal.Format{}) {
			if counts[folder] == nil {
				counts[folder] = map[wal.Format]int{}
			}
			counts[folder][formats[i]]++
		}
	}
	var order []wal.Format
	files := map[wal.Format][]string{}
	for i, path := range paths {
		most := mostFrequent(counts[clusterFolder(path)])
		name := wal.ParseFileName(filepath.Base(path))
		if errs[i] != nil {
			strays = append(strays, walRange{File: path, System: most.System, Timeline: name.Timeline, Error: strings.TrimPrefix(errs[i].Error(), path+": ")})
			continue
		}
		if f := formats[i]; f != (wal.Format{}) && f != most {
			strays = append(strays, walRange{File: path, System: most.System, Timeline: name.Timeline,
				Error: fmt.Sprintf("is another cluster's WAL: it has %v, the others in its folder have %v; give each cluster a folder", f, most)})
			continue
		}
		if files[most] == nil {
			order = append(order, most)
		}
		files[most] = append(files[most], path)
	}
	for _, f := range order {
		clusters = append(clusters, files[f])
	}
	return clusters, strays
}

// clusterFolder returns the folder of the cluster that a file is of. pgBackRest and
// Barman have a folder in it for each first 16 digits.
func clusterFolder(path string) string {
	folder := filepath.Dir(path)
	if name := filepath.Base(folder); len(name) == 16 && isSegmentName(name+"00000000") {
		return filepath.Dir(folder)
	}
	return folder
}

func mostFrequent(counts map[wal.Format]int) (most wal.Format) {
	for f, n := range counts {
		if m := counts[most]; n > m || n == m && f.System < most.System {
			most = f
		}
	}
	return most
}

// sameContent reports whether two files, compressed or not, have the same bytes.
func sameContent(one, other string) (bool, error) {
	var readers [2]io.Reader
	for i, path := range []string{one, other} {
		f, err := extension.WALFiles().Open(path)
		if err != nil {
			return false, err
		}
		defer f.Close()
		if f.Compression() == "" {
			readers[i] = io.NewSectionReader(f, 0, 1<<62)
			continue
		}
		r, err := f.Unpack()
		if err != nil {
			return false, err
		}
		defer r.Close()
		readers[i] = r
	}
	var buffers [2][64 << 10]byte
	for {
		var n [2]int
		for i := range readers {
			var err error
			if n[i], err = io.ReadFull(readers[i], buffers[i][:]); err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
				return false, err
			}
		}
		if n[0] != n[1] || !bytes.Equal(buffers[0][:n[0]], buffers[1][:n[1]]) {
			return false, nil
		}
		if n[0] < len(buffers[0]) {
			return true, nil
		}
	}
}
