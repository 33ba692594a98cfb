// Package answers holds the views and macros that turn tables of WAL records into
// answers: which relations make the WAL, what a transaction did, what happened when.
// They are plain SQL, a file a topic, for any DuckDB.
package answers

import (
	"cmp"
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"strings"
)

// SQL is the files of the folder views, in the order of their names: statements that make
// the views, the macros and, where they are not there yet, the empty tables wal_blocks and
// relations. The database has a table wal. They may be run again at any time.
var SQL = joined("views/*.sql")

//go:embed views
var files embed.FS

// joined returns the files that a pattern matches, one after the other.
func joined(pattern string) string {
	names, err := fs.Glob(files, pattern)
	var text strings.Builder
	for _, name := range names {
		part, failed := files.ReadFile(name)
		err = cmp.Or(err, failed)
		text.Write(part)
		text.WriteByte('\n')
	}
	if err != nil || len(names) == 0 {
		panic(fmt.Sprintf("answers: no file %s: %v", pattern, err)) // they are in the program
	}
	return text.String()
}

// Topics returns the part of SQL that has these topics: a file's topic is its name without the
// number.
func Topics(names ...string) string {
	var text strings.Builder
	for _, name := range names {
		text.WriteString(joined("views/??_" + name + ".sql"))
	}
	return text.String()
}

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

// CreateMacros runs the part of SQL that needs no table: the macros lsn, lsn_text and
// read_walinspect.
func CreateMacros(ctx context.Context, db Session) error {
	if _, err := db.ExecContext(ctx, Topics("lsn", "walinspect")); err != nil {
		return fmt.Errorf("cannot make the macros of LSNs: %w", err)
	}
	return nil
}
