package extension

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"walstats/extension/source"
	"walstats/wal"
)

// WALFiles opens the files of WAL on local disks, compressed or not.
func WALFiles() wal.Files { return hostFiles{nil, "auto"} }

// hostFiles opens the files of WAL, through the host where the path is a URL.
type hostFiles struct {
	host        host
	compression string
}

// Open opens the file; see [wal.Files].
func (f hostFiles) Open(path string) (wal.File, error) {
	file, err := source.OpenRandom(f.host, path, f.compression)
	if err != nil {
		return nil, err
	}
	if err := otherwiseCompressed(path, file.Head()); err != nil {
		file.Close()
		return nil, err
	}
	return walFile{file}, nil
}

type walFile struct{ *source.RandomFile }

// Compression returns the name of the compression; see [wal.File].
func (f walFile) Compression() string {
	if name := f.RandomFile.Compression(); name != "none" {
		return name
	}
	return ""
}

// FindWAL returns the local files of WAL that paths mean; see read_wal's path.
func FindWAL(paths []string) ([]string, error) {
	files, _, err := findWAL(nil, paths)
	return files, err
}

// findWAL returns the files of WAL that paths mean now: files and patterns, and the
// segments and history files of folders and the folders below them. Of a data
// directory it is those of its pg_wal (pg_xlog before PostgreSQL 10).
func findWAL(h host, paths []string) (files []string, hasURL bool, err error) {
	for _, path := range paths {
		found, err := source.Expand(h, []string{path})
		if err != nil {
			return nil, false, err
		}
		if len(found) == 1 && source.IsFolder(found[0]) {
			if found, err = walIn(h, found[0]); err != nil {
				return nil, false, err
			}
		} else if len(found) > 1 || found[0] != path {
			found = onlyWAL(found)
		} else if err := checkFile(h, path); err != nil {
			return nil, false, err
		}
		files = append(files, found...)
		hasURL = hasURL || source.IsURL(found[0])
	}
	return files, hasURL, nil
}

// checkFile returns an error if path is nothing that WAL can be read from.
func checkFile(h host, path string) error {
	info, err := source.Stat(path)
	switch {
	case err != nil:
		return err
	case info.Kind == source.Pipe:
		return fmt.Errorf("%s: is a pipe, and WAL is read at several places; write it to a disk first", path)
	case info.Kind == source.URL && h == nil:
		return errURL(path)
	}
	return nil
}

// walIn returns the segments and history files in a folder.
func walIn(h host, folder string) ([]string, error) {
	for _, name := range []string{"pg_wal", "pg_xlog"} {
		if inner := filepath.Join(folder, name); source.IsFolder(inner) {
			folder = inner
			break
		}
	}
	files, err := source.Below(h, folder, isWALName)
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("%s: has no WAL segments: their names have 24 hexadecimal digits, such as 000000010000000000000001", folder)
	}
	return files, err
}

// HasWAL reports whether a folder, or one below it, has segments of WAL.
func HasWAL(folder string) bool {
	files, err := walIn(nil, folder)
	return err == nil && slices.ContainsFunc(files, func(path string) bool {
		n := wal.ParseFileName(filepath.Base(path))
		return n.Kind == wal.SegmentFile
	})
}

// IsSegment reports whether a file, compressed or not, begins as a segment of WAL does.
func IsSegment(path string) bool {
	head, err := beginningOf(nil, path)
	return err == nil && isSegment(head)
}

func isWALName(name string) bool {
	n := wal.ParseFileName(name)
	return n.Kind != wal.OtherFile
}

// onlyWAL returns the files whose names are those of segments and history files; all of
// them if none is.
func onlyWAL(files []string) []string {
	var found []string
	for _, file := range files {
		if isWALName(file[strings.LastIndexByte(file, '/')+1:]) {
			found = append(found, file)
		}
	}
	if len(found) == 0 {
		return files
	}
	return found
}

// estimateWAL returns about how many records the files have; 0 if that is not known.
func estimateWAL(h host, paths []string) (uint64, error) {
	const recordSize = 120 // bytes that a record has, on average over many servers
	files, hasURL, err := findWAL(h, paths)
	if err != nil || hasURL {
		return 0, err
	}
	size := int64(0)
	for _, file := range files {
		if info, err := os.Stat(file); err == nil {
			size += info.Size()
		}
	}
	return uint64(size / recordSize), nil
}
