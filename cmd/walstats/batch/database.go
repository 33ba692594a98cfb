package batch

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"strings"

	"walstats/cmd/walstats/names"
	"walstats/cmd/walstats/outfile"
	"walstats/cmd/walstats/session"
)

// A database is an output that is a DuckDB database.
type database struct {
	o       *Options
	path    string // of the file, with symbolic links followed
	db      *sql.DB
	conn    *sql.Conn // for all statements, since a transaction belongs to a connection
	watch   *watch
	created bool     // this run made the file, and it is still empty
	replace bool     // drop the tables with the first group
	rejects string   // the table for the rejects, if they go to a table
	done    []string // the inputs of this run
	wal     []task   // the segments among them
	viewed  bool     // this run made the views
	most    string   // DuckDB's own memory_limit, while that of usualMemory holds
}

func openDatabase(ctx context.Context, o *Options) (_ target, err error) {
	d := &database{o: o, done: []string{}, replace: o.Replace}
	where, info, err := outfile.Find(o.Output)
	if err != nil {
		return nil, err
	}
	if d.path = where.Path; where.Stream {
		return nil, fmt.Errorf("%s: a database must be a regular file; a device or a FIFO takes .csv", o.Output)
	}
	if info == nil {
		if err := createDatabase(ctx, o, d.path); err != nil {
			return nil, err
		}
		d.created = true
	} else if err := outfile.CleanStale(d.path); err != nil {
		return nil, err
	}
	if d.db, d.conn, err = connect(ctx, o, d.path); err != nil {
		if d.created && !errors.Is(err, outfile.ErrBusy) {
			err = errors.Join(err, d.removeFile())
		}
		return nil, err
	}
	passes := int64(1)
	if o.Blocks {
		passes = 2
	}
	d.watch = newWatch(o, d.conn, passes)
	if err := d.limitMemory(ctx); err != nil {
		return nil, errors.Join(err, d.close())
	}
	if err := d.check(ctx); err != nil {
		return nil, errors.Join(err, d.close())
	}
	return d, nil
}

// createDatabase makes an empty database, whole or not at all: DuckDB cannot open a
// file whose creation was interrupted.
func createDatabase(ctx context.Context, o *Options, path string) error {
	return outfile.Whole(path, func(temporary string) error {
		db, conn, err := connect(ctx, o, temporary)
		if err != nil {
			return err
		}
		return errors.Join(conn.Close(), db.Close())
	})
}

// connect opens a database file, or with an empty path a database in memory.
func connect(ctx context.Context, o *Options, path string) (*sql.DB, *sql.Conn, error) {
	s := o.Session
	s.Output = path
	s.Settings = map[string]string{"preserve_insertion_order": "false"}
	if o.Threads > 0 {
		s.Settings["threads"] = fmt.Sprint(o.Threads)
	}
	if o.MemoryLimit != "" {
		s.Settings["memory_limit"] = o.MemoryLimit
	}
	db, err := session.Open(ctx, s)
	if err != nil {
		if text := err.Error(); o.MemoryLimit != "" && strings.Contains(strings.ToLower(text), "memory") {
			_, text, _ = strings.Cut(text, " Error: ")
			return nil, nil, fmt.Errorf("--memory-limit %s: %s", o.MemoryLimit, text)
		}
		return nil, nil, outfile.Explain(o.Output, err)
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	return db, conn, nil
}

// transaction calls do in a transaction.
func (d *database) transaction(ctx context.Context, do func() error) error {
	if err := d.exec(ctx, "BEGIN"); err != nil {
		return err
	}
	err := do()
	if err == nil {
		if err = d.exec(ctx, "COMMIT"); err == nil {
			d.created, d.replace = false, false
			return nil
		}
	}
	d.viewed = false
	// DuckDB may have ended the transaction itself; then ROLLBACK fails.
	_ = d.exec(context.WithoutCancel(ctx), "ROLLBACK")
	return err
}

// usualMemory returns the memory_limit of a run that names none. Without one, DuckDB keeps what
// it has written in memory, up to most of the machine's.
func usualMemory(threads int) string {
	if threads == 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	return fmt.Sprintf("%dMB", 150+75*threads)
}

// limitMemory sets usualMemory, unless the run names another limit, or has an input that
// can be read only once.
func (d *database) limitMemory(ctx context.Context) error {
	if d.o.MemoryLimit != "" || slices.ContainsFunc(d.o.Inputs, func(in Input) bool { return in.Pipe }) {
		return nil
	}
	if err := d.conn.QueryRowContext(ctx, "SELECT current_setting('memory_limit')").Scan(&d.most); err != nil {
		return err
	}
	return d.exec(ctx, "SET GLOBAL memory_limit = "+session.Quote(usualMemory(d.o.Threads)))
}

func (d *database) convert(ctx context.Context, group []task) ([]Entry, error) {
	entries, err := d.convertOnce(ctx, group)
	if err == nil || d.most == "" || !isOutOfMemory(err) {
		return entries, err
	}
	// A record of hundreds of megabytes needs more than is usual. (RESET would not tell
	// DuckDB's buffer manager.)
	if err := d.exec(ctx, "SET GLOBAL memory_limit = "+session.Quote(d.most)); err != nil {
		return nil, err
	}
	d.most = ""
	return d.convertOnce(ctx, group)
}

// isOutOfMemory reports whether DuckDB's memory_limit made an error.
func isOutOfMemory(err error) bool {
	text := err.Error()
	for _, said := range []string{"Out of Memory", "could not allocate", "failed to allocate", "failed to pin", "no memory left"} {
		if strings.Contains(text, said) {
			return true
		}
	}
	return false
}

func (d *database) convertOnce(ctx context.Context, group []task) (entries []Entry, err error) {
	err = d.transaction(ctx, func() error {
		if err := d.prepare(ctx, group); err != nil {
			return err
		}
		var rows int64
		if err := d.watch.during(ctx, group, func(ctx context.Context) (err error) {
			rows, err = d.insert(ctx, group)
			return err
		}); err != nil {
			return err
		}
		if d.o.Where == "" && rows != d.watch.records() {
			return errNotRead
		}
		entries, err = d.note(ctx, group, rows)
		return err
	})
	if err == nil {
		d.done = append(d.done, paths(entries)...)
		for i := range group {
			if group[i].wal != nil {
				d.wal = append(d.wal, group[i])
			}
		}
	}
	return entries, classify(d.o, group, err)
}

func (d *database) finish(ctx context.Context) error {
	if err := d.nameFromWAL(ctx); err != nil {
		return err
	}
	if len(d.o.Names) > 0 {
		if err := names.Load(ctx, d.db, d.o.Names, d.o.Warn); err != nil {
			return fmt.Errorf("%s has its records, but no names: %w", d.o.Output, err)
		}
	}
	// CHECKPOINT moves DuckDB's log into the database file. Closing does so too, but
	// reports no error.
	if err := d.exec(ctx, "CHECKPOINT"); err != nil {
		return outfile.Explain(d.o.Output, err)
	}
	if d.o.Rejects == "" || d.rejects != "" {
		return nil
	}
	return writeRejects(ctx, d.conn, d.o, d.done)
}

// nameFromWAL stores the names that the WAL of this run has, where there is a table for
// them. The first time, WAL before --start tells names, too.
func (d *database) nameFromWAL(ctx context.Context) error {
	if len(d.wal) == 0 || d.o.Session.Extension != "" {
		return nil
	}
	var there, first bool
	if err := d.conn.QueryRowContext(ctx, "SELECT count(*) > 0 FROM duckdb_tables() WHERE database_name = current_database() AND schema_name = 'main' AND table_name = 'relations'").Scan(&there); err != nil || !there {
		return err
	}
	if err := d.conn.QueryRowContext(ctx, "SELECT count(*) = 0 FROM relations").Scan(&first); err != nil {
		return err
	}
	slices.SortFunc(d.wal, func(a, b task) int { return cmp.Compare(a.begin, b.begin) })
	gone := func(t task) bool { return isGone(t.Path) }
	for {
		if d.wal = slices.DeleteFunc(d.wal, gone); len(d.wal) == 0 {
			return nil
		}
		err := names.FromWAL(ctx, d.conn, d.o.relationsOf(d.wal, first))
		if err == nil || !slices.ContainsFunc(d.wal, gone) {
			return err
		}
	}
}

func (d *database) close() error {
	err := errors.Join(d.conn.Close(), d.db.Close())
	if d.created {
		err = errors.Join(err, d.removeFile())
	}
	return err
}

// removeFile removes the database that this run made.
func (d *database) removeFile() (err error) {
	for _, end := range []string{"", ".wal"} {
		if removeErr := os.Remove(d.path + end); removeErr != nil && !errors.Is(removeErr, fs.ErrNotExist) {
			err = errors.Join(err, removeErr)
		}
	}
	return err
}

func (d *database) exec(ctx context.Context, statement string) error {
	_, err := d.conn.ExecContext(ctx, statement)
	return err
}

// execAll runs statements until one fails.
func (d *database) execAll(ctx context.Context, statements []string) error {
	for _, statement := range statements {
		if err := d.exec(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}
