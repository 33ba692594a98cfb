package report

import "fmt"

// maxIndexed is how many tables with what their indexes cost a report lists.
const maxIndexed = 10

// An Indexed is what the indexes of a table wrote, and how many of its updates were HOT:
// those need no new entries in the indexes.
type Indexed struct {
	Table      string  `json:"table"`
	Database   string  `json:"database,omitempty"`
	Bytes      int64   `json:"index_bytes"` // of all its indexes
	Share      float64 `json:"index_share"` // of all WAL
	Largest    string  `json:"largest_index"`
	MostBytes  int64   `json:"largest_index_bytes"`
	Updates    int64   `json:"updates"`
	HOTUpdates int64   `json:"hot_updates"`
}

// NotHOT returns the number of updates that were not HOT.
func (x Indexed) NotHOT() int64 { return x.Updates - x.HOTUpdates }

// indexed reads the tables whose indexes make the most WAL, where they make 1 % of it or
// more, or where updates were not HOT.
func (g gatherer) indexed() (err error) {
	f := g.facts
	f.Indexed, err = list(g.ctx, g.db, fmt.Sprintf(`WITH files AS (
			SELECT coalesce(database, '') AS place, coalesce(partition_of, table_name, relation) AS owner, relation, kind, sum(bytes)::BIGINT AS file_bytes,
				sum(records) FILTER (resource_manager = 'Heap' AND record_type ILIKE 'UPDATE%%') AS plain,
				sum(records) FILTER (resource_manager = 'Heap' AND record_type ILIKE 'HOT_UPDATE%%') AS hot
			FROM wal_by_relation_and_type WHERE relation IS NOT NULL GROUP BY ALL)
		SELECT owner, place, coalesce(sum(file_bytes) FILTER (kind = 'index'), 0)::BIGINT AS index_bytes,
			coalesce(arg_max(relation, row(file_bytes, relation)) FILTER (kind = 'index'), ''), coalesce(max(file_bytes) FILTER (kind = 'index'), 0),
			coalesce(sum(plain), 0)::BIGINT + coalesce(sum(hot), 0)::BIGINT AS updates, coalesce(sum(hot), 0)::BIGINT AS hot_updates
		FROM files GROUP BY ALL HAVING index_bytes * 100 >= %d AND index_bytes > 0 OR updates - hot_updates >= 100
		ORDER BY index_bytes DESC, updates - hot_updates DESC, owner LIMIT %d`, f.Bytes, maxIndexed),
		func(x *Indexed) []any {
			return []any{&x.Table, &x.Database, &x.Bytes, &x.Largest, &x.MostBytes, &x.Updates, &x.HOTUpdates}
		})
	for i := range f.Indexed {
		x := &f.Indexed[i]
		x.Table, x.Database, x.Largest = clipped(x.Table), clipped(x.Database), clipped(x.Largest)
		x.Share = float64(x.Bytes) / float64(max(f.Bytes, 1))
	}
	return err
}

// largestIndex says which index makes the most WAL, if it is a tenth of it or more.
func largestIndex(f *Facts) Finding {
	var most *Indexed
	for i := range f.Indexed {
		if x := &f.Indexed[i]; most == nil || x.MostBytes > most.MostBytes {
			most = x
		}
	}
	if most == nil || most.MostBytes*10 < f.Bytes || most.Largest == "" {
		return Finding{}
	}
	return Finding{share(most.MostBytes, f.Bytes), say("is of the index @, the largest of the table @: "+size(most.MostBytes)+".", name(most.Largest), name(most.Table))}
}

// notHOT says where updates wrote new entries into indexes: of the table whose indexes make
// the most WAL, if a fifth of 100 updates or more were not HOT and the indexes make 5 %.
func notHOT(f *Facts) Finding {
	for _, x := range f.Indexed {
		if x.Updates < 100 || x.NotHOT()*5 < x.Updates || x.Share < .05 {
			continue
		}
		return Finding{percent(x.Share), say("is of the indexes of the table @: "+size(x.Bytes)+". "+share(x.NotHOT(), x.Updates)+" of its "+plural(x.Updates, "update")+
			" were not HOT, so each wrote to every index. Free space in the pages (fillfactor) makes more of them HOT, unless an indexed column changes.", name(x.Table))}
	}
	return Finding{}
}
