// Package inspect says what a dump is, as far as its text shows it.
//
// Three queries read a file: one adds up what is the same in any order, one follows
// the chain of prev_lsn in the file's order, which DuckDB does without keeping rows,
// and one reads what is no record.
package inspect

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"walstats/cmd/walstats/session"
	"walstats/extension"
	"walstats/record"
)

// shown limits the examples of each thing in a report.
const shown = 3

// Options say how to read a file.
type Options struct {
	Name     string // as reports call it
	Timezone string // that pg_waldump ran in, for zones that do not say it; may be empty
}

// File inspects the file at path, which may be read several times. It fails where
// none of the lines is a record, with read_waldump's words.
func File(ctx context.Context, db *sql.DB, path string, o Options) (*Report, error) {
	look, err := extension.ReadFileInfo(path)
	if err != nil {
		return nil, err
	}
	r := &Report{File: o.Name, Bytes: uint64(look.Size), Compression: look.Compression, LineEnds: "LF", BOM: look.BOM}
	if look.CRLF {
		r.LineEnds = "CRLF"
	}
	seen, err := r.readRecords(ctx, db, path, o.Timezone)
	if err != nil {
		return nil, err
	}
	if r.CutRecords > 0 {
		if r.CutWidth, err = CutWidth(ctx, db, path); err != nil {
			return nil, err
		}
	}
	said, err := r.readOthers(ctx, db, path)
	if err != nil {
		return nil, err
	}
	if r.Records == 0 && r.Rejects > 0 {
		return nil, refusal(ctx, db, path)
	}
	if err := r.readChain(ctx, db, path); err != nil {
		return nil, err
	}
	if r.Records > 0 {
		v := versions(append(seen, said...))
		r.Version = &v
	}
	return r, nil
}

// CutWidth returns the length of the lines that have an image and no block reference,
// if at least half of them, and two, are of one length; else 0.
func CutWidth(ctx context.Context, db *sql.DB, path string) (width int64, err error) {
	err = db.QueryRowContext(ctx, `
		WITH cut AS (
			FROM (SELECT fpi_length, block_ref, record_type, lead(byte_offset) OVER () - byte_offset - 1 AS width
				FROM read_waldump(`+session.Quote(path)+`, ignore_errors := true, byte_offset := true))
			WHERE fpi_length > 0 AND block_ref IS NULL AND record_type < 'a'),
		widths AS (SELECT width, count(*) AS n, sum(count(*)) OVER () AS of_all FROM cut GROUP BY width)
		SELECT coalesce(max(width) FILTER (n > 1 AND n * 2 >= of_all), 0)::BIGINT FROM widths`).Scan(&width)
	return width, err
}

// refusal returns why read_waldump refuses a file.
func refusal(ctx context.Context, db *sql.DB, path string) error {
	_, err := db.ExecContext(ctx, "SELECT count(*) FROM read_waldump("+session.Quote(path)+")")
	if err == nil {
		return errors.New(path + ": changed while it was read; try again")
	}
	if words, avoidable := session.Avoidable(err); avoidable {
		return errors.New(words + "; no line is a record")
	}
	return err
}

// readRecords reads what does not depend on the order of records, and returns the
// markers it saw.
func (r *Report) readRecords(ctx context.Context, db *sql.DB, path, timezone string) (seen []marker, err error) {
	zone := ""
	if timezone != "" {
		zone = ", timezone := " + session.Quote(timezone)
	}
	// A gid could look like a time, so PREPARE's is not looked at.
	var blocks strings.Builder
	for _, m := range blockMarkers {
		fmt.Fprintf(&blocks, ", bool_or(%s)", m.test)
	}
	rows, err := db.QueryContext(ctx, `
		SELECT resource_manager, CASE WHEN record_type = upper(record_type) OR resource_manager = 'Generic' OR starts_with(resource_manager, 'custom') THEN record_type ELSE '' END AS type, `+shapeSQL()+` AS shape,
			CASE WHEN resource_manager = 'Transaction' AND upper(record_type) <> 'PREPARE' AND NOT starts_with(record_type, 'distributed ') OR record_type = 'END_OF_RECOVERY' THEN
				regexp_extract(description, '\d{4,}-\d\d-\d\d \d\d:\d\d:\d\d\.[-0-9.]+( .*?)(?: gid = |;|$)', 1) ELSE '' END AS zone,
			count(*), min(start_lsn)::UBIGINT, max(start_lsn)::UBIGINT, min(xact_time), max(xact_time), count(xact_time),
			any_value((epoch(TRY_CAST(regexp_extract(description, '\d{4,}-\d\d-\d\d \d\d:\d\d:\d\d') AS TIMESTAMP)) - epoch(xact_time)) // 60)::BIGINT,
			count(*) FILTER (fpi_length > 0 AND block_ref IS NULL AND record_type < 'a'),
			coalesce(bool_or(contains(block_ref, ' fork main ') OR contains(block_ref, ' (FPW') OR contains(block_ref, '; hole: ')), false),
			coalesce(bool_or(relfork = 'main' AND NOT contains(block_ref, ' fork main ') AND NOT contains(block_ref, '; hole: ')), false)`+blocks.String()+`
		FROM read_waldump(`+session.Quote(path)+`, ignore_errors := true`+zone+`) GROUP BY ALL`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var details, plain bool
	times := &Times{}
	for rows.Next() {
		var manager, recordType, zone string
		var shape sql.NullInt64
		var count, dated, cut int64
		var offset sql.NullInt64
		var low, high uint64
		var firstTime, lastTime sql.NullTime
		var isDetails, isPlain bool
		inBlocks := make([]sql.NullBool, len(blockMarkers))
		into := []any{&manager, &recordType, &shape, &zone, &count, &low, &high, &firstTime, &lastTime, &dated, &offset, &cut, &isDetails, &isPlain}
		for i := range inBlocks {
			into = append(into, &inBlocks[i])
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		r.Records += count
		r.CutRecords += cut
		r.LSN = r.LSN.with(record.LSN(low), record.LSN(high))
		details, plain = details || isDetails, plain || isPlain
		seen = append(seen, recordMarkers(manager, recordType)...)
		if shape.Valid {
			seen = append(seen, shapes[shape.Int64].marker)
		}
		for i, is := range inBlocks {
			if is.Bool {
				seen = append(seen, blockMarkers[i].marker)
			}
		}
		times.add(zone, count-dated, offset, firstTime, lastTime)
	}
	r.Format = format(details, plain)
	if len(times.Zones) > 0 || times.First != nil {
		slices.Sort(times.Zones)
		r.Times = times
	}
	return seen, rows.Err()
}

func format(details, plain bool) string {
	switch {
	case details && plain:
		return FormatMixed
	case details:
		return FormatDetails
	case plain:
		return FormatDefault
	}
	return FormatUnknown
}

// recordMarkers has what a record type shows; an empty one is lower-case text.
func recordMarkers(manager, recordType string) []marker {
	if recordType == "" {
		return []marker{lowerCaseMarker}
	}
	seen := []marker{identifierMarker}
	if strings.HasPrefix(manager, "custom") {
		seen = append(seen, customMarker)
	}
	for _, name := range []string{manager, manager + "/" + recordType} {
		if m, known := typeMarkers[name]; known {
			m.what = name
			seen = append(seen, m)
		}
	}
	return seen
}

// readOthers reads the lines that are no records, and returns the markers in the
// messages.
func (r *Report) readOthers(ctx context.Context, db *sql.DB, path string) (seen []marker, err error) {
	var said strings.Builder
	for _, m := range messageMarkers {
		fmt.Fprintf(&said, ", coalesce(bool_or(kind = 'message' AND %s), false)", m.test)
	}
	first := func(kind string) string {
		return fmt.Sprintf(`arg_min({line_number: line_number, byte_offset: byte_offset, line: line[:1000], error: error}, byte_offset, %d)
			FILTER (kind = '%s')::JSON::VARCHAR`, shown, kind)
	}
	var messages, rejects sql.NullString
	inMessages := make([]bool, len(messageMarkers))
	into := []any{&r.Messages, &r.Rejects, &messages, &rejects}
	for i := range inMessages {
		into = append(into, &inMessages[i])
	}
	if err := db.QueryRowContext(ctx, `
		SELECT count(*) FILTER (kind = 'message'), count(*) FILTER (kind = 'reject'), `+first("message")+`, `+first("reject")+said.String()+`
		FROM read_waldump_rejects(`+session.Quote(path)+`)`).Scan(into...); err != nil {
		return nil, err
	}
	for i, is := range inMessages {
		if is {
			seen = append(seen, messageMarkers[i].marker)
		}
	}
	r.FirstMessages, r.FirstRejects = []Line{}, []Line{}
	return seen, errors.Join(unmarshal(messages, &r.FirstMessages), unmarshal(rejects, &r.FirstRejects))
}

// chainSQL follows the chain. lag without an order is a streaming window: it sees the
// rows in the file's order and keeps none of them.
const chainSQL = `
	WITH links AS (
		FROM (SELECT start_lsn::UBIGINT AS start, prev_lsn::UBIGINT AS prev, byte_offset, lag(start_lsn::UBIGINT) OVER () AS before
			FROM read_waldump(%s, ignore_errors := true, byte_offset := true))
		WHERE prev <> before OR start <= before)
	SELECT count(*) FILTER (start > before), least(coalesce(sum(greatest(prev, before) - before) FILTER (start > before), 0), 18446744073709551615)::UBIGINT,
		arg_min({before: before::pg_lsn::VARCHAR, "at": start::pg_lsn::VARCHAR, prev: prev::pg_lsn::VARCHAR, byte_offset: byte_offset}, byte_offset, %[2]d) FILTER (start > before)::JSON::VARCHAR,
		count(*) FILTER (start <= before),
		arg_min({before: before::pg_lsn::VARCHAR, "at": start::pg_lsn::VARCHAR, prev: prev::pg_lsn::VARCHAR, byte_offset: byte_offset}, byte_offset, %[2]d) FILTER (start <= before)::JSON::VARCHAR
	FROM links`

// A dump with more gaps than these was filtered: missing parts, or dumps one after
// the other, make few.
const (
	filteredGaps  = 10
	filteredShare = 100 // a gap in so many records
)

func (r *Report) readChain(ctx context.Context, db *sql.DB, path string) error {
	var gaps, rewinds sql.NullString
	c := &r.Chain
	if err := db.QueryRowContext(ctx, fmt.Sprintf(chainSQL, session.Quote(path), shown)).Scan(&c.Gaps, &c.Missing, &gaps, &c.Streams, &rewinds); err != nil {
		return err
	}
	if r.Records > 0 {
		c.Streams++
	}
	c.Filtered = c.Gaps >= filteredGaps && c.Gaps*filteredShare >= r.Records
	c.FirstGaps, c.FirstRewinds = []Link{}, []Link{}
	return errors.Join(unmarshal(gaps, &c.FirstGaps), unmarshal(rewinds, &c.FirstRewinds))
}

// unmarshal reads JSON, if there is any.
func unmarshal(text sql.NullString, into any) error {
	if !text.Valid {
		return nil
	}
	return json.Unmarshal([]byte(text.String), into)
}
