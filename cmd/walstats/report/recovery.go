package report

import (
	"fmt"
	"time"

	"walstats/record"
)

// maxRecovery is how many points to recover to a report lists.
const maxRecovery = 20

// A RecoveryPoint is a place just before which a recovery may have to stop: a transaction
// dropped something there.
type RecoveryPoint struct {
	Action string     `json:"action"` // drop, drop database or drop tablespace
	Target string     `json:"target"` // a table, if one is among what was dropped
	Files  int64      `json:"files"`  // how many were dropped with it, itself included
	XID    uint32     `json:"xid"`
	LSN    record.LSN `json:"recovery_target_lsn"` // of the record; recovery_target_inclusive is false
	Time   *time.Time `json:"xact_time"`
}

// recovery reads what was dropped. A file that is cut is not listed: VACUUM does that.
func (g gatherer) recovery() (err error) {
	f := g.facts
	const dropped = `SELECT action, start_lsn, xid, any_value(xact_time) AS xact_time, count(*) AS files,
			arg_min(relation, (kind IS DISTINCT FROM 'table', relfilenode)) AS target
		FROM wal_ddl WHERE starts_with(action, 'drop') AND outcome IS DISTINCT FROM 'aborted' GROUP BY action, start_lsn, xid`
	if err := g.row("SELECT count(*) FROM ("+dropped+")", &f.RecoveryCount); err != nil {
		return err
	}
	f.Recovery, err = list(g.ctx, g.db, fmt.Sprintf("SELECT action, target, files, xid, start_lsn, xact_time FROM (%s) ORDER BY start_lsn DESC LIMIT %d", dropped, maxRecovery),
		func(p *RecoveryPoint) []any { return []any{&p.Action, &p.Target, &p.Files, &p.XID, &p.LSN, &p.Time} })
	for i := range f.Recovery {
		f.Recovery[i].Target = clipped(f.Recovery[i].Target)
	}
	return err
}
