package batch

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/zeebo/xxh3" // checksums at the speed of memory: 2 MiB of every input, every run

	"walstats/cmd/walstats/session"
	"walstats/extension/source"
)

// An Input is a dump to convert.
type Input struct {
	Path string // as read_waldump takes it, absolute; of a pipe what opens it
	Name string // as the user wrote it, for words; of a pipe also its filename in the table
	Pipe bool   // it can be read once, and cannot be told from another

	size    int64
	time    time.Time // of its last change
	packed  bool
	growing bool // it is still being written: the user says so, or it was seen

	part       bool // only the records that start in [begin, end) are meant: see [InRange]
	begin, end int64

	wal        *WAL // the input is a segment of it, and begin and end are LSNs; see [Segment]
	index      int
	unfinished bool
}

// endings are those of the dumps that a folder stands for.
var endings = []string{".waldump", ".dump", ".txt"}

// Expand finds the inputs that the arguments of a command line mean: files, patterns,
// folders, and - for the standard input. A file that is meant twice is one input.
func Expand(args []string) (inputs []Input, err error) {
	seen := map[string]bool{}
	add := func(path string) error {
		in, err := look(path)
		if err != nil {
			return err
		}
		if !seen[in.Path] {
			seen[in.Path] = true
			inputs = append(inputs, in)
		}
		return nil
	}
	for _, arg := range args {
		paths := []string{arg}
		info, err := os.Stat(arg)
		switch {
		case arg == "-":
		case err == nil && info.IsDir():
			if paths, err = dumpsIn(arg); err != nil {
				return nil, err
			}
		case err != nil && strings.ContainsAny(arg, "*?[{"):
			if paths, err = doublestar.FilepathGlob(arg, doublestar.WithFilesOnly(), doublestar.WithFailOnIOErrors()); err != nil {
				return nil, fmt.Errorf("%s: %w", arg, err)
			}
			if len(paths) == 0 {
				return nil, fmt.Errorf("%s: no file matches this pattern", arg)
			}
			slices.Sort(paths)
		}
		for _, path := range paths {
			if err := add(path); err != nil {
				return nil, err
			}
		}
	}
	return inputs, nil
}

// dumpsIn returns the dumps in a folder and the folders below it, packed or not, told
// by their names. It enters no folder through a link, which may lead back to where it
// came from, and none whose name begins with a dot.
func dumpsIn(folder string) (paths []string, err error) {
	root, err := filepath.EvalSymlinks(folder) // the folder itself may be a link
	if err != nil {
		return nil, fmt.Errorf("%s: %w", folder, cause(err))
	}
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		inside, _ := filepath.Rel(root, path)
		switch {
		case err != nil:
			return fmt.Errorf("%s: %w", filepath.Join(folder, inside), cause(err))
		case path == root:
			return nil
		case strings.HasPrefix(entry.Name(), "."):
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		case !isDumpName(entry.Name()):
			return nil
		}
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			paths = append(paths, filepath.Join(folder, inside))
		}
		return nil
	})
	if err == nil && len(paths) == 0 {
		err = fmt.Errorf("%s: no dump in this folder or below it: no name ends in %s, packed or not; name the files: '%s'",
			folder, strings.Join(endings, ", "), filepath.Join(folder, "*"))
	}
	return paths, err
}

// isDumpName reports whether a file's name is that of a dump, packed or not.
func isDumpName(name string) bool {
	name = strings.ToLower(name)
	for _, packed := range []string{".gz", ".zst", ".lz4"} {
		name = strings.TrimSuffix(name, packed)
	}
	return slices.Contains(endings, filepath.Ext(name))
}

// look finds out what a path is.
func look(path string) (Input, error) {
	if path == "-" || path == "/dev/stdin" {
		return Input{Path: "-", Name: "-", Pipe: true}, nil
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Input{}, fmt.Errorf("%s: no such file", path)
	case err != nil:
		return Input{}, fmt.Errorf("%s: %w", path, cause(err))
	case info.Mode()&fs.ModeNamedPipe != 0:
		return Input{Path: path, Name: path, Pipe: true}, nil
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return Input{}, err
	}
	in := Input{Path: absolute, Name: path, size: info.Size(), time: changeOf(info)}
	in.packed, err = isPacked(absolute)
	return in, err
}

// mayGrow says whether more may come behind what was read of the input, to be taken up
// there.
func (in *Input) mayGrow() bool { return !in.packed && !in.part && in.wal == nil }

// words are what to say of an error of the input: with its name as the user wrote it,
// and without a hint for SQL.
func (in *Input) words(err error) string {
	text, _, _ := strings.Cut(session.Words(err), "; pass ignore_errors := true")
	return strings.ReplaceAll(text, in.Path+":", in.Name+":")
}

// changeOf is when a file changed, in microseconds, as DuckDB keeps times.
func changeOf(info fs.FileInfo) time.Time { return info.ModTime().Truncate(time.Microsecond) }

// isPacked says whether read_waldump unpacks the file.
func isPacked(path string) (bool, error) {
	file, err := os.Open(path)
	if err != nil {
		return false, fmt.Errorf("%s: %w", path, cause(err))
	}
	defer file.Close()
	var head [4]byte
	n, _ := io.ReadFull(file, head[:])
	return source.CompressionOf(head[:n]) != "none", nil
}

// A fingerprint is how a file is known again: checksums of its first and last MiB.
type fingerprint struct{ head, tail string }

const ends = 1 << 20

// fingerprintOf is that of the first size bytes of a file.
func fingerprintOf(path string, size int64) (f fingerprint, err error) {
	file, err := os.Open(path)
	if err != nil {
		return f, err
	}
	defer file.Close()
	sum := func(at int64) string {
		text := make([]byte, min(ends, size))
		n, readErr := file.ReadAt(text, at)
		if n < len(text) {
			err = readErr
		}
		return fmt.Sprintf("%032x", xxh3.Hash128(text).Bytes())
	}
	f.head = sum(0)
	if f.tail = f.head; size > ends {
		f.tail = sum(size - ends)
	}
	return f, err
}

func cause(err error) error { return source.Cause(err) }
