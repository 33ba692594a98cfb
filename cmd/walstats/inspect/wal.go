package inspect

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"

	"walstats/cmd/walstats/session"
	"walstats/record"
)

// A WAL has what is known of the segments that one call reads.
type WAL struct {
	Paths       []string   `json:"paths"`
	Version     string     `json:"version"`
	System      uint64     `json:"system_identifier"`
	SegmentSize uint64     `json:"segment_size"`
	Segments    int64      `json:"segments"` // that are read
	Records     int64      `json:"records"`
	Bytes       int64      `json:"record_bytes"`
	Timelines   []Timeline `json:"timelines"`
	First       record.LSN `json:"first_lsn"` // of the first record
	End         record.LSN `json:"end_lsn"`   // of the last one
	Ends        Place      `json:"ends"`
	Damage      []Place    `json:"damage"` // at most shown
	DamageCount int64      `json:"damage_count"`
	Unused      []Unused   `json:"unused"` // at most shown
	UnusedCount int64      `json:"unused_count"`
	// Missing is what a recovery from --start to --end lacks; nil if it is all there.
	Missing *Missing `json:"missing,omitempty"`
}

// A Timeline is one of the timelines that the records belong to.
type Timeline struct {
	ID      uint32     `json:"timeline"`
	Records int64      `json:"records"`
	First   record.LSN `json:"first_lsn"`
	Last    record.LSN `json:"last_lsn"`
}

// A Place says where no record can be read.
type Place struct {
	File   string     `json:"filename"`
	LSN    record.LSN `json:"lsn"`
	Length uint64     `json:"byte_length,omitempty"`
	Kind   string     `json:"kind"`
	Error  string     `json:"error"`
}

// An Unused file is one that no record is read from.
type Unused struct {
	File   string `json:"filename"`
	Reason string `json:"reason"`
}

// Missing is a part of WAL for which there is no segment.
type Missing struct {
	From record.LSN `json:"from_lsn"`
	To   record.LSN `json:"to_lsn"`
}

// A Part says which WAL has to be there: [Start, End); zero is open. Options are those of
// read_wal for it, each after a comma.
type Part struct {
	Start, End record.LSN
	Options    string
}

// ReadWAL inspects the segments that paths mean.
func ReadWAL(ctx context.Context, db *sql.DB, paths []string, p Part) (*WAL, error) {
	w := &WAL{Paths: paths, Timelines: []Timeline{}, Damage: []Place{}, Unused: []Unused{}}
	files := session.List(paths) + p.Options
	for _, read := range []func(context.Context, *sql.DB, string) error{w.readSegments, w.readTimelines, w.readRejects} {
		if err := read(ctx, db, files); err != nil {
			return nil, err
		}
	}
	w.missing(p)
	return w, nil
}

func (w *WAL) readSegments(ctx context.Context, db *sql.DB, files string) error {
	rows, err := db.QueryContext(ctx, `SELECT filename, coalesce(version, ''), coalesce(system_identifier, 0), coalesce(segment_size, 0), records, record_bytes,
		coalesce(end_reason, '') FROM wal_segments(`+files+`)`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var file, version, reason string
		var system, size uint64
		var records, bytes int64
		if err := rows.Scan(&file, &version, &system, &size, &records, &bytes, &reason); err != nil {
			return err
		}
		if strings.HasPrefix(reason, "not read: ") {
			if w.UnusedCount++; len(w.Unused) < shown {
				w.Unused = append(w.Unused, Unused{file, strings.TrimPrefix(reason, "not read: ")})
			}
			continue
		}
		w.Segments++
		w.Records += records
		w.Bytes += bytes
		w.Version, w.System, w.SegmentSize = cmp.Or(w.Version, version), cmp.Or(w.System, system), cmp.Or(w.SegmentSize, size)
	}
	return rows.Err()
}

func (w *WAL) readTimelines(ctx context.Context, db *sql.DB, files string) error {
	rows, err := db.QueryContext(ctx, `SELECT timeline, count(*), min(start_lsn)::UBIGINT, max(start_lsn)::UBIGINT, max(end_lsn)::UBIGINT
		FROM read_wal(`+files+`, ignore_errors := true) GROUP BY ALL ORDER BY ALL`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var t Timeline
		var first, last, end uint64
		if err := rows.Scan(&t.ID, &t.Records, &first, &last, &end); err != nil {
			return err
		}
		t.First, t.Last = record.LSN(first), record.LSN(last)
		if len(w.Timelines) == 0 {
			w.First = t.First
		}
		w.End = record.LSN(end)
		w.Timelines = append(w.Timelines, t)
	}
	return rows.Err()
}

func (w *WAL) readRejects(ctx context.Context, db *sql.DB, files string) error {
	rows, err := db.QueryContext(ctx, `SELECT filename, start_lsn::UBIGINT, byte_length, kind, error FROM read_wal_rejects(`+files+`)`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var p Place
		var lsn uint64
		if err := rows.Scan(&p.File, &lsn, &p.Length, &p.Kind, &p.Error); err != nil {
			return err
		}
		p.LSN = record.LSN(lsn)
		if p.Kind == "end" || p.Kind == "incomplete" {
			w.Ends = p
			continue
		}
		if w.DamageCount++; len(w.Damage) < shown {
			w.Damage = append(w.Damage, p)
		}
	}
	return rows.Err()
}

// missing finds what the part lacks before the first record or after the last one.
func (w *WAL) missing(p Part) {
	pageHeaders := record.LSN(w.SegmentSize / 2) // a record may begin long after a segment does
	switch {
	case p.Start == 0 && p.End == 0:
	case w.Records == 0:
		w.Missing = &Missing{p.Start, p.End}
	case p.End > w.End:
		w.Missing = &Missing{w.End, p.End}
	case p.Start != 0 && w.First > p.Start+pageHeaders:
		w.Missing = &Missing{p.Start, w.First}
	}
}

// Whole reports whether nothing is damaged or missing.
func (w *WAL) Whole() bool { return w.DamageCount == 0 && w.Missing == nil }

// Page returns the report as text for people.
func (w *WAL) Page() string {
	var p page
	p.text.WriteString(strings.Join(w.Paths, ", ") + "\n")
	p.line("is", fmt.Sprintf("WAL of PostgreSQL %s, system identifier %d", w.Version, w.System))
	p.line("segments", fmt.Sprintf("%s of %s", humanize.Comma(w.Segments), humanize.IBytes(w.SegmentSize)))
	p.line("records", fmt.Sprintf("%s, %s", humanize.Comma(w.Records), humanize.Bytes(uint64(w.Bytes))))
	if w.Records > 0 {
		p.line("LSNs", fmt.Sprintf("%s to %s, %s", w.First, w.End, humanize.Bytes(uint64(w.End-w.First))))
	}
	for i, t := range w.Timelines {
		word := "timelines"
		if i > 0 {
			word = ""
		}
		p.line(word, fmt.Sprintf("%d: %s records, %s to %s", t.ID, humanize.Comma(t.Records), t.First, t.Last))
	}
	switch w.DamageCount {
	case 0:
		p.line("chain", "whole: every record names the one before it, and its checksum is right")
	case 1:
		p.line("chain", "broken in one place")
	default:
		p.line("chain", "broken in "+humanize.Comma(w.DamageCount)+" places")
	}
	for _, d := range w.Damage {
		p.line("", fmt.Sprintf("%s at %s, %s: %s (%s)", d.Kind, d.LSN, humanize.Bytes(d.Length), short(d.Error), short(d.File)))
	}
	p.more(w.DamageCount, len(w.Damage))
	p.line("ends", fmt.Sprintf("at %s: %s", w.Ends.LSN, short(w.Ends.Error)))
	if m := w.Missing; m != nil {
		p.line("missing", fmt.Sprintf("for a recovery: %s to %s", m.From, m.To))
	}
	if w.UnusedCount > 0 {
		p.line("not read", english.Plural(int(w.UnusedCount), "file", ""))
		for _, u := range w.Unused {
			p.line("", short(u.File)+": "+u.Reason)
		}
		p.more(w.UnusedCount, len(w.Unused))
	}
	return p.text.String()
}
