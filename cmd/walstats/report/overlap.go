package report

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"slices"
	"strings"

	"walstats/cmd/walstats/overlap"
	"walstats/cmd/walstats/session"
	"walstats/record"
)

// withoutTwins returns the dumps, each once. One that is given twice is an error, unless the
// source allows overlaps.
func (s Source) withoutTwins(ctx context.Context, db *sql.DB) (paths []string, err error) {
	var infos []os.FileInfo
	for _, path := range s.Dumps {
		info, err := os.Stat(path)
		if err != nil { // reading it will say why
			return s.Dumps, nil
		}
		twin := slices.IndexFunc(infos, func(other os.FileInfo) bool { return os.SameFile(info, other) })
		if twin < 0 {
			infos, paths = append(infos, info), append(paths, path)
			continue
		}
		if s.AllowOverlap {
			continue
		}
		var first, last sql.Null[uint64]
		if err := db.QueryRowContext(ctx, "SELECT min(start_lsn)::UBIGINT, max(start_lsn)::UBIGINT FROM read_waldump("+session.Quote(path)+", ignore_errors := true)").
			Scan(&first, &last); err != nil {
			return nil, err
		}
		name := path
		if path != paths[twin] {
			name = paths[twin] + " and " + path + " are one file, which"
		}
		return nil, fmt.Errorf("%s is given twice (%s to %s); leave one out, or pass --allow-overlap to count each record once", name, record.LSN(first.V), record.LSN(last.V))
	}
	return paths, nil
}

// readOnce sees that each record counts once, and its block references, which the call of a
// function without its last parenthesis reads.
func (s Source) readOnce(ctx context.Context, db *sql.DB, blocks string) error {
	spans, err := list(ctx, db, "SELECT filename, min(start_lsn), max(start_lsn) FROM output.wal GROUP BY filename",
		func(in *overlap.Input) []any { return []any{&in.Path, &in.First, &in.Last} })
	if err != nil || len(spans) < 2 {
		return err
	}
	for i := range spans {
		spans[i].Name = spans[i].Path
	}
	pairs, err := overlap.Find(ctx, db, spans)
	switch {
	case err != nil || len(pairs) == 0:
		return err
	case !s.AllowOverlap:
		return fmt.Errorf("%s; leave one out, or pass --allow-overlap to count each record once", strings.TrimSuffix(strings.ReplaceAll(overlap.Lines(pairs), "\n", ", "), ", "))
	}
	statements := []string{"CREATE TABLE copies (filename VARCHAR, start_lsn UBIGINT)"}
	for _, p := range pairs {
		between := fmt.Sprintf("start_lsn BETWEEN %d AND %d", uint64(p.First), uint64(p.Last))
		statements = append(statements, `INSERT INTO copies SELECT filename, start_lsn FROM output.wal b WHERE filename = `+session.Quote(p.B)+" AND "+between+`
			AND EXISTS (FROM output.wal a WHERE a.filename = `+session.Quote(p.A)+` AND a.start_lsn = b.start_lsn AND a.prev_lsn = b.prev_lsn)`)
	}
	statements = append(statements,
		"DELETE FROM output.wal USING copies WHERE wal.filename = copies.filename AND wal.start_lsn = copies.start_lsn",
		"CREATE OR REPLACE VIEW wal_blocks AS SELECT "+blockColumns+" FROM "+blocks+`, filename := true) AS blocks
			WHERE NOT EXISTS (FROM copies WHERE copies.start_lsn = blocks.start_lsn::UBIGINT AND copies.filename = blocks.filename)`)
	for _, statement := range statements {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}
