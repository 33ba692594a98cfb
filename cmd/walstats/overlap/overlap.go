// Package overlap finds the records that two inputs share: last night's dump that began
// too early, or a dump beside its compressed copy. Their sums count twice.
package overlap

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"os"
	"slices"
	"strings"

	"walstats/cmd/walstats/session"
	"walstats/extension"
	"walstats/record"
)

// An Input is a dump or a segment, and the LSNs of its first and last record.
type Input struct {
	Name        string // as messages call it
	Path        string
	First, Last record.LSN
}

// A Pair names two inputs that share records.
type Pair struct {
	A       string     `json:"a"`
	B       string     `json:"b"`
	Records int64      `json:"records"` // that are in both
	First   record.LSN `json:"first_lsn"`
	Last    record.LSN `json:"last_lsn"`
}

// String says what is shared, in a sentence.
func (p Pair) String() string {
	if p.Records == 1 {
		return fmt.Sprintf("1 record is in both %s and %s (%s)", p.A, p.B, p.First)
	}
	return fmt.Sprintf("%d records are in both %s and %s (%s to %s)", p.Records, p.A, p.B, p.First, p.Last)
}

// Lines says what is shared, a sentence a line.
func Lines(pairs []Pair) string {
	var text strings.Builder
	for _, p := range pairs {
		text.WriteString(p.String() + "\n")
	}
	return text.String()
}

// compared limits the pairs of inputs that are read and compared. More pairs overlap
// only if the same folder was given twice, or the clusters differ.
const compared = 16

// Find returns the pairs of inputs that share records, in the order of their LSNs. It
// reads only inputs whose LSNs overlap. A record is the same if its LSN, the one
// before it, its transaction, manager and length are: another cluster may have the
// LSN. Inputs that are not there any more are passed over.
func Find(ctx context.Context, db *sql.DB, inputs []Input) (pairs []Pair, err error) {
	inputs = slices.DeleteFunc(slices.Clone(inputs), func(in Input) bool {
		info, err := os.Stat(in.Path)
		return in.Last == 0 || err != nil || !info.Mode().IsRegular()
	})
	slices.SortStableFunc(inputs, func(a, b Input) int {
		return cmp.Or(cmp.Compare(a.First, b.First), cmp.Compare(a.Name, b.Name))
	})
	read := 0
	for i, a := range inputs {
		for _, b := range inputs[i+1:] {
			if b.First > a.Last {
				break
			}
			if read++; read > compared {
				return pairs, nil
			}
			p, err := compare(ctx, db, a, b)
			if err != nil {
				return pairs, err
			}
			if p.Records > 0 {
				pairs = append(pairs, p)
			}
		}
	}
	return pairs, nil
}

// compare counts the records that are in both inputs.
func compare(ctx context.Context, db *sql.DB, a, b Input) (Pair, error) {
	p := Pair{A: a.Name, B: b.Name}
	from, to := b.First, min(a.Last, b.Last)
	var first, last sql.Null[uint64]
	err := db.QueryRowContext(ctx, "SELECT count(*), min(start_lsn), max(start_lsn) FROM (("+records(a.Path, from, to)+") INTERSECT ("+records(b.Path, from, to)+"))").
		Scan(&p.Records, &first, &last)
	p.First, p.Last = record.LSN(first.V), record.LSN(last.V)
	return p, err
}

// records selects what tells the records between two LSNs.
func records(path string, from, to record.LSN) string {
	function := "read_waldump"
	if extension.IsSegment(path) {
		function = "read_wal"
	}
	return fmt.Sprintf(`SELECT start_lsn::UBIGINT AS start_lsn, prev_lsn::UBIGINT, xid, resource_manager, record_length
		FROM %s(%s, ignore_errors := true) WHERE start_lsn::UBIGINT BETWEEN %d AND %d`, function, session.Quote(path), uint64(from), uint64(to))
}
