package report

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"
	"time"
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

// Gather reads the facts from a database that [Open] has opened.
func Gather(ctx context.Context, db *sql.DB, version string) (*Facts, error) {
	f := &Facts{Version: version}
	g := gatherer{ctx, db, f}
	for _, step := range []func() error{
		g.prepare, g.inputs, g.span, g.managers, g.relations, g.images, g.overTime,
		g.checkpoints, g.sinceCheckpoint, g.transactions, g.hotBlocks, g.gaps,
	} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	f.Findings = findings(f)
	return f, nil
}

type gatherer struct {
	ctx   context.Context
	db    *sql.DB
	facts *Facts
}

// prepare puts tables in the place of views that others of the views are made from,
// so that the WAL is read once for all of them.
func (g gatherer) prepare() error {
	for _, view := range []string{"wal_by_relation_and_type", "wal_checkpoints"} {
		for _, statement := range []string{
			"CREATE TABLE made AS FROM " + view, "DROP VIEW " + view, "ALTER TABLE made RENAME TO " + view,
		} {
			if _, err := g.db.ExecContext(g.ctx, statement); err != nil {
				return err
			}
		}
	}
	return nil
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
		r.Input, r.Text, r.Error = clipped(r.Input), clipped(r.Text), clipped(r.Error)
	}
	return lines, n, err
}

func (g gatherer) span() error {
	f := g.facts
	var first, last sql.Null[uint64]
	err := g.row("SELECT min(lsn(start_lsn)), max(lsn(start_lsn)), min(xact_time), max(xact_time) FROM wal", &first, &last, &f.FirstTime, &f.LastTime)
	f.FirstLSN, f.LastLSN = LSN(first.V), LSN(last.V)
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
		ORDER BY bytes DESC, records DESC, relation LIMIT %d`, maxRelations),
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

// overTime reads the WAL in steps: of time, where there are at least two moments, else
// of LSNs.
func (g gatherer) overTime() error {
	f := g.facts
	o := &f.Over
	o.Axis, o.Layers, o.Steps = "lsn", []string{}, []Step{}
	if f.Records == 0 {
		return nil
	}
	layers := min(len(f.Managers), maxLayers)
	if len(f.Managers) == maxLayers+1 {
		layers++
	}
	for _, m := range f.Managers[:layers] {
		o.Layers = append(o.Layers, m.Name)
	}
	if layers < len(f.Managers) {
		o.Layers = append(o.Layers, "other")
	}
	var from string
	if f.FirstTime != nil && f.LastTime.After(*f.FirstTime) {
		o.Axis = "time"
		o.Step = niceSeconds(f.LastTime.Sub(*f.FirstTime).Seconds() / (maxSteps - 1))
		o.first = math.Floor(float64(f.FirstTime.UnixMicro())/1e6/o.Step) * o.Step
		from = fmt.Sprintf("SELECT *, (epoch_us(start_time) / 1e6 - %f) / %f AS step FROM wal_over_time(%f)", o.first, o.Step, o.Step)
	} else {
		o.Step = niceBytes(float64(f.LastLSN-f.FirstLSN) / (maxSteps - 1))
		o.first = math.Floor(float64(f.FirstLSN)/o.Step) * o.Step
		from = fmt.Sprintf(`SELECT lsn(start_lsn) // %.0f - %.0f AS step, resource_manager, count(*) AS records, sum(record_length) AS bytes, sum(fpi_length) AS fpi_bytes,
			sum(_wal_images(fpi_length, block_ref)) AS images, count(*) FILTER (resource_manager = 'Transaction' AND record_type ILIKE 'commit%%') AS commits,
			count(*) FILTER (resource_manager = 'Transaction' AND record_type ILIKE 'abort%%') AS aborts, min(lsn(start_lsn)) AS first_lsn
			FROM wal GROUP BY 1, 2`, o.Step, o.first/o.Step)
	}
	type part struct {
		step            int64
		manager         string
		first           LSN
		commits, aborts int64
		Sums
	}
	parts, err := list(g.ctx, g.db, `SELECT round(step)::BIGINT, resource_manager, first_lsn, commits::BIGINT, aborts::BIGINT,
		records::BIGINT, bytes::BIGINT, fpi_bytes::BIGINT, images::BIGINT FROM (`+from+") ORDER BY ALL",
		func(p *part) []any {
			return append([]any{&p.step, &p.manager, &p.first, &p.commits, &p.aborts}, p.fields()...)
		})
	if err != nil || len(parts) == 0 {
		return err
	}
	o.Steps = make([]Step, parts[len(parts)-1].step+1)
	for i := range o.Steps {
		o.Steps[i].Layers = make([]int64, len(o.Layers))
		if o.Axis == "time" {
			t := time.UnixMicro(int64(math.Round((o.first + float64(i)*o.Step) * 1e6))).UTC()
			o.Steps[i].Time = &t
		}
	}
	for _, p := range parts {
		s := &o.Steps[p.step]
		layer := slices.Index(o.Layers[:layers], clipped(p.manager))
		if layer < 0 {
			layer = layers
		}
		s.Layers[layer] += p.Bytes
		if s.LSN == 0 || p.first < s.LSN {
			s.LSN = p.first
		}
		s.add(p.Sums)
		s.Commits += p.commits
		s.Aborts += p.aborts
		o.Commits += p.commits
		o.Aborts += p.aborts
	}
	return nil
}

func (s *Sums) add(t Sums) {
	s.Records += t.Records
	s.Bytes += t.Bytes
	s.FPIBytes += t.FPIBytes
	s.Images += t.Images
}

func (g gatherer) checkpoints() (err error) {
	f := g.facts
	if err := g.row("SELECT count(*) FROM wal_checkpoints", &f.CheckpointCount); err != nil {
		return err
	}
	f.Checkpoints, err = list(g.ctx, g.db, fmt.Sprintf(`SELECT start_lsn, redo_lsn, type, coalesce(distance, 0), xact_time FROM wal_checkpoints
		ORDER BY start_lsn LIMIT %d`, maxCheckpoints),
		func(c *Checkpoint) []any { return []any{&c.LSN, &c.Redo, &c.Type, &c.Distance, &c.Time} })
	return err
}

func (g gatherer) sinceCheckpoint() error {
	s := &g.facts.SinceCheckpoint
	s.Steps = []Sums{}
	if g.facts.FPIBytes == 0 {
		return nil
	}
	if _, err := g.db.ExecContext(g.ctx, "CREATE TABLE since AS SELECT mib_after, sum(records)::BIGINT AS records, sum(bytes)::BIGINT AS bytes, "+
		"sum(fpi_bytes)::BIGINT AS fpi_bytes, sum(images)::BIGINT AS images FROM wal_fpi_since_checkpoint WHERE redo_lsn IS NOT NULL GROUP BY 1"); err != nil {
		return err
	}
	var last sql.Null[int64]
	if err := g.row("SELECT max(mib_after) FROM since", &last); err != nil || !last.Valid {
		return err
	}
	if err := g.row(`SELECT coalesce(min(mib_after) + 1, 0) FROM (
		SELECT mib_after, sum(fpi_bytes) OVER (ORDER BY mib_after) AS until, sum(fpi_bytes) OVER () AS whole FROM since)
		WHERE until * 2 >= whole AND whole > 0`, &s.Half); err != nil {
		return err
	}
	s.StepMiB = int64(niceCount(float64(last.V+1) / 60))
	type part struct {
		step int64
		Sums
	}
	parts, err := list(g.ctx, g.db, fmt.Sprintf(`SELECT mib_after // %d, sum(records)::BIGINT, sum(bytes)::BIGINT, sum(fpi_bytes)::BIGINT, sum(images)::BIGINT
		FROM since GROUP BY 1`, s.StepMiB), func(p *part) []any { return append([]any{&p.step}, p.fields()...) })
	if err != nil {
		return err
	}
	s.Steps = make([]Sums, last.V/s.StepMiB+1)
	for _, p := range parts {
		s.Steps[p.step].add(p.Sums)
	}
	return nil
}

func (g gatherer) transactions() error {
	f := g.facts
	f.Transactions, f.TransactionStatus = []Transaction{}, []TransactionStatus{}
	type found struct {
		of TransactionStatus
		Transaction
	}
	// One pass for both: the largest of each status.
	all, err := list(g.ctx, g.db, fmt.Sprintf(`SELECT status, n, whole, t.xid, t.first_lsn, t.last_lsn, t.xact_time, t.subtransactions, t.records, t.bytes, t.fpi_bytes
		FROM (SELECT status, count(*) AS n, sum(bytes)::BIGINT AS whole, unnest(max_by(wal_transactions, bytes, %d)) AS t FROM wal_transactions GROUP BY status)
		ORDER BY n DESC, status, t.bytes DESC, t.xid`, maxTransactions),
		func(t *found) []any {
			return []any{&t.of.Status, &t.of.Count, &t.of.Bytes, &t.XID, &t.First, &t.Last, &t.Time, &t.Subtransactions,
				&t.Records, &t.Bytes, &t.FPIBytes}
		})
	if err != nil {
		return err
	}
	for _, t := range all {
		if n := len(f.TransactionStatus); n == 0 || f.TransactionStatus[n-1] != t.of {
			f.TransactionStatus = append(f.TransactionStatus, t.of)
		}
		t.Status = t.of.Status
		f.Transactions = append(f.Transactions, t.Transaction)
	}
	slices.SortStableFunc(f.Transactions, func(a, b Transaction) int { return int(b.Bytes - a.Bytes) })
	f.Transactions = f.Transactions[:min(len(f.Transactions), maxTransactions)]
	return nil
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
