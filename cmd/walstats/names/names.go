// Package names gives relation files their names. A WAL knows a relation by three
// numbers, tablespace/database/relfilenode; which table or index that is only the
// server's catalogs tell. Names come from a live server, or from a file that psql wrote
// there: the same query both ways.
package names

import (
	"context"
	"database/sql"
	"database/sql/driver"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"

	"github.com/duckdb/duckdb-go/v2"
)

// Query has the text of names.sql, for the server and for psql. It returns one row for
// each relation file of the database it runs in.
//
//go:embed names.sql
var Query string

// columns has the columns of the query, of the file and of the table relations.
var columns = []string{
	"reltablespace", "reldatabase", "relfilenode", "oid", "database", "schema", "name", "kind",
	"table_schema", "table_name", "partition_of_schema", "partition_of_name",
}

// numbers is how many of the columns are numbers; they come first.
const numbers = 4

// A Relation holds a row of these columns: numbers in decimal, then texts, "" for NULL.
type Relation []string

// Load reads the names from the sources and puts them into the table relations of the
// database. A name of the same file is replaced; others stay, so that names read before
// a table was rewritten keep their meaning: give the oldest source first. A source is a URL, postgres://user@host/database,
// or host=... dbname=... of a server, or the path of a file that psql wrote with Query. warn hears of databases
// of the server that could not be read. No error holds a password.
func Load(ctx context.Context, db *sql.DB, sources []string, warn func(string)) error {
	for _, source := range sources {
		relations, err := Read(ctx, source, warn)
		if err != nil {
			return err
		}
		if err := store(ctx, db, relations); err != nil {
			return err
		}
	}
	return nil
}

// Read gives the names of a source, as Load takes it, each file once.
func Read(ctx context.Context, source string, warn func(string)) ([]Relation, error) {
	read := readFile
	if isServer(source) {
		read = func(path string) ([]Relation, error) { return readServer(ctx, path, warn) }
	}
	relations, err := read(source)
	if err != nil {
		return nil, err
	}
	// Shared relations are seen from every database.
	seen, once := map[[3]string]bool{}, relations[:0]
	for _, relation := range relations {
		if file := [3]string(relation[:3]); !seen[file] {
			seen[file] = true
			once = append(once, relation)
		}
	}
	return once, nil
}

// conninfo matches libpq's key = value form of a connection.
var conninfo = regexp.MustCompile(`(^|\s)(host|hostaddr|port|dbname|user|password|service|sslmode)\s*=`)

// isServer reports whether a source is a server, not a file.
func isServer(source string) bool {
	if strings.HasPrefix(source, "postgres://") || strings.HasPrefix(source, "postgresql://") {
		return true
	}
	if _, err := os.Stat(source); err == nil {
		return false
	}
	return conninfo.MatchString(source)
}

// newRelation checks a row, of a server or a file.
func newRelation(fields []string) (Relation, error) {
	for i := range numbers {
		if _, err := strconv.ParseUint(fields[i], 10, 32); err != nil {
			return nil, fmt.Errorf("expected a number as %s, found %q", columns[i], fields[i])
		}
	}
	relation := make(Relation, len(fields))
	for i, field := range fields {
		relation[i] = strings.ToValidUTF8(field, "\uFFFD") // a database of SQL_ASCII may hold any bytes
	}
	return relation, nil
}

// store puts the names into the table relations.
func store(ctx context.Context, db *sql.DB, relations []Relation) (err error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if _, err := conn.ExecContext(ctx, "CREATE OR REPLACE TEMP TABLE _walstats_names AS FROM relations LIMIT 0"); err != nil {
		return fmt.Errorf("cannot store names: %w", err)
	}
	if err := conn.Raw(func(raw any) error { return appendAll(raw.(driver.Conn), relations) }); err != nil {
		return fmt.Errorf("cannot store names: %w", err)
	}
	for _, statement := range []string{"INSERT OR REPLACE INTO relations BY NAME FROM _walstats_names", "DROP TABLE _walstats_names"} {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("cannot store names: %w", err)
		}
	}
	return nil
}

func appendAll(conn driver.Conn, relations []Relation) error {
	appender, err := duckdb.NewAppender(conn, "temp", "main", "_walstats_names")
	if err != nil {
		return err
	}
	row := make([]driver.Value, len(columns))
	for _, relation := range relations {
		for i, field := range relation {
			switch {
			case field == "":
				row[i] = nil
			case i < numbers:
				n, _ := strconv.ParseUint(field, 10, 32) // newRelation saw to it
				row[i] = uint32(n)
			default:
				row[i] = field
			}
		}
		if err := appender.AppendRow(row...); err != nil {
			return errors.Join(err, appender.Close())
		}
	}
	return appender.Close()
}
