package report_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"walstats/cmd/walstats/report"
	"walstats/cmd/walstats/session"
)

const walinspectRows = "../../../wal/testdata/15-1mb/walinspect-records.csv.zst"

// The facts of pg_walinspect's rows are those of the WAL that they were made from.
func TestWalinspect(t *testing.T) {
	rows := gatherFrom(t, report.Source{Dumps: []string{walinspectRows}, Scratch: t.TempDir()})
	wal := gatherFrom(t, report.Source{
		Dumps: []string{"../../../wal/testdata/15-1mb/wal"}, WAL: true, Scratch: t.TempDir(), NamesPart: ", start_lsn := 'F/0'",
		Part: ", start_lsn := '" + rows.FirstLSN.String() + "', end_lsn := '" + (rows.LastLSN + 1).String() + "'",
	})
	if rows.Records < 500 || len(rows.HotBlocks) == 0 || rows.Over.Commits < 100 {
		t.Errorf("%d records, %d hot blocks, %d commits", rows.Records, len(rows.HotBlocks), rows.Over.Commits)
	}
	// The first record's image cause needs names; an extension's manager is named by the server only.
	for name, pair := range map[string][2]any{
		"records": {rows.Records, wal.Records}, "bytes": {rows.Bytes, wal.Bytes}, "images": {rows.Images, wal.Images},
		"managers": {rows.Managers, wal.Managers}, "types": {rows.RecordTypes, wal.RecordTypes}, "relations": {rows.Relations, wal.Relations},
		"transactions": {rows.Transactions, wal.Transactions}, "hot blocks": {rows.HotBlocks, wal.HotBlocks}, "steps": {rows.Over, wal.Over},
	} {
		if !reflect.DeepEqual(pair[0], pair[1]) {
			t.Errorf("%s:\n%+v\nnot\n%+v", name, pair[0], pair[1])
		}
	}
}

// Rows that are given twice count once, or are an error; a file with other columns is one.
func TestWalinspectInputs(t *testing.T) {
	once := gatherFrom(t, report.Source{Dumps: []string{walinspectRows}, Scratch: t.TempDir()})
	twice := report.Source{Dumps: []string{walinspectRows, walinspectRows}, Scratch: t.TempDir(), AllowOverlap: true}
	if got := gatherFrom(t, twice); got.Records != once.Records || got.Bytes != once.Bytes {
		t.Errorf("%d records, not %d", got.Records, once.Records)
	}
	other := filepath.Join(t.TempDir(), "other.csv")
	if err := os.WriteFile(other, []byte("a,b\n1,2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	twice.AllowOverlap = false
	for _, c := range []struct {
		source report.Source
		want   string
	}{
		{twice, "are in the input twice, from 0/03501BD0 to 0/03688EF0; leave one copy out"},
		{report.Source{Dumps: []string{other}, Scratch: t.TempDir()}, "other.csv: must have the columns of pg_get_wal_records_info"},
	} {
		if _, _, err := report.Open(t.Context(), session.Options{}, c.source); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v", c.source.Dumps, err)
		}
	}
}
