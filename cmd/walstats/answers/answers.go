// Package answers holds the views and macros that turn tables of WAL records into
// answers: which relations make the WAL, what a transaction did, what happened when.
// They are plain SQL, in one file, for any DuckDB.
package answers

import (
	"context"
	"database/sql"
	_ "embed"
	"fmt"
)

// SQL is views.sql: statements that make the views, the macros and, where they are
// not there yet, the empty tables wal_blocks and relations. The database has a table
// wal. They may be run again at any time.
//
//go:embed views.sql
var SQL string

// Create runs SQL in the database.
func Create(ctx context.Context, db *sql.DB) error {
	if _, err := db.ExecContext(ctx, SQL); err != nil {
		return fmt.Errorf("cannot make the views of the WAL: %w", err)
	}
	return nil
}
