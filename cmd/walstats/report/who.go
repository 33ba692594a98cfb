package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"walstats/record"
)

// A Change is what a transaction did to a relation, in rows. A copy writes several rows
// with one record, which does not have to tell how many; Copies are such records.
type Change struct {
	Relation   string `json:"relation"`
	Inserted   int64  `json:"inserted"`
	Copies     int64  `json:"copies"`
	Updated    int64  `json:"updated"`
	HOTUpdated int64  `json:"hot_updated"`
	Deleted    int64  `json:"deleted"`
}

// Verbs says what was done: 1,203 deleted, 20 updated (4 HOT).
func (c Change) Verbs() string {
	var parts []string
	for _, p := range []struct {
		rows int64
		verb string
	}{{c.Inserted, "inserted"}, {c.Updated, "updated"}, {c.Deleted, "deleted"}} {
		switch {
		case p.rows == 0:
		case p.verb == "updated" && c.HOTUpdated > 0:
			parts = append(parts, fmt.Sprintf("%s updated (%s HOT)", count(p.rows), count(c.HOTUpdated)))
		default:
			parts = append(parts, count(p.rows)+" "+p.verb)
		}
	}
	if c.Copies > 0 {
		parts = append(parts, "rows copied by "+plural(c.Copies, "record"))
	}
	return strings.Join(parts, ", ")
}

// maxChanges is how many relations a transaction is said to have changed.
const maxChanges = 3

// changes reads what the largest transactions did, their subtransactions folded in.
func (g gatherer) changes() error {
	f := g.facts
	if len(f.Transactions) == 0 {
		return nil
	}
	var xids []string
	for _, t := range f.Transactions {
		xids = append(xids, fmt.Sprintf("(%d, %d, %d)", t.XID, uint64(t.First), uint64(t.Last)))
	}
	type change struct {
		xid   uint32
		first record.LSN
		Change
	}
	all, err := list(g.ctx, g.db, `WITH largest(top_xid, first_lsn, last_lsn) AS (VALUES `+strings.Join(xids, ", ")+`),
		parts AS MATERIALIZED (
			SELECT top_xid::UINTEGER AS xid, top_xid, first_lsn, last_lsn FROM largest
			UNION SELECT sub.xid, top_xid, first_lsn, last_lsn FROM wal_subtransactions sub JOIN largest USING (top_xid)),
		changes AS (
			SELECT parts.top_xid, parts.first_lsn, reltablespace, reldatabase, relfilenode,
				sum(CASE WHEN record_type ILIKE 'INSERT%' THEN records ELSE 0 END)::BIGINT AS inserted, sum(CASE WHEN record_type ILIKE 'MULTI_INSERT%' THEN records ELSE 0 END)::BIGINT AS copies,
				sum(CASE WHEN record_type ILIKE '%UPDATE%' THEN records ELSE 0 END)::BIGINT AS updated, sum(CASE WHEN record_type ILIKE 'HOT_UPDATE%' THEN records ELSE 0 END)::BIGINT AS hot,
				sum(CASE WHEN record_type ILIKE 'DELETE%' THEN records ELSE 0 END)::BIGINT AS deleted
			FROM _wal_xid_changes wal JOIN parts ON wal.xid = parts.xid AND start_lsn BETWEEN first_lsn AND last_lsn
			WHERE starts_with(resource_manager, 'Heap') AND relfilenode IS NOT NULL
				AND (record_type ILIKE '%INSERT%' OR record_type ILIKE '%UPDATE%' OR record_type ILIKE 'DELETE%')
			GROUP BY ALL)
		SELECT top_xid, first_lsn, coalesce(relation, reltablespace || '/' || reldatabase || '/' || relfilenode) AS said, inserted, copies, updated, hot, deleted
		FROM changes LEFT JOIN wal_relations USING (reltablespace, reldatabase, relfilenode)
		ORDER BY inserted + copies + updated + deleted DESC, inserted, copies, updated, said, relfilenode`,
		func(c *change) []any {
			return []any{&c.xid, &c.first, &c.Relation, &c.Inserted, &c.Copies, &c.Updated, &c.HOTUpdated, &c.Deleted}
		})
	for i := range f.Transactions {
		t := &f.Transactions[i]
		for _, c := range all {
			if c.xid == t.XID && c.first == t.First && len(t.Changes) < maxChanges {
				c.Relation = clipped(c.Relation)
				t.Changes = append(t.Changes, c.Change)
			}
		}
	}
	return err
}

// peak reads which table makes the most of the busiest step.
func (g gatherer) peak() error {
	o := &g.facts.Over
	i := o.busiest()
	if i < 0 || o.Steps[i].LSN == 0 {
		return nil
	}
	begin, end := o.Steps[i].LSN, g.facts.LastLSN+1
	for _, s := range o.Steps[i+1:] {
		if s.LSN != 0 {
			end = s.LSN
			break
		}
	}
	tables, err := list(g.ctx, g.db, fmt.Sprintf(`SELECT coalesce(partition_of, table_name, relation, reltablespace || '/' || reldatabase || '/' || relfilenode, '') AS owner, sum(bytes)::BIGINT, (sum(sum(bytes)) OVER ())::BIGINT
		FROM _wal_sums LEFT JOIN wal_relations USING (reltablespace, reldatabase, relfilenode) WHERE start_lsn >= %d AND start_lsn < %d
		GROUP BY ALL ORDER BY 2 DESC, owner LIMIT 1`, uint64(begin), uint64(end)),
		func(p *Peak) []any { return []any{&p.Table, &p.Bytes, &p.Whole} })
	if err != nil || len(tables) == 0 || tables[0].Table == "" {
		return err
	}
	o.Peak = &tables[0]
	o.Peak.Table = clipped(o.Peak.Table)
	return nil
}

// A Peak is the table that makes the most of the busiest step, with its indexes and TOAST.
type Peak struct {
	Table string `json:"table"`
	Bytes int64  `json:"bytes"`
	Whole int64  `json:"all_bytes"` // of the records that begin in the step
}

// busiest returns the step with the most bytes; -1 where steps are few or not of time.
func (o *Over) busiest() int {
	if len(o.Steps) < 4 || o.Axis != "time" {
		return -1
	}
	most := slices.MaxFunc(o.Steps, func(a, b Step) int { return cmp.Compare(a.Bytes, b.Bytes) })
	return slices.IndexFunc(o.Steps, func(s Step) bool { return s.Bytes == most.Bytes })
}
