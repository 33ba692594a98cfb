package report

import (
	"fmt"
	"time"

	"walstats/record"
)

// maxRecovery is how many points to recover to a report lists.
const maxRecovery = 20

// A RecoveryPoint is a place just before which a recovery may have to stop: see the view
// wal_recovery_points.
type RecoveryPoint struct {
	Kind     string     `json:"kind"`   // drop table, truncate, delete, restore point, ...
	Target   string     `json:"target"` // a relation, a database or a name
	Files    int64      `json:"files,omitempty"`
	Rows     int64      `json:"rows,omitempty"`  // of a delete or an update
	Share    float64    `json:"share,omitempty"` // of all rows that the WAL changes in the table
	XID      uint32     `json:"xid"`
	LSN      record.LSN `json:"stop_lsn"`
	Time     *time.Time `json:"xact_time"`
	Settings string     `json:"settings"` // lines of postgresql.conf
}

// recovery reads the points to recover to, the last ones.
func (g gatherer) recovery() (err error) {
	f := g.facts
	f.Recovery, err = list(g.ctx, g.db, fmt.Sprintf(`SELECT kind, coalesce(target, ''), coalesce(files, 0), coalesce(rows, 0), coalesce(share, 0), coalesce(xid, 0), stop_lsn, xact_time, settings, count(*) OVER ()
		FROM wal_recovery_points ORDER BY stop_lsn DESC, kind, target LIMIT %d`, maxRecovery),
		func(p *RecoveryPoint) []any {
			return []any{&p.Kind, &p.Target, &p.Files, &p.Rows, &p.Share, &p.XID, &p.LSN, &p.Time, &p.Settings, &f.RecoveryCount}
		})
	for i := range f.Recovery {
		f.Recovery[i].Target, f.Recovery[i].Settings = clipped(f.Recovery[i].Target), clipped(f.Recovery[i].Settings)
	}
	return err
}
