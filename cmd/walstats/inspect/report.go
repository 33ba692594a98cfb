package inspect

import (
	"database/sql"
	"slices"
	"strings"
	"time"

	"walstats/cmd/walstats/overlap"
	"walstats/cmd/walstats/zone"
	"walstats/record"
)

// A Report says what a file is.
type Report struct {
	File        string   `json:"file"`
	Version     *Version `json:"version,omitempty"` // absent without a record
	Format      string   `json:"format"`            // one of the Format constants
	Bytes       uint64   `json:"bytes"`             // on the disk
	Compression string   `json:"compression"`       // none, gzip, zstd or lz4
	LineEnds    string   `json:"line_ends"`         // LF or CRLF
	BOM         bool     `json:"byte_order_mark"`

	Records  int64 `json:"records"`
	Messages int64 `json:"messages"`
	Rejects  int64 `json:"rejects"`

	CutRecords int64 `json:"cut_records,omitempty"` // with an image and no block reference: their lines were cut
	CutWidth   int64 `json:"cut_width,omitempty"`   // the length in bytes of most of these lines

	FirstMessages []Line `json:"first_messages"`
	FirstRejects  []Line `json:"first_rejects"`

	LSN   *LSNSpan `json:"lsn,omitempty"` // absent without a record
	Times *Times   `json:"times,omitempty"`
	Chain Chain    `json:"chain"`

	// Shared are the records that other inspected files have too.
	Shared []overlap.Pair `json:"shared,omitempty"`
}

// WithShared returns the reports with the pairs that each file is in.
func WithShared(reports []*Report, pairs []overlap.Pair) []*Report {
	for _, r := range reports {
		for _, p := range pairs {
			if p.A == r.File || p.B == r.File {
				r.Shared = append(r.Shared, p)
			}
		}
	}
	return reports
}

// How block references are written.
const (
	FormatDefault = "default"
	FormatDetails = "bkp-details"
	FormatMixed   = "default and bkp-details"
	FormatUnknown = "unknown" // no block reference shows it
)

// A Line is a line that is no record.
type Line struct {
	Number uint64 `json:"line_number"` // from 1
	Byte   uint64 `json:"byte_offset"`
	Text   string `json:"line"`
	Error  string `json:"error,omitempty"` // of a reject
}

// A LSNSpan goes from the lowest start_lsn to the highest.
type LSNSpan struct {
	First record.LSN `json:"first"`
	Last  record.LSN `json:"last"`
	Bytes uint64     `json:"bytes"` // between them
}

// Times has the times of the records that print one.
type Times struct {
	First *time.Time `json:"first,omitempty"` // absent where no zone can be read
	Last  *time.Time `json:"last,omitempty"`
	Zones []string   `json:"zones"` // as printed, by name
	// ReadAs has the offset, such as UTC-08:00, that an abbreviation was read as.
	ReadAs  map[string]string `json:"read_as,omitempty"`
	Undated int64             `json:"undated"`          // records whose zone cannot be read without being told
	Unread  []string          `json:"unread,omitempty"` // their zones
}

// A Chain tells how records follow each other: each names the one before it.
type Chain struct {
	Streams      int64  `json:"streams"`  // 1, and one more wherever the LSN does not grow
	Gaps         int64  `json:"gaps"`     // where a record does not name the one before it in the file
	Missing      uint64 `json:"missing"`  // bytes of WAL in the gaps
	Filtered     bool   `json:"filtered"` // so many gaps that records were left out on purpose
	FirstGaps    []Link `json:"first_gaps"`
	FirstRewinds []Link `json:"first_rewinds"` // where further streams begin
}

// A Link names two records that are neighbours in the file only.
type Link struct {
	Before record.LSN `json:"before"` // start_lsn of the first
	At     record.LSN `json:"at"`     // start_lsn of the second
	Prev   record.LSN `json:"prev"`   // the one that the second names
	Byte   uint64     `json:"byte_offset"`
}

// with returns the span that also covers low to high; s may be nil.
func (s *LSNSpan) with(low, high record.LSN) *LSNSpan {
	if s != nil {
		low, high = min(low, s.First), max(high, s.Last)
	}
	return &LSNSpan{low, high, uint64(high - low)}
}

// add takes the times printed in a zone, and how many minutes it was read as east of
// UTC. printed is a blank and the zone, or empty where records print no time.
func (t *Times) add(printed string, undated int64, minutes sql.NullInt64, first, last sql.NullTime) {
	if name, is := strings.CutPrefix(printed, " "); is {
		t.Undated += undated
		if name = strings.TrimSpace(name); !slices.Contains(t.Zones, name) {
			t.Zones = append(t.Zones, name)
		}
		if undated > 0 && !slices.Contains(t.Unread, name) {
			t.Unread = append(t.Unread, name)
		}
		if minutes.Valid && !zone.SaysItself(name) {
			if t.ReadAs == nil {
				t.ReadAs = map[string]string{}
			}
			t.ReadAs[name] = zone.Offset(minutes.Int64)
		}
	}
	if !first.Valid {
		return
	}
	from, to := first.Time.UTC(), last.Time.UTC()
	if t.First == nil || from.Before(*t.First) {
		t.First = &from
	}
	if t.Last == nil || to.After(*t.Last) {
		t.Last = &to
	}
}
