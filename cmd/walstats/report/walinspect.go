package report

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"

	"walstats/cmd/walstats/answers"
	"walstats/cmd/walstats/session"
)

var walinspectName = regexp.MustCompile(`(?i)\.(csv|csv\.gz|csv\.zst|parquet)$`)

// IsWalinspect says whether a file's name is that of rows of PostgreSQL's
// contrib/pg_walinspect: of a CSV or Parquet file.
func IsWalinspect(path string) bool { return walinspectName.MatchString(path) }

// readWalinspect makes the tables of what pg_get_wal_records_info printed.
func (s Source) readWalinspect(ctx context.Context, db *sql.DB, file string) error {
	if err := answers.CreateMacros(ctx, db); err != nil {
		return err
	}
	if err := execAll(ctx, db, "ATTACH "+session.Quote(file)+" AS output"); err != nil {
		return err
	}
	for i, path := range s.Dumps {
		if _, err := os.Stat(path); err != nil {
			return fmt.Errorf("%s: %w", path, errors.Unwrap(err))
		}
		table := "CREATE TABLE output.wal AS"
		if i > 0 {
			table = "INSERT INTO output.wal"
		}
		err := execAll(ctx, db, table+" SELECT *, "+session.Quote(path)+" AS filename FROM read_walinspect("+session.Quote(path)+")")
		if err != nil && strings.Contains(err.Error(), "Binder Error") {
			return fmt.Errorf("%s: must have the columns of pg_get_wal_records_info; write it with psql: \\copy (SELECT * FROM pg_get_wal_records_info('0/1500000', '0/1900000')) TO 'wal.csv' CSV HEADER", path)
		} else if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	var twice int64
	var first, last sql.Null[string]
	if err := db.QueryRowContext(ctx, "SELECT count(*), lsn_text(min(start_lsn)), lsn_text(max(start_lsn)) FROM (SELECT start_lsn FROM output.wal GROUP BY ALL HAVING count(*) > 1)").
		Scan(&twice, &first, &last); err != nil {
		return err
	}
	switch {
	case twice == 0:
	case !s.AllowOverlap:
		return fmt.Errorf("%d records are in the input twice, from %s to %s; leave one copy out, or pass --allow-overlap to count each record once", twice, first.V, last.V)
	default:
		if err := execAll(ctx, db, "CREATE OR REPLACE TABLE output.wal AS SELECT DISTINCT ON (start_lsn) * FROM output.wal"); err != nil {
			return err
		}
	}
	return execAll(ctx, db,
		"CREATE VIEW wal AS FROM output.wal",
		`CREATE VIEW wal_blocks AS
			WITH refs AS (SELECT *, unnest(regexp_extract_all(block_ref, 'rel [^,]*')) AS ref FROM output.wal),
			parts AS (SELECT *, regexp_extract(ref, 'rel (\d+)/(\d+)/(\d+)(?: fork (\w+))? blk (\d+)( FPW)?', ['space', 'db', 'node', 'fork', 'blk', 'image']) AS part FROM refs)
			SELECT start_lsn, part.space::UINTEGER AS reltablespace, part.db::UINTEGER AS reldatabase, part.node::UINTEGER AS relfilenode,
				coalesce(nullif(part.fork, ''), 'main') AS relfork, part.blk::UINTEGER AS relblocknumber, record_type, record_length,
				nullif(ltrim(part.image), '') AS fpi, NULL::UINTEGER AS block_fpi_length FROM parts`,
		"CREATE TABLE inputs AS SELECT unnest("+session.List(s.Dumps)+") AS path, 0 AS rejects")
}
