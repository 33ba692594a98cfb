package report

import (
	"database/sql"
	"fmt"
	"math"
	"slices"
	"time"

	"walstats/record"
)

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
	estimated := "false"
	if f.FirstTime != nil && f.LastTime.After(*f.FirstTime) {
		o.Axis = "time"
		o.Step = niceSeconds(f.LastTime.Sub(*f.FirstTime).Seconds() / (maxSteps - 1))
		o.first = math.Floor(float64(f.FirstTime.UnixMicro())/1e6/o.Step) * o.Step
		from = fmt.Sprintf("SELECT *, (epoch_us(start_time) / 1e6 - %f) / %f AS step FROM wal_over_time(%f)", o.first, o.Step, o.Step)
		estimated = "estimated"
	} else {
		o.Step = niceBytes(float64(f.LastLSN-f.FirstLSN) / (maxSteps - 1))
		o.first = math.Floor(float64(f.FirstLSN)/o.Step) * o.Step
		from = fmt.Sprintf(`SELECT lsn(start_lsn) // %.0f - %.0f AS step, resource_manager, count(*) AS records, sum(record_length) AS bytes, sum(fpi_length) AS fpi_bytes,
			sum(_wal_images(fpi_length, block_ref)) AS images, count(*) FILTER (resource_manager = 'Transaction' AND record_type ILIKE 'commit%%') AS commits,
			count(*) FILTER (resource_manager = 'Transaction' AND record_type ILIKE 'abort%%') AS aborts, min(lsn(start_lsn)) AS first_lsn
			FROM wal GROUP BY 1, 2`, o.Step, o.first/o.Step)
	}
	type part struct {
		step            sql.Null[int64]
		manager         string
		estimated       bool
		first           record.LSN
		commits, aborts int64
		Sums
	}
	parts, err := list(g.ctx, g.db, `SELECT round(step)::BIGINT, resource_manager, first_lsn, `+estimated+`, commits::BIGINT, aborts::BIGINT,
		records::BIGINT, bytes::BIGINT, fpi_bytes::BIGINT, images::BIGINT FROM (`+from+") ORDER BY ALL NULLS FIRST",
		func(p *part) []any {
			return append([]any{&p.step, &p.manager, &p.first, &p.estimated, &p.commits, &p.aborts}, p.fields()...)
		})
	if err != nil || len(parts) == 0 {
		return err
	}
	o.Steps = make([]Step, parts[len(parts)-1].step.V+1)
	for i := range o.Steps {
		o.Steps[i].Estimated = o.Axis == "time"
		o.Steps[i].Layers = make([]int64, len(o.Layers))
		if o.Axis == "time" {
			t := time.UnixMicro(int64(math.Round((o.first + float64(i)*o.Step) * 1e6)))
			o.Steps[i].Time = &t
		}
	}
	for _, p := range parts {
		if !p.step.Valid {
			o.NoTime.add(p.Sums)
			continue
		}
		s := &o.Steps[p.step.V]
		s.Estimated = s.Estimated && p.estimated
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
	var apart, distance sql.Null[float64]
	if err := g.row("SELECT count(*), median(seconds_apart), median(distance) FROM wal_checkpoints", &f.CheckpointCount, &apart, &distance); err != nil {
		return err
	}
	f.CheckpointSeconds, f.CheckpointDistance = apart.V, int64(distance.V)
	// A line that was cut may show no redo point.
	f.Checkpoints, err = list(g.ctx, g.db, fmt.Sprintf(`SELECT start_lsn, redo_lsn, coalesce(type, ''), coalesce(distance, 0), coalesce(seconds_apart, 0), redo_time, xact_time
		FROM wal_checkpoints WHERE redo_lsn IS NOT NULL ORDER BY start_lsn LIMIT %d`, maxCheckpoints),
		func(c *Checkpoint) []any {
			return []any{&c.LSN, &c.Redo, &c.Type, &c.Distance, &c.SecondsApart, &c.RedoTime, &c.Time}
		})
	return err
}
