package report_test

import (
	"context"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"walstats/cmd/walstats/report"
	"walstats/cmd/walstats/session"
)

// A report of WAL, which is made of sums, says what one of a database with all its records
// says.
func TestSumsSayWhatRecordsSay(t *testing.T) {
	folders, err := filepath.Glob("../../../wal/testdata/*/wal")
	if err != nil || len(folders) == 0 {
		t.Fatal(folders, err)
	}
	points, changes := 0, 0
	for _, folder := range append(folders, "../../../test/data/demo") {
		t.Run(filepath.Base(filepath.Dir(folder)), func(t *testing.T) {
			got := gatherFrom(t, report.Source{Dumps: []string{folder}, WAL: true, OwnNames: true, NoCompression: true, Scratch: t.TempDir()})
			want := gatherFrom(t, report.Source{Database: databaseOf(t, folder), Table: "wal"})
			for i := range want.Transactions {
				changes += len(want.Transactions[i].Changes)
			}
			points += len(want.Recovery)
			sameSteps(t, &got.Over, &want.Over)
			got.Over, want.Over, want.Zones, got.Zones = report.Over{}, report.Over{}, nil, nil
			got.Inputs, got.InputCount, want.Inputs, want.InputCount = nil, 0, nil, 0
			got.Findings, want.Findings = nil, nil // the busiest step's, too
			a, b := reflect.ValueOf(*got), reflect.ValueOf(*want)
			for i := range a.NumField() {
				if field := a.Type().Field(i); field.IsExported() && !reflect.DeepEqual(a.Field(i).Interface(), b.Field(i).Interface()) {
					t.Errorf("%s:\n%+v, want\n%+v", field.Name, a.Field(i), b.Field(i))
				}
			}
		})
	}
	if points < 10 || changes < 10 {
		t.Errorf("only %d points to recover to and %d changes of transactions", points, changes)
	}
}

// sameSteps compares WAL over time. Where it is spread over the time between two records, sums
// may lie in the step beside: of little WAL, a few hundred bytes of each.
func sameSteps(t *testing.T, got, want *report.Over) {
	t.Helper()
	if len(got.Steps) != len(want.Steps) || got.Axis != want.Axis || got.Step != want.Step || got.Commits != want.Commits || got.Aborts != want.Aborts {
		t.Errorf("%d steps of %v, %d commits, want %d of %v, %d", len(got.Steps), got.Step, got.Commits, len(want.Steps), want.Step, want.Commits)
		return
	}
	var moved, all int64
	for i := range want.Steps {
		moved += max(got.Steps[i].Bytes-want.Steps[i].Bytes, want.Steps[i].Bytes-got.Steps[i].Bytes)
		all += want.Steps[i].Bytes
		if got.Steps[i].Commits != want.Steps[i].Commits {
			t.Errorf("step %d has %d commits, want %d", i, got.Steps[i].Commits, want.Steps[i].Commits)
		}
	}
	if moved*100 > all {
		t.Errorf("%d of %d bytes are in other steps", moved, all)
	}
}

// databaseOf makes a database of WAL as walstats convert does.
func databaseOf(t *testing.T, folder string) string {
	t.Helper()
	ctx := context.Background()
	file := filepath.Join(t.TempDir(), "wal.duckdb")
	db, err := session.Open(ctx, session.Options{Output: file})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	call := func(function, more string) string {
		return function + "(" + session.Quote(folder) + ", ignore_errors := true" + more + ")"
	}
	for _, statement := range []string{
		"CREATE TABLE wal AS FROM " + call("read_wal", ", filename := true"),
		"CREATE TABLE wal_blocks AS FROM " + call("read_wal_blocks", ""),
		"CREATE TABLE relations AS SELECT * FROM (SELECT NULL::VARCHAR AS partition_of_schema, NULL::VARCHAR AS partition_of_name) RIGHT JOIN " +
			strings.Replace(call("read_wal_relations", ""), ", ignore_errors := true", "", 1) + " ON false",
	} {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			t.Fatal(err)
		}
	}
	return file
}
