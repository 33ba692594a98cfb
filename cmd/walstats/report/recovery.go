package report

import (
	"fmt"
	"time"

	"walstats/record"
)

// maxRecovery is how many points to recover to a report lists.
const maxRecovery = 20

// A RecoveryPoint is a place just before which a recovery may have to stop: something was
// dropped or cut there.
type RecoveryPoint struct {
	Action string     `json:"action"` // drop, truncate, drop database, drop tablespace
	Target string     `json:"target"`
	Kind   string     `json:"kind,omitempty"`
	XID    uint32     `json:"xid"`
	LSN    record.LSN `json:"recovery_target_lsn"` // of the record; recovery_target_inclusive is false
	Time   *time.Time `json:"xact_time"`
}

// recovery reads what was dropped and cut.
func (g gatherer) recovery() (err error) {
	f := g.facts
	const from = `FROM wal_ddl WHERE (starts_with(action, 'drop') OR action = 'truncate') AND outcome IS DISTINCT FROM 'aborted'
		AND coalesce(relfork, 'main') = 'main'`
	if err := g.row("SELECT count(*) "+from, &f.RecoveryCount); err != nil {
		return err
	}
	f.Recovery, err = list(g.ctx, g.db, fmt.Sprintf(`SELECT action, relation, coalesce(kind, ''), xid, start_lsn, xact_time %s
		ORDER BY start_lsn DESC, relation LIMIT %d`, from, maxRecovery),
		func(p *RecoveryPoint) []any { return []any{&p.Action, &p.Target, &p.Kind, &p.XID, &p.LSN, &p.Time} })
	for i := range f.Recovery {
		p := &f.Recovery[i]
		p.Target, p.Kind = clipped(p.Target), clipped(p.Kind)
	}
	return err
}
