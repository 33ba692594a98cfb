package batch

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"walstats/cmd/walstats/answers"
	"walstats/cmd/walstats/session"
)

// tables returns the tables that the run writes, first that of the records.
func (d *database) tables() []string {
	tables := []string{d.o.Table}
	if d.o.Blocks {
		tables = append(tables, d.blockTable())
	}
	return tables
}

func (d *database) blockTable() string { return d.o.Table + "_blocks" }

func (d *database) has(ctx context.Context, table string) (exists bool, err error) {
	err = d.conn.QueryRowContext(ctx, "SELECT count(*) > 0 FROM duckdb_tables() WHERE database_name = current_database() AND schema_name = 'main' AND table_name = ?", table).Scan(&exists)
	return exists, err
}

// check fails if there is a table that walstats did not make.
func (d *database) check(ctx context.Context) error {
	switch {
	case d.o.Rejects == "":
	case IsFile(d.o.Rejects):
		if err := createRejects(ctx, d.conn); err != nil {
			return err
		}
	default:
		d.rejects = d.o.Rejects
	}
	if err := d.upgrade(ctx); err != nil {
		return err
	}
	if d.o.Replace || d.o.Append {
		return nil
	}
	known, err := d.has(ctx, inputsTable)
	if err != nil {
		return err
	}
	for _, table := range d.tables() {
		foreign, err := d.has(ctx, table)
		if err == nil && foreign && known {
			err = d.conn.QueryRowContext(ctx, "SELECT count(*) = 0 FROM "+inputsTable+" WHERE table_name = ?", d.o.Table).Scan(&foreign)
		}
		if err != nil {
			return err
		}
		if foreign {
			return fmt.Errorf("%s has a table %s that walstats did not make; pass --append to add to it, --replace to overwrite it, or --table for another name", d.o.Output, table)
		}
	}
	return nil
}

// prepare creates the tables and views, and deletes the rows that the group will write
// again.
func (d *database) prepare(ctx context.Context, group []task) error {
	if d.replace {
		if err := d.dropTables(ctx); err != nil {
			return err
		}
	}
	if err := d.createTables(ctx, group); err != nil {
		return err
	}
	if err := d.createViews(ctx); err != nil {
		return err
	}
	return d.deleteOld(ctx, group)
}

func (d *database) dropTables(ctx context.Context) error {
	for _, table := range []string{d.o.Table, d.blockTable()} {
		if err := d.exec(ctx, "DROP TABLE IF EXISTS "+session.QuoteName(table)); err != nil {
			return err
		}
	}
	if known, err := d.has(ctx, inputsTable); err != nil || !known {
		return err
	}
	return d.exec(ctx, "DELETE FROM "+inputsTable+" WHERE table_name = "+session.Quote(d.o.Table))
}

func (d *database) createTables(ctx context.Context, group []task) error {
	create := func(table, query string) string {
		return "CREATE TABLE IF NOT EXISTS " + session.QuoteName(table) + " AS " + query + " WITH NO DATA"
	}
	statements := []string{
		"CREATE TABLE IF NOT EXISTS " + inputsTable + " (" + inputsColumns + ")",
		create(d.o.Table, d.o.records(d.o.from("read_waldump", group[:1]))),
	}
	if d.o.Blocks {
		statements = append(statements, create(d.blockTable(), d.o.blocks(group[:1])))
	}
	if d.rejects != "" {
		statements = append(statements, create(d.rejects, noRejects))
	}
	return d.execAll(ctx, statements)
}

// createViews creates the views once in a run, if the table is the one that they read:
// wal with all its columns. A database with another table gets only the macros that
// read and print LSNs.
func (d *database) createViews(ctx context.Context) error {
	if d.viewed {
		return nil
	}
	create := answers.CreateMacros
	if d.o.Table == "wal" && len(d.o.Columns) == 0 && !d.o.Append {
		create = answers.Create
	}
	if err := create(ctx, d.conn); err != nil {
		return err
	}
	d.viewed = true
	return nil
}

// deleteOld deletes the rows of inputs that changed, and the last records of inputs
// that grew. It also deletes the rejects that will be written again.
func (d *database) deleteOld(ctx context.Context, group []task) error {
	var changed, whole, others []string
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
			whole = append(whole, t.Path)
		}
		changed, whole, others = append(changed, t.others...), append(whole, t.others...), append(others, t.others...)
	}
	var statements []string
	if len(others) > 0 {
		statements = append(statements, "DELETE FROM "+inputsTable+" WHERE table_name = "+session.Quote(d.o.Table)+" AND path IN "+tuple(others))
	}
	if d.rejects != "" && len(whole) > 0 {
		statements = append(statements, deleteInputs(d.rejects, whole))
	}
	if len(changed) > 0 {
		for _, table := range d.tables() {
			statements = append(statements, deleteInputs(table, changed))
		}
	}
	return d.execAll(ctx, statements)
}

func deleteInputs(table string, paths []string) string {
	return "DELETE FROM " + session.QuoteName(table) + " WHERE filename IN " + tuple(paths)
}

// tuple writes texts as the right side of IN.
func tuple(texts []string) string {
	list := session.List(texts)
	return "(" + list[1:len(list)-1] + ")"
}

// errNotOne is returned by dropLast if no row, or several rows, can be the last record.
var errNotOne = errors.New("the last record cannot be found")

// dropLast deletes the last record of an input, and the rejects after it.
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
