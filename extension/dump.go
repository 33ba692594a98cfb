package extension

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"walstats/extension/source"
	"walstats/parser"
)

// A dump is one output of pg_waldump, open for reading by many threads.
type dump struct {
	source.Source
	path  string
	begin int64 // where the first line is: after a byte order mark
	crlf  bool  // lines end in \r\n

	chunkSize int64
	skipped   func() (int64, error) // lines before the first chunk's, counted when asked for
}

// A dumpInfo has a path and what it names.
type dumpInfo struct {
	path string
	source.Info
}

// findDumps returns the files that paths and patterns mean now.
func findDumps(h host, paths []string) ([]dumpInfo, error) {
	files, err := source.Expand(h, paths)
	if err != nil {
		return nil, err
	}
	found := make([]dumpInfo, len(files))
	for i, path := range files {
		info, err := source.Stat(path)
		switch {
		case err != nil:
			return nil, err
		case info.Kind == source.Directory:
			return nil, errDirectory(h, path)
		case info.Kind == source.URL && h == nil:
			return nil, errURL(path)
		}
		found[i] = dumpInfo{path, info}
	}
	return found, nil
}

// errDirectory returns the error for a directory. It advises read_wal for one with
// segments.
func errDirectory(h host, path string) error {
	segments, err := walIn(h, path)
	var closed *source.Error
	switch {
	case errors.As(err, &closed) && errors.Is(err, fs.ErrPermission) && strings.Count(closed.Path, "/") > strings.Count(filepath.Clean(path), "/")+1:
		// It lies deep inside, so it is no reason why the folder cannot be read.
	case errors.Is(err, fs.ErrPermission):
		return err
	case err == nil && len(segments) > 0:
		return fmt.Errorf("%s: is a directory of WAL segments; use read_wal(%s)", path, sqlText(path))
	}
	return fmt.Errorf("%s: is a directory; name the files in it, for example %s; it has no WAL segments", path, source.ShellWord(path+"/*.waldump"))
}

func errURL(path string) error {
	return fmt.Errorf("%s: is a URL, and DuckDB lends its file systems to extensions from 1.5.6 on only; use that, or copy the file to a disk first", path)
}

// openDump opens path. readFirstLines must come before anything else is read.
func openDump(h host, path string, o *options) (*dump, error) {
	src, err := source.Open(h, path, o.compression)
	if err != nil {
		return nil, err
	}
	d := &dump{Source: src, path: path, chunkSize: maxChunk, skipped: func() (int64, error) { return 0, nil }}
	if src.Size() >= 0 {
		d.chunkSize = chunkSize(src.Size())
	} else if o.byteRange != nil {
		src.Close()
		return nil, errByteRangeStream(path)
	}
	return d, nil
}

var utf8BOM = []byte("\xEF\xBB\xBF")

// firstRecordReach is how much of a dump is searched for its first record, and
// firstLineReach for that record's end.
const (
	firstRecordReach = 64 << 10
	firstLineReach   = 16 << 20
)

// readFirstLines finds out how records end and where the first line begins. It returns
// an error for what is not a text.
func (d *dump) readFirstLines() error {
	head := make([]byte, 4<<10)
	for have := 0; ; {
		n, last, err := d.Read(head[have:], int64(have), 1)
		if err != nil {
			return err
		}
		if have += n; have < len("rmgr: ") && !last {
			continue
		}
		if err := foreignFormat(d.path, head[:have]); err != nil {
			return err
		}
		if bytes.HasPrefix(head[:have], utf8BOM) {
			d.begin = int64(len(utf8BOM))
		}
		// A line of the shell or of kubectl may come before the records, and end otherwise.
		first := parser.FirstRecord(head[:have], int(d.begin), have)
		if first < 0 && (last || have >= firstRecordReach && bytes.IndexByte(head[:have], '\n') >= 0 || have >= firstLineReach) {
			first = int(d.begin)
		}
		if first >= 0 {
			if end := bytes.IndexByte(head[first:have], '\n'); end >= 0 || last || have >= firstLineReach {
				d.crlf = end > 0 && head[first+end-1] == '\r'
				return nil
			}
		}
		if have == len(head) {
			head = append(head, make([]byte, len(head))...)
		}
	}
}

// linesBefore counts the lines that end before offset.
func (d *dump) linesBefore(offset int64) (lines int64, err error) {
	buf := make([]byte, maxChunk)
	for at := int64(0); at < offset; {
		n, last, err := d.Read(buf[:min(int64(len(buf)), offset-at)], at, 1)
		if err != nil {
			return 0, err
		}
		lines += int64(bytes.Count(buf[:n], []byte{'\n'}))
		if at += int64(n); last {
			break
		}
	}
	return lines, nil
}
