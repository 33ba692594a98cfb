package batch

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"walstats/cmd/walstats/answers"
	"walstats/cmd/walstats/names"
	"walstats/cmd/walstats/session"
)

// A database is an output that is a DuckDB database.
type database struct {
	o       *Options
	db      *sql.DB
	conn    *sql.Conn // all statements, since a transaction is a connection's
	watch   *watch
	created bool     // this run made the file, and nothing is in it yet
	replace bool     // the tables go with the first group
	rejects string   // their table
	done    []string // the inputs of this run

	answered bool // the views are there
}

func openDatabase(ctx context.Context, o *Options) (_ target, err error) {
	d := &database{o: o, done: []string{}, replace: o.Replace}
	if _, err := os.Stat(o.Output); errors.Is(err, fs.ErrNotExist) {
		if err := createDatabase(ctx, o); err != nil {
			return nil, err
		}
		d.created = true
	} else if err := tidy(o.Output); err != nil {
		return nil, err
	}
	if d.db, d.conn, err = connect(ctx, o, o.Output); err != nil {
		if d.created && !errors.Is(err, errBusy) {
			err = errors.Join(err, d.removeFile())
		}
		return nil, err
	}
	passes := int64(1)
	if o.Blocks {
		passes = 2
	}
	d.watch = newWatch(o, d.conn, passes)
	if err := d.check(ctx); err != nil {
		return nil, errors.Join(err, d.close())
	}
	return d, nil
}

// createDatabase makes the file of an empty database, whole: one that DuckDB is killed
// over while it makes it is none.
func createDatabase(ctx context.Context, o *Options) error {
	return Whole(o.Output, func(temporary string) error {
		db, conn, err := connect(ctx, o, temporary)
		if err != nil {
			return err
		}
		return errors.Join(conn.Close(), db.Close())
	})
}

// connect opens the output, or a database in memory for one that is not.
func connect(ctx context.Context, o *Options, output string) (*sql.DB, *sql.Conn, error) {
	s := o.Session
	s.Output = output
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
		return nil, nil, readable(o.Output, err)
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	return db, conn, nil
}

// check refuses a table that walstats did not make.
func (d *database) check(ctx context.Context) error {
	if d.o.Rejects != "" && !IsFile(d.o.Rejects) {
		d.rejects = d.o.Rejects
	}
	if d.o.Rejects != "" && d.rejects == "" {
		if err := createRejects(ctx, d.conn); err != nil {
			return err
		}
	}
	if d.o.Replace || d.o.Append {
		return nil
	}
	known, err := d.has(ctx, inputsTable)
	if err != nil {
		return err
	}
	for _, table := range d.tables() {
		there, err := d.has(ctx, table)
		if err != nil {
			return err
		}
		if there && known {
			err := d.conn.QueryRowContext(ctx, "SELECT count(*) = 0 FROM "+inputsTable+" WHERE table_name = ?", d.o.Table).Scan(&there)
			if err != nil {
				return err
			}
		}
		if there {
			return fmt.Errorf("%s has a table %s that walstats did not make; pass --append to add to it, --replace to write it anew, or --table for another name", d.o.Output, table)
		}
	}
	return nil
}

// tables are those that the run writes, the records' first.
func (d *database) tables() []string {
	tables := []string{d.o.Table}
	if d.o.Blocks {
		tables = append(tables, d.o.Table+"_blocks")
	}
	return tables
}

func (d *database) has(ctx context.Context, table string) (there bool, err error) {
	err = d.conn.QueryRowContext(ctx, "SELECT count(*) > 0 FROM duckdb_tables() WHERE database_name = current_database() AND schema_name = 'main' AND table_name = ?", table).Scan(&there)
	return there, err
}

// transaction runs do in one.
func (d *database) transaction(ctx context.Context, do func() error) error {
	if _, err := d.conn.ExecContext(ctx, "BEGIN"); err != nil {
		return err
	}
	err := do()
	if err == nil {
		if _, err = d.conn.ExecContext(ctx, "COMMIT"); err == nil {
			d.created, d.replace = false, false
			return nil
		}
	}
	d.answered = false
	// Where DuckDB has ended it itself, there is nothing to end.
	_, _ = d.conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
	return err
}

func (d *database) convert(ctx context.Context, group []task) (entries []Entry, err error) {
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
	}
	return entries, named(d.o, group, err)
}

// prepare makes the tables, and takes out of them what is to be done again.
func (d *database) prepare(ctx context.Context, group []task) error {
	if d.replace {
		for _, table := range append(d.tables(), d.o.Table+"_blocks") {
			if err := d.exec(ctx, "DROP TABLE IF EXISTS "+session.QuoteName(table)); err != nil {
				return err
			}
		}
		if there, err := d.has(ctx, inputsTable); err != nil {
			return err
		} else if there {
			if err := d.exec(ctx, "DELETE FROM "+inputsTable+" WHERE table_name = "+session.Quote(d.o.Table)); err != nil {
				return err
			}
		}
	}
	statements := []string{
		"CREATE TABLE IF NOT EXISTS " + inputsTable + " (" + inputsColumns + ")",
		"CREATE TABLE IF NOT EXISTS " + session.QuoteName(d.o.Table) + " AS " + d.o.records(d.o.from("read_waldump", group[:1])) + " WITH NO DATA",
	}
	if d.o.Blocks {
		statements = append(statements, "CREATE TABLE IF NOT EXISTS "+session.QuoteName(d.o.Table+"_blocks")+" AS "+d.o.blocks(group[:1])+" WITH NO DATA")
	}
	if d.rejects != "" {
		statements = append(statements, "CREATE TABLE IF NOT EXISTS "+session.QuoteName(d.rejects)+" AS "+noRejects)
	}
	for _, statement := range statements {
		if err := d.exec(ctx, statement); err != nil {
			return err
		}
	}
	if err := d.answer(ctx); err != nil {
		return err
	}
	var changed, anew []string
	for i := range group {
		t := &group[i]
		if t.how == continued {
			if err := d.dropLast(ctx, t, &t.before); err == errNotOne {
				t.how = again
			} else if err != nil {
				return err
			}
		}
		if t.how == again {
			changed = append(changed, t.Path)
		}
		if t.how != continued {
			anew = append(anew, t.Path)
		}
	}
	if d.rejects != "" && len(anew) > 0 {
		if err := d.exec(ctx, "DELETE FROM "+session.QuoteName(d.rejects)+" WHERE filename IN "+tuple(anew)); err != nil {
			return err
		}
	}
	if len(changed) == 0 {
		return nil
	}
	for _, table := range d.tables() {
		if err := d.exec(ctx, "DELETE FROM "+session.QuoteName(table)+" WHERE filename IN "+tuple(changed)); err != nil {
			return err
		}
	}
	return nil
}

// answer makes the views beside the table, once in a run, where it is one that they
// know: wal, with all its columns. Beside others are the macros that read LSNs.
func (d *database) answer(ctx context.Context) error {
	if d.answered {
		return nil
	}
	create := answers.CreateMacros
	if d.o.Table == "wal" && len(d.o.Columns) == 0 && !d.o.Append {
		create = answers.Create
	}
	if err := create(ctx, d.conn); err != nil {
		return err
	}
	d.answered = true
	return nil
}

func tuple(texts []string) string {
	list := session.List(texts)
	return "(" + list[1:len(list)-1] + ")"
}

var errNotOne = errors.New("the last record cannot be told from another")

// dropLast takes the last record of an input out again, and the rejects behind it.
func (d *database) dropLast(ctx context.Context, t *task, e *Entry) error {
	if d.rejects != "" {
		if err := d.exec(ctx, fmt.Sprintf("DELETE FROM %s WHERE filename = %s AND byte_offset >= %d", session.QuoteName(d.rejects), session.Quote(t.Path), e.LastBegin)); err != nil {
			return err
		}
	}
	if e.LastIsOut {
		return nil
	}
	if !slices.Contains(d.o.selected(), "start_lsn") {
		return errNotOne
	}
	condition := fmt.Sprintf(" WHERE filename = %s AND start_lsn = %s", session.Quote(t.Path), d.o.lsnLiteral(e.LastLSN))
	var n int64
	if err := d.conn.QueryRowContext(ctx, "SELECT count(*) FROM "+session.QuoteName(d.o.Table)+condition).Scan(&n); err != nil {
		return err
	}
	if n != 1 && !(n == 0 && d.o.Where != "") {
		return errNotOne
	}
	for _, table := range d.tables() {
		if err := d.exec(ctx, "DELETE FROM "+session.QuoteName(table)+condition); err != nil {
			return err
		}
	}
	e.LastIsOut = true
	e.Records -= n
	return nil
}

// insert writes the rows of the inputs: those of whole files by one statement.
func (d *database) insert(ctx context.Context, group []task) (rows int64, err error) {
	var whole []task
	var parts [][]task
	for i := range group {
		if group[i].how == continued {
			parts = append(parts, group[i:i+1])
		} else {
			whole = append(whole, group[i])
		}
	}
	if len(whole) > 0 {
		parts = append(parts, whole)
	}
	for _, part := range parts {
		n, err := d.insertPart(ctx, part)
		if err != nil {
			return 0, err
		}
		rows += n
	}
	return rows, nil
}

func (d *database) insertPart(ctx context.Context, part []task) (rows int64, err error) {
	source := d.o.from("read_waldump", part)
	records := d.o.records(source)
	blocks := ""
	switch {
	case !d.o.Blocks:
	case part[0].Pipe:
		if err := d.exec(ctx, "CREATE OR REPLACE TEMP TABLE _walstats_pipe AS FROM "+source); err != nil {
			return 0, err
		}
		defer d.exec(context.WithoutCancel(ctx), "DROP TABLE IF EXISTS _walstats_pipe")
		records, blocks = d.o.records("_walstats_pipe"), d.o.blocksOf("_walstats_pipe")
	case d.o.Where != "":
		blocks = d.o.blocksOf(source)
	default:
		blocks = d.o.blocks(part)
	}
	result, err := d.conn.ExecContext(ctx, "INSERT INTO "+session.QuoteName(d.o.Table)+" BY NAME "+records)
	if err != nil {
		return 0, err
	}
	if rows, err = result.RowsAffected(); err != nil || blocks == "" {
		return rows, err
	}
	return rows, d.exec(ctx, "INSERT INTO "+session.QuoteName(d.o.Table+"_blocks")+" BY NAME "+blocks)
}

// note writes the entries of the inputs, and keeps their rejects.
func (d *database) note(ctx context.Context, group []task, rows int64) (entries []Entry, err error) {
	written := map[string]int64{}
	if d.o.Where != "" {
		if written, err = d.count(ctx, group); err != nil {
			return nil, err
		}
	}
	for i := range group {
		t := &group[i]
		e, err := d.o.entry(t, d.watch.tallies[t.Path])
		if err != nil {
			return nil, err
		}
		switch {
		case t.Pipe: // which is alone
			e.Records = rows
		case d.o.Where != "":
			e.Records = written[t.Path]
		case t.how == continued:
			e.Records += t.before.Records
		}
		if e.Waiting && t.growing {
			if err := d.dropLast(ctx, t, &e); err != nil && err != errNotOne {
				return nil, err
			}
		}
		if d.o.Rejects != "" && e.Rejects > 0 && !t.Pipe {
			table := rejectsTable
			if d.rejects != "" {
				table = session.QuoteName(d.rejects)
			}
			if err := d.exec(ctx, "INSERT INTO "+table+" BY NAME "+rejects(t, &e)); err != nil {
				return nil, err
			}
		}
		entries = append(entries, e)
	}
	return entries, d.write(ctx, entries)
}

// count is how many rows of the inputs are in the table.
func (d *database) count(ctx context.Context, group []task) (map[string]int64, error) {
	paths := make([]string, len(group))
	for i := range group {
		paths[i] = group[i].Path
	}
	rows, err := d.conn.QueryContext(ctx, "SELECT filename, count(*) FROM "+session.QuoteName(d.o.Table)+" WHERE filename IN "+tuple(paths)+" GROUP BY ALL")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	counts := map[string]int64{}
	for rows.Next() {
		var path string
		var n int64
		if err := rows.Scan(&path, &n); err != nil {
			return nil, err
		}
		counts[path] = n
	}
	return counts, rows.Err()
}

func (d *database) finish(ctx context.Context) error {
	if d.o.Names != "" {
		if err := names.Load(ctx, d.db, d.o.Names, d.o.Warn); err != nil {
			return fmt.Errorf("%s has its records, but no names: %w", d.o.Output, err)
		}
	}
	// So that the one file is the database, without the log beside it. On closing,
	// DuckDB does the same, but keeps quiet if it fails.
	if err := d.exec(ctx, "CHECKPOINT"); err != nil {
		return readable(d.o.Output, err)
	}
	if d.o.Rejects == "" || d.rejects != "" {
		return nil
	}
	return writeRejects(ctx, d.conn, d.o, d.done)
}

func (d *database) close() error {
	err := errors.Join(d.conn.Close(), d.db.Close())
	if d.created { // nothing is in it
		err = errors.Join(err, d.removeFile())
	}
	return err
}

// removeFile takes away the database that this run made.
func (d *database) removeFile() (err error) {
	for _, end := range []string{"", ".wal"} {
		if removeErr := os.Remove(d.o.Output + end); removeErr != nil && !errors.Is(removeErr, fs.ErrNotExist) {
			err = errors.Join(err, removeErr)
		}
	}
	return err
}

func (d *database) exec(ctx context.Context, statement string) error {
	_, err := d.conn.ExecContext(ctx, statement)
	return err
}
