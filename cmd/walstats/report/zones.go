package report

import (
	"database/sql"
	"fmt"

	"walstats/cmd/walstats/inspect"
	"walstats/cmd/walstats/zone"
)

// A Zone is one that commits and rollbacks of a dump are printed in.
type Zone struct {
	Name   string `json:"zone"`
	Times  int64  `json:"times"`
	ReadAs string `json:"read_as,omitempty"` // such as UTC-08:00, of an abbreviation
	Unread int64  `json:"unread"`            // of Times: the zone is not known
}

// maxZones is how many zones a report knows.
const maxZones = 10

// zones reads which zones the times of dumps are printed in. WAL has none.
func (g gatherer) zones() (err error) {
	f := g.facts
	f.Zones = []Zone{}
	if g.source.WAL {
		return nil
	}
	type read struct {
		Zone
		minutes sql.NullInt64
	}
	all, err := list(g.ctx, g.db, fmt.Sprintf(`SELECT trim(zone), count(*), count(*) - count(xact_time), any_value((epoch(printed) - epoch(xact_time)) // 60)::BIGINT
		FROM (SELECT split_part(split_part(description[27:], ';', 1), ' gid = ', 1) AS zone, xact_time, try_cast(description[:26] AS TIMESTAMP) AS printed
			FROM wal WHERE resource_manager = 'Transaction' AND record_type IN ('COMMIT', 'ABORT', 'commit', 'abort'))
		WHERE printed IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT %d`, maxZones),
		func(r *read) []any { return []any{&r.Name, &r.Times, &r.Unread, &r.minutes} })
	for _, r := range all {
		if r.minutes.Valid && !zone.SaysItself(r.Name) {
			r.ReadAs = zone.Offset(r.minutes.Int64)
		}
		r.Name = clipped(r.Name)
		f.Zones = append(f.Zones, r.Zone)
	}
	return err
}

// cut counts the records whose lines were cut before their block references, and finds
// the width.
func (g gatherer) cut() error {
	f := g.facts
	if g.source.WAL {
		return nil
	}
	if err := g.row("SELECT count(*) FROM wal WHERE fpi_length > 0 AND block_ref IS NULL AND record_type < 'a'", &f.CutRecords); err != nil || f.CutRecords == 0 {
		return err
	}
	for _, path := range g.source.Dumps {
		width, err := inspect.CutWidth(g.ctx, g.db, path)
		if err != nil {
			return err
		}
		f.CutWidth = max(f.CutWidth, width)
	}
	return nil
}

// times says what is to be known of the zones that times were read in.
func times(f *Facts) Sentence {
	for _, z := range f.Zones {
		if z.Unread > 0 {
			text := "One commit or rollback has no time: "
			if z.Unread > 1 {
				text = count(z.Unread) + " commits and rollbacks have no time: "
			}
			return Sentence{{text, false}, {zone.Choice(z.Name), true}, {".", false}}
		}
		if text := zone.ReadAs(z.Name, z.ReadAs); text != "" {
			return Sentence{{"The zone ", false}, {text, true}, {".", false}}
		}
	}
	return nil
}

// cutLines says that lines were cut.
func cutLines(f *Facts) Sentence {
	if f.CutRecords == 0 {
		return nil
	}
	return say(fmt.Sprintf("%s an image and no block reference, so the relation is not known: %s.",
		plural(f.CutRecords, "record")+map[bool]string{true: " has", false: " have"}[f.CutRecords == 1], inspect.CutBy(f.CutWidth)))
}
