package batch

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/zeebo/xxh3"

	"walstats/cmd/walstats/outfile"
	"walstats/cmd/walstats/session"
)

// A folder is an output of Parquet files: one for each input, or with --partition hour
// one for each input and hour.
//
//	wal.parquet/00000001.waldump-3f2c9a1b.parquet
//	wal.parquet/hour=2026-07-01T16/00000001.waldump-3f2c9a1b-part0.parquet
//	wal.parquet/_walstats_inputs.json
//
// The entry of an input is written after its files are in their places. Files without
// an entry were left by a run that was killed; the next run converts the input again.
type folder struct {
	o         *Options
	path      string
	db        *sql.DB
	conn      *sql.Conn
	watch     *watch
	known     map[string]Entry
	created   bool     // this run made the folder, and it is still empty
	done      []string // the inputs of this run
	temporary *outfile.TempDir
}

const inputsFile = inputsTable + ".json"

func openFolder(ctx context.Context, o *Options) (_ target, err error) {
	f := &folder{o: o, done: []string{}, path: filepath.Clean(o.Output), known: map[string]Entry{}}
	if err := os.Mkdir(f.path, 0o777); err == nil {
		f.created = true
	} else if !errors.Is(err, fs.ErrExist) {
		return nil, outfile.Explain(f.path, err)
	}
	if f.temporary, err = outfile.OpenTempDir(filepath.Join(f.path, ".walstats"), o.Output); err != nil {
		return nil, err
	}
	fail := func(err error) (target, error) {
		return nil, errors.Join(err, f.temporary.Remove(), f.removeFolder())
	}
	if err := f.load(); err != nil {
		return fail(err)
	}
	if f.db, f.conn, err = connect(ctx, o, ""); err != nil {
		return fail(err)
	}
	f.watch = newWatch(o, f.conn, 1)
	if o.Rejects != "" {
		if err := createRejects(ctx, f.conn); err != nil {
			return nil, errors.Join(err, f.close())
		}
	}
	return f, nil
}

// load reads the entries. With Replace it removes them and the files of their inputs.
func (f *folder) load() error {
	text, err := os.ReadFile(filepath.Join(f.path, inputsFile))
	if errors.Is(err, fs.ErrNotExist) {
		entries, err := os.ReadDir(f.path)
		if err != nil {
			return outfile.Explain(f.path, err)
		}
		for _, entry := range entries {
			if !strings.HasPrefix(entry.Name(), ".") && !f.o.Append {
				return fmt.Errorf("%s has files that walstats did not write; name another folder, or pass --append to add to them", f.o.Output)
			}
		}
		return f.save() // marks the folder as ours
	}
	if err != nil {
		return err
	}
	for line := range bytes.Lines(text) {
		var e Entry
		if err := json.Unmarshal(line, &e); err != nil {
			return fmt.Errorf("%s: %w; the file is damaged: remove the folder and convert again", filepath.Join(f.path, inputsFile), err)
		}
		f.known[e.Path] = e
	}
	if !f.o.Replace {
		return nil
	}
	old := f.known
	f.known = map[string]Entry{}
	if err := f.save(); err != nil {
		return err
	}
	for path := range old {
		if err := f.remove(path); err != nil {
			return err
		}
	}
	return nil
}

// entries returns what load has read.
func (f *folder) entries() (map[string]Entry, error) { return f.known, nil }

// save writes the entries, in the order of their inputs.
func (f *folder) save() error {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	var paths []string
	for path := range f.known {
		paths = append(paths, path)
	}
	slices.Sort(paths)
	for _, path := range paths {
		if err := encoder.Encode(f.known[path]); err != nil {
			return err
		}
	}
	temporary := f.temporary.File(inputsFile)
	if err := os.WriteFile(temporary, text.Bytes(), 0o666); err != nil {
		return outfile.Explain(f.path, err)
	}
	return outfile.Commit(temporary, filepath.Join(f.path, inputsFile))
}

// fileName returns the name of an input's Parquet file: the input's own name, made
// unique by a hash of its path.
func fileName(path string) string {
	safe := strings.Map(func(r rune) rune {
		if strings.ContainsRune(`*?[]{}=/\%'"`, r) || r < ' ' {
			return '_'
		}
		return r
	}, filepath.Base(path))
	return fmt.Sprintf("%s-%08x.parquet", safe, uint32(xxh3.HashString(path)))
}

// files returns the Parquet files of an input.
func (f *folder) files(path string) ([]string, error) {
	entries, err := os.ReadDir(f.path)
	if err != nil {
		return nil, err
	}
	var files []string
	name := fileName(path)
	for _, entry := range entries {
		file := filepath.Join(f.path, entry.Name())
		if entry.Name() == name {
			files = append(files, file)
		}
		if !strings.HasPrefix(entry.Name(), "hour=") {
			continue
		}
		hour, err := os.ReadDir(file)
		if err != nil {
			return nil, err
		}
		for _, part := range hour {
			if strings.HasPrefix(part.Name(), strings.TrimSuffix(name, ".parquet")) {
				files = append(files, filepath.Join(file, part.Name()))
			}
		}
	}
	return files, nil
}

// remove removes the files of an input, and folders of hours that became empty.
func (f *folder) remove(path string) error {
	files, err := f.files(path)
	if err != nil {
		return err
	}
	for _, file := range files {
		if err := os.Remove(file); err != nil {
			return err
		}
		if hour := filepath.Dir(file); hour != f.path {
			_ = os.Remove(hour) // if it is empty
		}
	}
	return nil
}

func (f *folder) convert(ctx context.Context, group []task) (entries []Entry, err error) {
	t := &group[0] // groups of a folder have one input
	if t.how == continued {
		t.how = again
	}
	made := f.temporary.File("made")
	if err := os.RemoveAll(made); err != nil {
		return nil, err
	}
	err = f.watch.during(ctx, group, func(ctx context.Context) error { return f.write(ctx, group, made) })
	if err == nil {
		entries, err = noteAll(ctx, f.o, f.conn, f.watch, group)
	}
	if err == nil {
		err = f.place(&entries[0], made, t.others)
	}
	return entries, classify(f.o, group, err)
}

// write writes the files of an input into the folder made.
func (f *folder) write(ctx context.Context, group []task, made string) error {
	source := f.o.from("read_waldump", group)
	if err := os.Mkdir(made, 0o777); err != nil {
		return err
	}
	if f.o.Partition != "hour" {
		return export(ctx, f.conn, f.o.records(source), "parquet", filepath.Join(made, "input.parquet"))
	}
	// A record without a time belongs to the hour of the last record before it that has
	// one, or of the first that has one.
	timed := `(SELECT *, strftime(make_timestamp(epoch_us(coalesce(
		last_value(xact_time IGNORE NULLS) OVER (ORDER BY byte_offset),
		first_value(xact_time IGNORE NULLS) OVER (ORDER BY byte_offset ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)))), '%Y-%m-%dT%H') AS hour FROM ` + source + ")"
	query := "SELECT " + f.o.lsnColumns(f.o.selected()) + ", hour FROM (SELECT * FROM " + timed + f.o.where() + ")"
	_, err := f.conn.ExecContext(ctx, fmt.Sprintf("COPY (%s) TO %s (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (hour), FILENAME_PATTERN 'part{i}')",
		query, session.Quote(filepath.Join(made, "hours"))))
	return err
}

// place moves the files in the folder made to their places, and stores the entry. The
// other inputs, whose records the files have, are removed.
func (f *folder) place(e *Entry, made string, others []string) error {
	for _, path := range others {
		if err := f.remove(path); err != nil {
			return err
		}
		delete(f.known, path)
	}
	if _, known := f.known[e.Path]; known {
		delete(f.known, e.Path) // until all files are in their places
		if err := f.save(); err != nil {
			return err
		}
	}
	name := fileName(e.Path)
	if f.o.Partition != "hour" {
		if err := outfile.Commit(filepath.Join(made, "input.parquet"), filepath.Join(f.path, name)); err != nil {
			return err
		}
	} else {
		if err := f.remove(e.Path); err != nil {
			return err
		}
		hours, err := filepath.Glob(filepath.Join(made, "hours", "hour=*", "*.parquet"))
		if err != nil {
			return err
		}
		for _, file := range hours {
			folder := filepath.Join(f.path, filepath.Base(filepath.Dir(file)))
			if err := os.MkdirAll(folder, 0o777); err != nil {
				return err
			}
			if err := outfile.Commit(file, filepath.Join(folder, strings.TrimSuffix(name, ".parquet")+"-"+filepath.Base(file))); err != nil {
				return err
			}
		}
	}
	f.created = false
	f.done = append(f.done, e.Path)
	f.known[e.Path] = *e
	return f.save()
}

func (f *folder) touch(_ context.Context, entries []Entry) error {
	for _, e := range entries {
		f.known[e.Path] = e
	}
	if len(entries) == 0 {
		return nil
	}
	return f.save()
}

func (f *folder) finish(ctx context.Context) error {
	if f.o.Rejects == "" {
		return nil
	}
	return writeRejects(ctx, f.conn, f.o, f.done)
}

func (f *folder) close() error {
	return errors.Join(f.conn.Close(), f.db.Close(), f.temporary.Remove(), f.removeFolder())
}

// removeFolder removes the folder if this run made it and it is still empty.
func (f *folder) removeFolder() error {
	if !f.created {
		return nil
	}
	_ = os.Remove(filepath.Join(f.path, inputsFile))
	return os.Remove(f.path)
}
