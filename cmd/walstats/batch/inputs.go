package batch

import (
	"context"

	"walstats/cmd/walstats/session"
)

const inputsTable = "_walstats_inputs"

// inputsColumns has the columns of the table of inputs: the name of the table that
// holds the input, and the fields of [Entry].
const inputsColumns = `table_name VARCHAR, path VARCHAR, size BIGINT, mtime TIMESTAMPTZ, checksum VARCHAR,
	rows BIGINT, rejects BIGINT, first_lsn UBIGINT, last_lsn UBIGINT, last_offset BIGINT, tail_rejects BIGINT,
	waiting BOOLEAN, last_is_out BOOLEAN, converted_at TIMESTAMPTZ, version VARCHAR, settings VARCHAR`

func (d *database) entries() (map[string]Entry, error) {
	ctx := context.Background()
	known := map[string]Entry{}
	if there, err := d.has(ctx, inputsTable); err != nil || !there || d.replace {
		return known, err
	}
	rows, err := d.conn.QueryContext(ctx, "SELECT * EXCLUDE table_name FROM "+inputsTable+" WHERE table_name = ?", d.o.Table)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var e Entry
		if err := rows.Scan(&e.Path, &e.Size, &e.Time, &e.Checksum, &e.Records, &e.Rejects, &e.FirstLSN, &e.LastLSN, &e.LastBegin,
			&e.TailRejects, &e.Waiting, &e.LastIsOut, &e.Converted, &e.Version, &e.Settings); err != nil {
			return nil, err
		}
		known[e.Path] = e
	}
	return known, rows.Err()
}

// write stores entries and replaces those of the same inputs.
func (d *database) write(ctx context.Context, entries []Entry) error {
	insert, err := d.conn.PrepareContext(ctx, "INSERT INTO "+inputsTable+" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
	if err != nil {
		return err
	}
	defer insert.Close()
	if err := d.exec(ctx, "DELETE FROM "+inputsTable+" WHERE size >= 0 AND table_name = "+session.Quote(d.o.Table)+" AND path IN "+tuple(paths(entries))); err != nil {
		return err
	}
	for _, e := range entries {
		if _, err := insert.ExecContext(ctx, d.o.Table, e.Path, e.Size, e.Time, e.Checksum, e.Records, e.Rejects, e.FirstLSN, e.LastLSN, e.LastBegin,
			e.TailRejects, e.Waiting, e.LastIsOut, e.Converted, e.Version, e.Settings); err != nil {
			return err
		}
	}
	return nil
}

func (d *database) touch(ctx context.Context, entries []Entry) error {
	if len(entries) == 0 {
		return nil
	}
	return d.transaction(ctx, func() error { return d.write(ctx, entries) })
}

// upgrade changes the table of an older walstats. Its checksums were those of parts of
// the inputs, so they match no checksum of today.
func (d *database) upgrade(ctx context.Context) error {
	var old bool
	if err := d.conn.QueryRowContext(ctx, "SELECT count(*) > 0 FROM duckdb_columns() WHERE database_name = current_database() AND table_name = ? AND column_name = 'head_checksum'", inputsTable).Scan(&old); err != nil || !old {
		return err
	}
	return d.execAll(ctx, []string{
		"ALTER TABLE " + inputsTable + " DROP COLUMN tail_checksum",
		"ALTER TABLE " + inputsTable + " RENAME COLUMN head_checksum TO checksum",
	})
}
