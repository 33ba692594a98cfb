package batch

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"walstats/cmd/walstats/outfile"
	"walstats/cmd/walstats/session"
)

// rejectsTable is the temporary table of the rejects that go to a file.
const rejectsTable = "temp._walstats_rejects"

// noRejects is a query with the columns of rejects and no row.
const noRejects = "SELECT NULL::VARCHAR AS filename, NULL::UBIGINT AS line_number, NULL::UBIGINT AS byte_offset, NULL::VARCHAR AS kind, NULL::VARCHAR AS line, NULL::VARCHAR AS error LIMIT 0"

// IsFile reports whether the name given with --rejects is that of a file, not of a
// table.
func IsFile(name string) bool {
	return strings.ContainsRune(name, filepath.Separator) || filepath.Ext(name) != ""
}

// CheckRejects returns the file for the rejects. An existing file must be one of
// rejects, or Replace must be set.
func (o *Options) CheckRejects() (outfile.Target, error) {
	target, err := outfile.Resolve(o.Rejects, isRejects, o.Replace)
	if err == nil && !target.Stream && (target.Is(o.Output) || filepath.Clean(o.Rejects) == filepath.Clean(o.Output)) {
		err = fmt.Errorf("%s is the output; name another file for the rejects", o.Rejects)
	}
	if err != nil {
		err = fmt.Errorf("--rejects: %w", err)
	}
	return target, err
}

// isRejects reports whether a file was written by writeRejects. The names of its
// columns are at the end of a Parquet file and at the beginning of the others.
func isRejects(head, tail []byte) bool {
	if bytes.HasPrefix(head, []byte("PAR1")) {
		return bytes.Contains(tail, []byte("line_number")) && bytes.Contains(tail, []byte("byte_offset")) && bytes.Contains(tail, []byte("kind"))
	}
	return bytes.HasPrefix(head, []byte("filename,line_number,byte_offset,kind,line,error\n")) ||
		bytes.HasPrefix(head, []byte(`{"filename":`)) && bytes.Contains(head, []byte(`,"line_number":`))
}

// writeRejects writes the rejects of this run's inputs to the file for them, whole or
// not at all. If done is not nil, the file keeps the rejects of other inputs.
func writeRejects(ctx context.Context, conn *sql.Conn, o *Options, done []string) error {
	target, err := o.CheckRejects()
	if err != nil {
		return err
	}
	query := "FROM " + rejectsTable
	if _, err := os.Stat(o.Rejects); err == nil && done != nil && !target.Stream && !o.Replace {
		if len(done) == 0 {
			return nil
		}
		query += " UNION ALL BY NAME SELECT * FROM " + readRejects(o.Rejects) + " WHERE filename NOT IN " + tuple(done)
	}
	return target.WriteFile(func(path string) error {
		if err := export(ctx, conn, query+" ORDER BY filename, line_number", formatOf(o.Rejects), path); err != nil {
			return outfile.Explain(o.Rejects, err)
		}
		return nil
	})
}

// keepRejects inserts the rejects of an input into a table, or with an empty name into
// the temporary table for the file.
func keepRejects(ctx context.Context, conn *sql.Conn, o *Options, t *task, e *Entry, table string) error {
	if o.Rejects == "" || e.Rejects == 0 || t.Pipe {
		return nil
	}
	into := rejectsTable
	if table != "" {
		into = session.QuoteName(table)
	}
	_, err := conn.ExecContext(ctx, "INSERT INTO "+into+" BY NAME "+rejects(t, e))
	return err
}

// readRejects returns the SQL that reads a file of rejects.
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

// formatOf returns the format for a file's name.
func formatOf(name string) string {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".parquet":
		return "parquet"
	case ".json", ".jsonl", ".ndjson":
		return "json"
	}
	return "csv"
}

// export writes the rows of a query to a file.
func export(ctx context.Context, conn *sql.Conn, query, format, path string) error {
	options := map[string]string{"csv": "csv, HEADER", "parquet": "parquet, COMPRESSION zstd", "json": "json"}[format]
	_, err := conn.ExecContext(ctx, fmt.Sprintf("COPY (%s) TO %s (FORMAT %s, USE_TMP_FILE false)", query, session.Quote(path), options))
	return err
}

func createRejects(ctx context.Context, conn *sql.Conn) error {
	_, err := conn.ExecContext(ctx, "CREATE TEMP TABLE IF NOT EXISTS _walstats_rejects AS "+noRejects)
	return err
}
