// Package answers holds the views and macros that turn tables of WAL records into
// answers: which relations make the WAL, what a transaction did, what happened when.
// They are plain SQL, in one file, for any DuckDB.
package answers

import (
	"context"
	"database/sql"
	_ "embed"
	"fmt"
	"strings"
)

// SQL is views.sql: statements that make the views, the macros and, where they are
// not there yet, the empty tables wal_blocks and relations. The database has a table
// wal. They may be run again at any time.
//
//go:embed views.sql
var SQL string

// EventManagers are the resource managers whose descriptions and times the views read, as a
// list in SQL: those of the view wal_events.
const EventManagers = "'Transaction', 'XLOG', 'Storage', 'Database', 'Tablespace'"

// A Session is what runs SQL: a database, a connection or a transaction.
type Session interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// Create runs SQL in the database.
func Create(ctx context.Context, db Session) error {
	if _, err := db.ExecContext(ctx, SQL); err != nil {
		return fmt.Errorf("cannot make the views of the WAL: %w", err)
	}
	return nil
}

// CreateMacros runs the part of SQL that needs no table: the macros lsn and lsn_text.
func CreateMacros(ctx context.Context, db Session) error {
	macros, _, _ := strings.Cut(SQL, "-- What follows needs the table wal.")
	if _, err := db.ExecContext(ctx, macros); err != nil {
		return fmt.Errorf("cannot make the macros of LSNs: %w", err)
	}
	return nil
}
