package extension

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// A dump is one output of pg_waldump, open for reading. Its source may be used by
// many threads.
type dump struct {
	path  string
	text  source
	begin int64 // where the first line is: behind a byte order mark
	crlf  bool  // lines end in \r\n

	blockSize int64
	skipped   func() (int64, error) // lines before the first block's, counted when somebody asks
}

// isStdin says that the path means the standard input.
func isStdin(path string) bool { return path == "-" || path == "/dev/stdin" }

// onDisk is the path that the operating system knows.
func onDisk(path string) string {
	if path == "-" {
		return "/dev/stdin"
	}
	return path
}

// checkDump says what is wrong with path before anything is opened, and how
// large the file is, 0 for a pipe.
func checkDump(path string) (size int64, err error) {
	info, err := os.Stat(onDisk(path))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return 0, fmt.Errorf("%s: no such file", path)
	case err != nil:
		return 0, fmt.Errorf("%s: %w", path, cause(err))
	case info.IsDir():
		return 0, fmt.Errorf("%s: is a directory; name the files in it, for example %s", path, shellWord(path+"/*.waldump"))
	case info.Mode().IsRegular():
		return info.Size(), nil
	case info.Mode()&fs.ModeNamedPipe != 0, isStdin(path) && info.Mode()&fs.ModeCharDevice != 0:
		return 0, nil
	}
	return 0, fmt.Errorf("%s: is neither a file nor a pipe", path)
}

// cause is what went wrong, without the operation and the path that Go puts
// before it.
func cause(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// openDump opens path. Its first line has to be looked at before anything else.
func openDump(h host, path string, o *options) (*dump, error) {
	text, err := openSource(h, path, o)
	if err != nil {
		return nil, err
	}
	d := &dump{path: path, text: text, blockSize: streamChunk, skipped: func() (int64, error) { return 0, nil }}
	if file, plain := text.(*plainFile); plain {
		d.blockSize = blockSize(file.size)
	}
	return d, nil
}

var utf8BOM = []byte("\xEF\xBB\xBF")

// lookAtFirstLine finds out how lines end and where the first one begins, and
// that the text is not something else.
func (d *dump) lookAtFirstLine(maxSize int64) error {
	head := make([]byte, 4<<10)
	for have := 0; ; {
		n, last, err := d.text.read(head[have:], int64(have), 1)
		if err != nil {
			return d.named(err)
		}
		if have += n; have < len("rmgr: ") && !last {
			continue
		}
		if err := foreignFormat(d.path, head[:have]); err != nil {
			return err
		}
		if end := bytes.IndexByte(head[:have], '\n'); end >= 0 || last || int64(have) > maxSize {
			d.crlf = end > 0 && head[end-1] == '\r'
			if bytes.HasPrefix(head[:have], utf8BOM) {
				d.begin = int64(len(utf8BOM))
			}
			return nil
		}
		if have == len(head) {
			head = append(head, make([]byte, len(head))...)
		}
	}
}

// named puts the dump's path before an error that has none.
func (d *dump) named(err error) error {
	if says := err.Error(); strings.HasPrefix(says, d.path+":") || strings.HasPrefix(says, d.path+" (byte ") {
		return err
	}
	return fmt.Errorf("%s: %w", d.path, err)
}

// linesBefore counts the lines that end before offset.
func (d *dump) linesBefore(offset int64) (lines int64, err error) {
	buf := make([]byte, maxBlock)
	for at := int64(0); at < offset; {
		n, last, err := d.text.read(buf[:min(int64(len(buf)), offset-at)], at, 1)
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
