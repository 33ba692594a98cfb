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

	"walstats/cmd/walstats/outfile"
	"walstats/cmd/walstats/session"
	"walstats/extension/source"
	"walstats/hint"
	"walstats/parser"
)

// An Input is a dump to convert.
type Input struct {
	Path string // for read_waldump: absolute, or the path of a pipe
	Name string // as the user wrote it; of a pipe also its filename in the table
	Pipe bool   // it can be read only once

	err        error // why it cannot be read
	size       int64
	time       time.Time // of its last change
	compressed bool
	growing    bool // it is still being written: the user said so, or it grew during a run

	part       bool // only the records that start in [begin, end): see [InRange]
	begin, end int64

	wal        *WAL // the input is a segment of it, and begin and end are LSNs; see [Segment]
	index      int
	unfinished bool
}

// endings has the endings of the files that a folder stands for, before .gz, .zst or
// .lz4.
var endings = []string{".waldump", ".dump", ".txt"}

// Expand returns the inputs that the arguments of a command line stand for: files,
// patterns, folders, and - for the standard input. A file given twice is one input. A
// file that does not exist is an error if an argument names it. Other files that cannot
// be read fail when they are converted, so that they do not stop the rest.
func Expand(args []string) (inputs []Input, err error) {
	seen := map[string]bool{}
	for _, arg := range args {
		paths := []string{arg}
		if info, err := os.Stat(arg); arg != "-" && err == nil && info.IsDir() {
			if paths, err = dumpsIn(arg); err != nil {
				return nil, err
			}
		} else if paths, err = source.Expand(nil, paths); err != nil {
			return nil, err
		}
		for _, path := range paths {
			in, err := inputOf(path)
			if err != nil && path == arg && errors.Is(err, fs.ErrNotExist) {
				return nil, err
			}
			in.err = err
			if !seen[in.Path] {
				seen[in.Path] = true
				inputs = append(inputs, in)
			}
		}
	}
	return inputs, nil
}

// dumpsIn returns the dumps in a folder and the folders below it. It tells them by the
// endings of their names. It follows no symbolic link to a folder, which may lead back,
// and skips names that begin with a dot. A folder below that cannot be read is returned
// like a dump, so that it is reported as an input that failed.
func dumpsIn(folder string) (paths []string, err error) {
	root, err := filepath.EvalSymlinks(folder) // the folder itself may be a link
	if err != nil {
		return nil, fmt.Errorf("%s: %w", folder, outfile.Cause(err))
	}
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		inside, _ := filepath.Rel(root, path)
		switch {
		case err != nil && path == root:
			return fmt.Errorf("%s: %w", folder, outfile.Cause(err))
		case err != nil:
			paths = append(paths, filepath.Join(folder, inside))
			return fs.SkipDir
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
		err = fmt.Errorf("%s: no WAL segment and no dump in this folder or below it: a dump's name ends in %s, compressed or not; for other names pass '%s'",
			folder, strings.Join(endings, ", "), filepath.Join(folder, "*"))
	}
	return paths, err
}

// isDumpName reports whether a file's name is that of a dump, compressed or not.
func isDumpName(name string) bool {
	name = strings.ToLower(name)
	for _, compressed := range []string{".gz", ".zst", ".lz4"} {
		name = strings.TrimSuffix(name, compressed)
	}
	return slices.Contains(endings, filepath.Ext(name))
}

// inputOf returns the input at a path. With an error, it has its names only.
func inputOf(path string) (Input, error) {
	if path == "-" || path == "/dev/stdin" {
		return Input{Path: "-", Name: "-", Pipe: true}, nil
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return Input{}, err
	}
	in := Input{Path: absolute, Name: path}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return in, noFileError(path)
	case err != nil:
		return in, fmt.Errorf("%s: %w", path, outfile.Cause(err))
	case info.IsDir() && !readable(path):
		return in, fmt.Errorf("%s: %w", path, fs.ErrPermission)
	case info.IsDir():
		return in, fmt.Errorf("%s: is a directory; name the files in it", path)
	case info.Mode()&fs.ModeNamedPipe != 0:
		return Input{Path: path, Name: path, Pipe: true}, nil
	}
	in.size, in.time = info.Size(), changeOf(info)
	in.compressed, err = isCompressed(absolute)
	return in, err
}

// A noFileError names a file that does not exist.
type noFileError string

func (e noFileError) Error() string        { return string(e) + ": no such file" }
func (e noFileError) Is(target error) bool { return target == fs.ErrNotExist }

func readable(folder string) bool {
	_, err := os.ReadDir(folder)
	return err == nil
}

// mayGrow reports whether the input can be continued after what was read of it.
func (in *Input) mayGrow() bool { return !in.compressed && !in.part && in.wal == nil }

// message returns an error of the input for a user: with the input's name, and without
// a hint for SQL.
func (in *Input) message(err error) string {
	if in.wal != nil && isGone(in.Path) {
		return removed(in.Name).Error()
	}
	var found *parser.Error
	if errors.As(err, &found) { // it did not cross DuckDB
		e := *found
		advice, _ := hint.CutIgnoreErrors(e.Hint)
		e.Path, e.Hint = in.Name, hint.OfCommand(advice)
		return e.Error()
	}
	text, _ := session.Avoidable(err)
	return strings.ReplaceAll(text, in.Path+":", in.Name+":")
}

// removed returns the error for a segment that is gone since it was found.
func removed(name string) error {
	return fmt.Errorf("%s: the server removed this segment before it was read; convert its archive, too, or have it keep more WAL: wal_keep_size", name)
}

// changeOf returns when a file changed, in microseconds, as DuckDB stores times.
func changeOf(info fs.FileInfo) time.Time { return info.ModTime().Truncate(time.Microsecond) }

// isCompressed reports whether read_waldump decompresses the file.
func isCompressed(path string) (bool, error) {
	file, err := os.Open(path)
	if err != nil {
		return false, fmt.Errorf("%s: %w", path, outfile.Cause(err))
	}
	defer file.Close()
	var head [4]byte
	n, _ := io.ReadFull(file, head[:])
	return source.CompressionOf(head[:n]) != "none", nil
}
