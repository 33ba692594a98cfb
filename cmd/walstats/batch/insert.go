package batch

import (
	"context"

	"walstats/cmd/walstats/session"
)

// insert writes the rows of a group. All inputs that are read from their beginning are
// written by one statement, and each continued input by one of its own.
func (d *database) insert(ctx context.Context, group []task) (rows int64, err error) {
	var whole []task
	var parts [][]task
	for i := range group {
		if group[i].how == continued {
			parts = append(parts, group[i:i+1])
		} else {
			whole = append(whole, group[i])
		}
	}
	if len(whole) > 0 {
		parts = append(parts, whole)
	}
	for _, part := range parts {
		n, err := d.insertPart(ctx, part)
		if err != nil {
			return 0, err
		}
		rows += n
	}
	return rows, nil
}

func (d *database) insertPart(ctx context.Context, part []task) (rows int64, err error) {
	source := d.o.from("read_waldump", part)
	records := d.o.records(source)
	blocks := ""
	switch {
	case !d.o.Blocks:
	case part[0].Pipe: // it can be read only once
		if err := d.exec(ctx, "CREATE OR REPLACE TEMP TABLE _walstats_pipe AS FROM "+source); err != nil {
			return 0, err
		}
		defer d.exec(context.WithoutCancel(ctx), "DROP TABLE IF EXISTS _walstats_pipe")
		records, blocks = d.o.records("_walstats_pipe"), d.o.blocksOf("_walstats_pipe")
	case d.o.Where != "":
		blocks = d.o.blocksOf(source)
	default:
		blocks = d.o.blocks(part)
	}
	result, err := d.conn.ExecContext(ctx, "INSERT INTO "+session.QuoteName(d.o.Table)+" BY NAME "+records)
	if err != nil {
		return 0, err
	}
	if rows, err = result.RowsAffected(); err != nil || blocks == "" {
		return rows, err
	}
	return rows, d.exec(ctx, "INSERT INTO "+session.QuoteName(d.blockTable())+" BY NAME "+blocks)
}

// note writes the entries and the rejects of a group that was inserted.
func (d *database) note(ctx context.Context, group []task, rows int64) (entries []Entry, err error) {
	written := map[string]int64{}
	if d.o.Where != "" {
		if written, err = d.count(ctx, group); err != nil {
			return nil, err
		}
	}
	for i := range group {
		t := &group[i]
		e, err := d.o.entry(t, d.watch.tallies[t.Path])
		if err != nil {
			return nil, err
		}
		switch {
		case t.Pipe: // the only input of its group
			e.Records = rows
		case d.o.Where != "":
			e.Records = written[t.Path]
		case t.how == continued:
			e.Records += t.before.Records
		}
		if e.Waiting && t.growing {
			if err := d.dropLast(ctx, t, &e); err != nil && err != errNotOne {
				return nil, err
			}
		}
		if err := keepRejects(ctx, d.conn, d.o, t, &e, d.rejects); err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
	return entries, d.write(ctx, entries)
}

// count returns how many rows of the inputs are in the table.
func (d *database) count(ctx context.Context, group []task) (map[string]int64, error) {
	rows, err := d.conn.QueryContext(ctx, "SELECT filename, count(*) FROM "+session.QuoteName(d.o.Table)+" WHERE filename IN "+tuple(pathsOf(group))+" GROUP BY ALL")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	counts := map[string]int64{}
	for rows.Next() {
		var path string
		var n int64
		if err := rows.Scan(&path, &n); err != nil {
			return nil, err
		}
		counts[path] = n
	}
	return counts, rows.Err()
}
