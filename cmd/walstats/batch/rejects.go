package batch

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"walstats/cmd/walstats/session"
)

// rejectsTable collects the rejects that go to a file.
const rejectsTable = "temp._walstats_rejects"

// noRejects makes an empty table of them.
const noRejects = "SELECT NULL::VARCHAR AS filename, NULL::UBIGINT AS line_number, NULL::UBIGINT AS byte_offset, NULL::VARCHAR AS kind, NULL::VARCHAR AS line, NULL::VARCHAR AS error LIMIT 0"

// IsFile says whether the name that --rejects gives is a file's, not a table's.
func IsFile(name string) bool {
	return strings.ContainsRune(name, filepath.Separator) || filepath.Ext(name) != ""
}

// writeRejects writes the rejects of this run's inputs to a file, whole or not at all.
// Those that it has of other inputs stay, where the output has these too.
func writeRejects(ctx context.Context, conn *sql.Conn, o *Options, done []string) error {
	query := "FROM " + rejectsTable
	if _, err := os.Stat(o.Rejects); err == nil && done != nil {
		if len(done) == 0 {
			return nil
		}
		query += " UNION ALL BY NAME SELECT * FROM " + readRejects(o.Rejects) + " WHERE filename NOT IN " + tuple(done)
	}
	return Whole(o.Rejects, func(temporary string) error {
		if err := export(ctx, conn, query+" ORDER BY filename, line_number", o.Rejects, temporary); err != nil {
			return readable(o.Rejects, err)
		}
		return nil
	})
}

// readRejects reads a file that export wrote.
func readRejects(path string) string {
	switch formatOf(path) {
	case "parquet":
		return "read_parquet(" + session.Quote(path) + ")"
	case "json":
		return "read_json(" + session.Quote(path) + ", columns = " + rejectsTypes + ")"
	}
	return "read_csv(" + session.Quote(path) + ", header = true, delim = ',', quote = '\"', escape = '\"', columns = " + rejectsTypes + ")"
}

const rejectsTypes = "{filename: 'VARCHAR', line_number: 'UBIGINT', byte_offset: 'UBIGINT', kind: 'VARCHAR', line: 'VARCHAR', error: 'VARCHAR'}"

// formatOf is the format of a file, as its name says.
func formatOf(name string) string {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".parquet":
		return "parquet"
	case ".json", ".jsonl", ".ndjson":
		return "json"
	}
	return "csv"
}

// export writes the rows of a query to a file whose format is that of the name.
func export(ctx context.Context, conn *sql.Conn, query, name, path string) error {
	options := map[string]string{"csv": "csv, HEADER", "parquet": "parquet, COMPRESSION zstd", "json": "json"}[formatOf(name)]
	_, err := conn.ExecContext(ctx, fmt.Sprintf("COPY (%s) TO %s (FORMAT %s, USE_TMP_FILE false)", query, session.Quote(path), options))
	return err
}

func createRejects(ctx context.Context, conn *sql.Conn) error {
	_, err := conn.ExecContext(ctx, "CREATE TEMP TABLE IF NOT EXISTS _walstats_rejects AS "+noRejects)
	return err
}
