package report

import "fmt"

// maxParts is how many of a table's relations a report lists.
const maxParts = 12

// A Table is what a table, its partitions, indexes and TOAST add up to. Name is "" for
// the records without a relation. Where names are not known each relation is one.
type Table struct {
	Name       string     `json:"table"`
	Database   string     `json:"database,omitempty"`
	Share      float64    `json:"share"` // of all bytes
	Files      int64      `json:"files"` // how many relation files that is
	IndexBytes int64      `json:"index_bytes"`
	ToastBytes int64      `json:"toast_bytes"`
	Parts      []Relation `json:"parts"` // those that make the most WAL, if they are several
	Sums
}

// tables reads the tables, and for the largest of them what they consist of.
func (g gatherer) tables() (err error) {
	f := g.facts
	if err := g.row("SELECT count(*) FROM wal_by_table WHERE table_name IS NOT NULL", &f.TableCount); err != nil {
		return err
	}
	f.Tables, err = list(g.ctx, g.db, fmt.Sprintf("SELECT coalesce(table_name, ''), coalesce(database, ''), share, files, index_bytes, toast_bytes, "+sumColumns+` FROM wal_by_table
		ORDER BY bytes DESC, records DESC, table_name, database LIMIT %d`, maxRelations),
		func(t *Table) []any {
			return append([]any{&t.Name, &t.Database, &t.Share, &t.Files, &t.IndexBytes, &t.ToastBytes}, t.fields()...)
		})
	if err != nil {
		return err
	}
	type part struct {
		table, database string
		Relation
	}
	parts, err := list(g.ctx, g.db, fmt.Sprintf(`WITH largest AS (
			SELECT table_name AS owner, coalesce(database, '') AS place FROM wal_by_table WHERE files > 1 ORDER BY bytes DESC, records DESC, table_name, database LIMIT %d),
		files AS (
			SELECT *, coalesce(partition_of, table_name, relation) AS owner, coalesce(database, '') AS place FROM wal_by_relation)
		SELECT owner, place, `+relationColumns+", share, "+sumColumns+` FROM files SEMI JOIN largest USING (owner, place)
		QUALIFY row_number() OVER (PARTITION BY owner, place ORDER BY bytes DESC, relation, relfilenode) <= %d ORDER BY bytes DESC, relation, relfilenode`, maxRelations, maxParts),
		func(p *part) []any {
			return append(append(append([]any{&p.table, &p.database}, p.names()...), &p.Share), p.fields()...)
		})
	for i := range f.Tables {
		t := &f.Tables[i]
		t.Parts = []Relation{}
		for _, p := range parts {
			if t.Files > 1 && p.table == t.Name && p.database == t.Database {
				p.clip()
				t.Parts = append(t.Parts, p.Relation)
			}
		}
		t.Name, t.Database = clipped(t.Name), clipped(t.Database)
	}
	return err
}
