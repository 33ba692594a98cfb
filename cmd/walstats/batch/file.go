package batch

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// A file is an output that is one Parquet or CSV file. It is written by one
// statement, so it has no entries, and nothing to take up.
type file struct {
	o         *Options
	db        *sql.DB
	conn      *sql.Conn
	watch     *watch
	folder    string // for what is not finished, beside the output
	temporary string
	unlock    func()
	ready     bool
}

func openFile(ctx context.Context, o *Options, kind Kind) (_ target, err error) {
	if info, err := os.Stat(o.Output); err == nil && !o.Replace {
		return nil, fmt.Errorf("%s is there already; pass --replace to write it anew", o.Output)
	} else if err == nil && info.IsDir() {
		return nil, fmt.Errorf("%s: is a folder; name a file", o.Output)
	}
	f := &file{o: o}
	f.folder = besides(o.Output)
	f.temporary = filepath.Join(f.folder, filepath.Base(o.Output))
	if f.unlock, err = lock(f.folder, o.Output); err != nil {
		return nil, err
	}
	if f.db, f.conn, err = connect(ctx, o, ""); err != nil {
		f.unlock()
		return nil, errors.Join(err, discard(f.folder))
	}
	f.watch = newWatch(o, f.conn, 1)
	if kind == CSV { // whose lines people read in order
		_, err = f.conn.ExecContext(ctx, "SET preserve_insertion_order = true")
	}
	if err == nil && o.Rejects != "" {
		err = createRejects(ctx, f.conn)
	}
	if err != nil {
		return nil, errors.Join(err, f.close())
	}
	return f, nil
}

func (f *file) entries() (map[string]Entry, error)   { return nil, nil }
func (f *file) touch(context.Context, []Entry) error { return nil }

func (f *file) convert(ctx context.Context, group []task) (entries []Entry, err error) {
	err = f.watch.during(ctx, group, func(ctx context.Context) error {
		return export(ctx, f.conn, f.o.records(f.o.from("read_waldump", group)), f.o.Output, f.temporary)
	})
	if err == nil {
		entries, err = noteAll(ctx, f.o, f.conn, f.watch, group)
	}
	f.ready = err == nil
	return entries, named(f.o, group, err)
}

// noteAll are the entries of a group that was read whole; its rejects are kept.
func noteAll(ctx context.Context, o *Options, conn *sql.Conn, w *watch, group []task) (entries []Entry, err error) {
	for i := range group {
		t := &group[i]
		e, err := o.entry(t, w.tallies[t.Path])
		if err != nil {
			return nil, err
		}
		if o.Rejects != "" && e.Rejects > 0 && !t.Pipe {
			if _, err := conn.ExecContext(ctx, "INSERT INTO "+rejectsTable+" BY NAME "+rejects(t, &e)); err != nil {
				return nil, err
			}
		}
		entries = append(entries, e)
	}
	return entries, nil
}

func (f *file) finish(ctx context.Context) error {
	if !f.ready {
		return nil
	}
	if f.o.Rejects != "" {
		if err := writeRejects(ctx, f.conn, f.o, nil); err != nil {
			return err
		}
	}
	if err := settle(f.temporary, f.o.Output); err != nil {
		return readable(f.o.Output, cause(err))
	}
	return nil
}

func (f *file) close() error {
	err := errors.Join(f.conn.Close(), f.db.Close(), discard(f.folder))
	f.unlock()
	return err
}
