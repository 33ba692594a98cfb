package report

import (
	"context"
	"database/sql"
	"fmt"

	"walstats/record"

	"golang.org/x/sync/errgroup" // waits for queries, and stops the others when one fails
)

// list scans the rows of a query, each into a T's fields.
func list[T any](ctx context.Context, db *sql.DB, query string, fields func(*T) []any) ([]T, error) {
	all := []T{} // an empty list in JSON
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var t T
		if err := rows.Scan(fields(&t)...); err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return all, rows.Err()
}

func (s *Sums) fields() []any { return []any{&s.Records, &s.Bytes, &s.FPIBytes, &s.Images} }

const sumColumns = "records, bytes, fpi_bytes, images"

// Gather reads the facts from a database that [Open] has opened for the source.
func Gather(ctx context.Context, db *sql.DB, source Source, version string) (*Facts, error) {
	f := &Facts{Version: version}
	if err := prepare(ctx, db); err != nil {
		return nil, err
	}
	g := gatherer{ctx, db, source, f}
	if err := inTurn(g.span, g.managers); err != nil {
		return nil, err
	}
	// Each query has stretches that only one thread can do; the others fill them.
	var group *errgroup.Group
	group, g.ctx = errgroup.WithContext(ctx)
	all := [][]func() error{
		{g.relations, g.tables, g.indexed, g.images}, {g.overTime, g.peak}, {g.checkpoints, g.whatIf}, {g.compression},
		{g.gaps}, {g.inputs, g.zones, g.cut},
	}
	f.HotBlocks, f.Recovery = []HotBlock{}, []RecoveryPoint{}
	if source.Brief {
		all = append(all, []func() error{g.transactions})
	} else {
		all = append(all, []func() error{g.hotBlocks}, []func() error{g.recovery}, []func() error{g.transactions, g.changes})
	}
	for _, steps := range all {
		group.Go(func() error { return inTurn(steps...) })
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	f.setTimezone(source.location())
	f.Findings, f.Warnings = findings(f), warnings(f)
	return f, nil
}

// inTurn takes the steps, up to the first that fails.
func inTurn(steps ...func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

type gatherer struct {
	ctx    context.Context
	db     *sql.DB
	source Source
	facts  *Facts
}

// prepare puts tables in the place of views that others of the views are made from,
// so that the WAL is read once for all of them.
func prepare(ctx context.Context, db *sql.DB) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, views := range [][]string{
		{"wal_by_relation_and_type"}, {"_wal_span", "wal_known_times", "wal_checkpoints"}, {"_wal_written", "wal_transactions"},
	} {
		group.Go(func() error {
			for _, view := range views { // each is made from those before it
				made := "made_" + view
				if err := execAll(ctx, db, "CREATE TABLE "+made+" AS FROM "+view, "DROP VIEW "+view, "ALTER TABLE "+made+" RENAME TO "+view); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}

func (g gatherer) row(query string, fields ...any) error {
	return g.db.QueryRowContext(g.ctx, query).Scan(fields...)
}

// inputs reads what is known of the dumps: their names, and what was no record.
func (g gatherer) inputs() error {
	f := g.facts
	f.Inputs, f.Rejects, f.Messages = []string{}, []Reject{}, []Reject{}
	known, err := has(g.ctx, g.db, "inputs")
	if err != nil {
		return err
	}
	var names []string
	if known {
		if err := g.row("SELECT count(*), coalesce(sum(rejects), 0)::BIGINT FROM inputs", &f.InputCount, &f.RejectCount); err != nil {
			return err
		}
		names, err = list(g.ctx, g.db, fmt.Sprintf("SELECT path FROM inputs ORDER BY path LIMIT %d", maxInputs), func(s *string) []any { return []any{s} })
		if err != nil {
			return err
		}
	}
	for _, name := range names {
		f.Inputs = append(f.Inputs, clipped(name))
	}
	if known, err = has(g.ctx, g.db, "rejects"); err != nil || !known {
		return err
	}
	if f.Rejects, f.RejectCount, err = g.rejects("reject"); err != nil {
		return err
	}
	f.Messages, f.MessageCount, err = g.rejects("message")
	return err
}

func (g gatherer) rejects(kind string) (lines []Reject, n int64, err error) {
	if err := g.row("SELECT count(*) FROM rejects WHERE kind = '"+kind+"'", &n); err != nil || n == 0 {
		return []Reject{}, 0, err
	}
	lines, err = list(g.ctx, g.db, fmt.Sprintf(`SELECT filename, line_number, line, coalesce(error, '') FROM rejects WHERE kind = '%s'
		ORDER BY filename, byte_offset LIMIT %d`, kind, maxRejects),
		func(r *Reject) []any { return []any{&r.Input, &r.Line, &r.Text, &r.Error} })
	for i := range lines {
		r := &lines[i]
		r.Input, r.Text = clipped(r.Input), clipped(r.Text)
	}
	return lines, n, err
}

func (g gatherer) span() error {
	f := g.facts
	var first, last sql.Null[uint64]
	err := g.row("SELECT any_value(first_lsn), any_value(last_lsn), min(from_time), max(to_time) FROM _wal_span, wal_known_times", &first, &last, &f.FirstTime, &f.LastTime)
	f.FirstLSN, f.LastLSN = record.LSN(first.V), record.LSN(last.V)
	return err
}

func (g gatherer) managers() (err error) {
	f := g.facts
	f.Managers, err = list(g.ctx, g.db, `SELECT resource_manager, sum(records)::BIGINT, sum(bytes)::BIGINT, sum(fpi_bytes)::BIGINT, sum(images)::BIGINT
		FROM wal_by_record_type GROUP BY 1 ORDER BY 3 DESC, 1`,
		func(m *Manager) []any { return append([]any{&m.Name}, m.fields()...) })
	if err != nil {
		return err
	}
	for i := range f.Managers {
		m := &f.Managers[i]
		m.Name = clipped(m.Name)
		f.Records += m.Records
		f.Bytes += m.Bytes
		f.FPIBytes += m.FPIBytes
		f.Images += m.Images
	}
	f.Managers = f.Managers[:min(len(f.Managers), maxTypes)]
	if err := g.row("SELECT count(*) FROM wal_by_record_type", &f.RecordTypeCount); err != nil {
		return err
	}
	f.RecordTypes, err = list(g.ctx, g.db, fmt.Sprintf("SELECT resource_manager, record_type, "+sumColumns+` FROM wal_by_record_type
		ORDER BY bytes DESC, records DESC, 1, 2 LIMIT %d`, maxTypes),
		func(t *RecordType) []any { return append([]any{&t.Manager, &t.Type}, t.fields()...) })
	for i := range f.RecordTypes {
		t := &f.RecordTypes[i]
		t.Manager, t.Type = clipped(t.Manager), clipped(t.Type)
	}
	return err
}

const relationColumns = `coalesce(relation, ''), coalesce(reltablespace || '/' || reldatabase || '/' || relfilenode, ''),
	coalesce(kind, ''), coalesce(database, ''), coalesce(table_name, ''), coalesce(partition_of, '')`

func (r *Relation) names() []any {
	return []any{&r.Name, &r.File, &r.Kind, &r.Database, &r.Table, &r.PartitionOf}
}

func (r *Relation) clip() {
	for _, text := range []*string{&r.Name, &r.File, &r.Kind, &r.Database, &r.Table, &r.PartitionOf} {
		*text = clipped(*text)
	}
}

func (g gatherer) relations() (err error) {
	f := g.facts
	if err := g.row(`SELECT count(*) FILTER (relation IS NOT NULL), coalesce(bool_or(kind IS NOT NULL), false)
		FROM wal_by_relation`, &f.RelationCount, &f.NamesKnown); err != nil {
		return err
	}
	f.Relations, err = list(g.ctx, g.db, fmt.Sprintf("SELECT "+relationColumns+", share, "+sumColumns+` FROM wal_by_relation
		ORDER BY bytes DESC, records DESC, relation, database, relfilenode LIMIT %d`, maxRelations),
		func(r *Relation) []any { return append(append(r.names(), &r.Share), r.fields()...) })
	for i := range f.Relations {
		f.Relations[i].clip()
	}
	return err
}

func (g gatherer) images() error {
	f := g.facts
	most, err := list(g.ctx, g.db, "SELECT "+relationColumns+", bytes, fpi_bytes, images FROM wal_fpi_by_relation ORDER BY fpi_bytes DESC, relation LIMIT 1",
		func(r *Relation) []any { return append(r.names(), &r.Bytes, &r.FPIBytes, &r.Images) })
	if err != nil {
		return err
	}
	if len(most) > 0 {
		f.ImageRelation = &most[0]
		f.ImageRelation.clip()
	}
	return g.row(`SELECT coalesce(sum(first_touch_bytes), 0)::BIGINT, coalesce(sum(new_page_bytes), 0)::BIGINT, coalesce(sum(hint_bytes), 0)::BIGINT
		FROM wal_fpi_by_relation`, &f.ImageCauses.FirstTouch, &f.ImageCauses.NewPage, &f.ImageCauses.Hint)
}

func (g gatherer) transactions() (err error) {
	f := g.facts
	f.TransactionStatus, err = list(g.ctx, g.db, `SELECT status, sum(transactions)::BIGINT, sum(bytes)::BIGINT
		FROM (SELECT status, 1 AS transactions, bytes FROM wal_transactions UNION ALL FROM _wal_short_transactions) GROUP BY status ORDER BY 2 DESC, status`,
		func(t *TransactionStatus) []any { return []any{&t.Status, &t.Count, &t.Bytes} })
	if err != nil {
		return err
	}
	f.Transactions, err = list(g.ctx, g.db, fmt.Sprintf(`SELECT status, xid, first_lsn, last_lsn, xact_time, subtransactions, records, bytes, fpi_bytes
		FROM wal_transactions ORDER BY bytes DESC, xid LIMIT %d`, maxTransactions),
		func(t *Transaction) []any {
			return []any{&t.Status, &t.XID, &t.First, &t.Last, &t.Time, &t.Subtransactions, &t.Records, &t.Bytes, &t.FPIBytes}
		})
	return err
}

func (g gatherer) hotBlocks() (err error) {
	f := g.facts
	f.HotBlocks, err = list(g.ctx, g.db, fmt.Sprintf(`SELECT relation, coalesce(kind, ''), relfork, relblocknumber, records, images FROM wal_hot_blocks
		ORDER BY records DESC, relation, relfork, relblocknumber LIMIT %d`, maxBlocks),
		func(b *HotBlock) []any { return []any{&b.Relation, &b.Kind, &b.Fork, &b.Block, &b.Records, &b.Images} })
	for i := range f.HotBlocks {
		b := &f.HotBlocks[i]
		b.Relation, b.Kind = clipped(b.Relation), clipped(b.Kind)
	}
	return err
}

func (g gatherer) gaps() error {
	f := g.facts
	f.Gaps = []Gap{}
	if g.source.WAL { // where a record is missing, read_wal has said so
		var whole bool
		if err := g.row("SELECT count(*) = 0 FROM rejects", &whole); err != nil || whole {
			return err
		}
	}
	var bytes int64
	gaps, err := list(g.ctx, g.db, fmt.Sprintf(`SELECT last_lsn, next_lsn, bytes::BIGINT, coalesce(filename, ''), count(*) OVER (), (sum(bytes) OVER ())::BIGINT
		FROM wal_gaps ORDER BY next_lsn LIMIT %d`, maxGaps),
		func(gap *Gap) []any { return []any{&gap.Last, &gap.Next, &gap.Bytes, &gap.Input, &f.GapCount, &bytes} })
	for i := range gaps {
		gaps[i].Input = clipped(gaps[i].Input)
	}
	f.Gaps, f.GapBytes = gaps, bytes
	return err
}
