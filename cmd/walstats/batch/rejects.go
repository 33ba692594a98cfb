package batch

import (
	"context"
	"database/sql"
	"fmt"
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

// writeRejects writes the rejects of this run to a file, as its ending says: whole or
// not at all.
func writeRejects(ctx context.Context, conn *sql.Conn, path string) error {
	return whole(path, func(temporary string) error {
		return export(ctx, conn, "FROM "+rejectsTable+" ORDER BY filename, line_number", path, temporary)
	})
}

// export writes the rows of a query to a file whose format is that of the name.
func export(ctx context.Context, conn *sql.Conn, query, name, path string) error {
	format := "csv, HEADER"
	switch strings.ToLower(filepath.Ext(name)) {
	case ".parquet":
		format = "parquet, COMPRESSION zstd"
	case ".json", ".jsonl", ".ndjson":
		format = "json"
	}
	_, err := conn.ExecContext(ctx, fmt.Sprintf("COPY (%s) TO %s (FORMAT %s, USE_TMP_FILE false)", query, session.Quote(path), format))
	return err
}

func createRejects(ctx context.Context, conn *sql.Conn) error {
	_, err := conn.ExecContext(ctx, "CREATE TEMP TABLE IF NOT EXISTS _walstats_rejects AS "+noRejects)
	return err
}
