package dump

import (
	"walstats/cmd/walstats/stats"
	"walstats/rmgr"
	"walstats/wal"
)

// counts add up records as pg_waldump --stats does (XLogRecStoreStats in
// src/backend/access/transam/xlogstats.c).
type counts struct {
	all [256][16]count // by manager and record type
	end wal.LSN        // of the last record; 0: there was none
}

// A count is of the records of one type.
type count struct {
	records, length, images uint64
}

func (c *counts) add(id rmgr.ID, info byte, length, images uint32) {
	n := &c.all[id][info>>4]
	n.records++
	n.length += uint64(length)
	n.images += uint64(images)
}

// merge adds the other's records, which follow.
func (c *counts) merge(other *counts) {
	for id := range c.all {
		for kind := range c.all[id] {
			n, m := &c.all[id][kind], &other.all[id][kind]
			n.records += m.records
			n.length += m.length
			n.images += m.images
		}
	}
	c.end = max(c.end, other.end)
}

// rows returns the rows of the version's table, in its order.
func (c *counts) rows(v rmgr.Version, perRecord bool) (rows []stats.Row) {
	for i := range 256 {
		id := rmgr.ID(i)
		name := v.Name(id)
		if name == "" {
			continue
		}
		kinds := c.all[id]
		if id == rmgr.Transaction && v > rmgr.V95 { // the highest bit is not of the type
			for kind := range kinds[8:] {
				kinds[kind].add(kinds[8+kind])
				kinds[8+kind] = count{}
			}
		}
		var sum count
		for kind, n := range kinds {
			if sum.add(n); perRecord && n.records > 0 {
				rows = append(rows, n.row(name+"/"+v.RecordType(id, byte(kind)<<4)))
			}
		}
		if !perRecord && (id < rmgr.FirstCustom || sum.records > 0) {
			rows = append(rows, sum.row(name))
		}
	}
	stats.Complete(rows)
	return rows
}

func (n *count) add(m count) {
	n.records += m.records
	n.length += m.length
	n.images += m.images
}

func (n *count) row(name string) stats.Row {
	return stats.Row{Name: name, Count: int64(n.records), RecordSize: int64(n.length - n.images), FPISize: int64(n.images)}
}
