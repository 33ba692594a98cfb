package batch

import (
	"context"
	"database/sql"
	"errors"

	"walstats/cmd/walstats/outfile"
)

// A file is an output that is one Parquet or CSV file. One statement writes it, so it
// has no entries and cannot be continued.
type file struct {
	o       *Options
	db      *sql.DB
	conn    *sql.Conn
	watch   *watch
	where   outfile.Target
	dir     *outfile.TempDir // nil for a stream
	path    string           // what is written
	written bool
}

func openFile(ctx context.Context, o *Options, kind Kind) (_ target, err error) {
	f := &file{o: o}
	if f.where, err = outfile.Resolve(o.Output, nil, o.Replace); err != nil {
		return nil, err
	}
	f.path = f.where.Path
	if !f.where.Stream {
		if f.dir, err = outfile.OpenTempDir(outfile.TempDirOf(f.where.Path), o.Output); err != nil {
			return nil, err
		}
		f.path = f.dir.File(f.where.Path)
	}
	if f.db, f.conn, err = connect(ctx, o, ""); err != nil {
		return nil, errors.Join(err, f.removeDir())
	}
	f.watch = newWatch(o, f.conn, 1)
	if kind == CSV { // people read its lines in order
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
		return export(ctx, f.conn, f.o.records(f.o.from("read_waldump", group)), formatOf(f.o.Output), f.path)
	})
	if err == nil {
		entries, err = noteAll(ctx, f.o, f.conn, f.watch, group)
	}
	f.written = err == nil
	return entries, classify(f.o, group, err)
}

// noteAll returns the entries of a group that was read from its beginning, and keeps
// its rejects.
func noteAll(ctx context.Context, o *Options, conn *sql.Conn, w *watch, group []task) (entries []Entry, err error) {
	for i := range group {
		t := &group[i]
		e, err := o.entry(t, w.tallies[t.Path])
		if err != nil {
			return nil, err
		}
		if err := keepRejects(ctx, conn, o, t, &e, ""); err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
	return entries, nil
}

func (f *file) finish(ctx context.Context) error {
	if !f.written {
		return nil
	}
	if f.o.Rejects != "" {
		if err := writeRejects(ctx, f.conn, f.o, nil); err != nil {
			return err
		}
	}
	if f.where.Stream {
		return nil
	}
	if err := outfile.Commit(f.path, f.where.Path); err != nil {
		return outfile.Explain(f.o.Output, err)
	}
	return nil
}

func (f *file) close() error {
	return errors.Join(f.conn.Close(), f.db.Close(), f.removeDir())
}

func (f *file) removeDir() error {
	if f.dir == nil {
		return nil
	}
	return f.dir.Remove()
}
