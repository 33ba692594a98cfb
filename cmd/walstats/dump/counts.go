package dump

import (
	"walstats/cmd/walstats/stats"
	"walstats/rmgr"
	"walstats/wal"
)

// counts add up records as pg_waldump --stats does (XLogRecStoreStats in
// src/backend/access/transam/xlogstats.c).
type counts struct {
	all  [256][16]count // by manager and record type
	seen []uint16       // which of all are not zero, as manager<<4 | type
	end  wal.LSN        // of the last record; 0: there was none
}

// A count counts the records of one type.
type count struct {
	records, length, images uint64
}

func (c *counts) add(id rmgr.ID, info byte, length, images uint32) {
	n := &c.all[id][info>>4]
	if n.records == 0 {
		c.seen = append(c.seen, uint16(id)<<4|uint16(info>>4))
	}
	n.records++
	n.length += uint64(length)
	n.images += uint64(images)
}

// take moves the other's records, which follow, to c.
func (c *counts) take(other *counts) {
	for _, kind := range other.seen {
		n, m := &c.all[kind>>4][kind&15], &other.all[kind>>4][kind&15]
		if n.records == 0 {
			c.seen = append(c.seen, kind)
		}
		n.add(*m)
	}
	c.end = max(c.end, other.end)
	other.clear()
}

// clear forgets the records.
func (c *counts) clear() {
	for _, kind := range c.seen {
		c.all[kind>>4][kind&15] = count{}
	}
	c.seen, c.end = c.seen[:0], 0
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
