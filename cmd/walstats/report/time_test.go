package report_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"walstats/cmd/walstats/report"
	"walstats/record"
)

// A writer makes a dump, a record after the other.
type writer struct {
	strings.Builder
	lsn, prev int
}

func (w *writer) record(manager string, length int, xid int, description string) {
	fmt.Fprintf(w, "rmgr: %-11s len (rec/tot): %6d/%6d, tx: %10d, lsn: 0/%08X, prev 0/%08X, desc: %s\n", manager, length, length, xid, w.lsn, w.prev, description)
	w.prev, w.lsn = w.lsn, w.lsn+length
}

func (w *writer) commit(at time.Time) {
	w.record("Transaction", 34, 700, "COMMIT "+at.Format("2006-01-02 15:04:05.000000")+" UTC")
}

func (w *writer) gather(t *testing.T, timezone string) *report.Facts {
	t.Helper()
	path := filepath.Join(t.TempDir(), "wal.dump")
	if err := os.WriteFile(path, []byte(w.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return gatherFrom(t, report.Source{Dumps: []string{path}, Scratch: t.TempDir(), Timezone: timezone})
}

// One UPDATE that writes 223 MB in 5 s, with no commit meanwhile, is an even rate and no
// peak before its commit.
func TestLongStatement(t *testing.T) {
	start := time.Date(2026, 11, 22, 16, 0, 0, 0, time.UTC)
	w := &writer{lsn: 0x1000028}
	w.commit(start)
	const records, length = 27876, 8000
	for range records {
		w.record("Heap", length, 700, "UPDATE off 1 xmax 700 flags 0x00 ; new off 2 xmax 0, blkref #0: rel 1663/5/16384 blk 0")
	}
	w.commit(start.Add(5 * time.Second))
	f := w.gather(t, "")
	perStep := float64(records*length) / 5 * f.Over.Step
	for i, s := range f.Over.Steps[:len(f.Over.Steps)-1] {
		if math.Abs(float64(s.Bytes)-perStep) > 1.01*length || s.Estimated != (i > 0) {
			t.Errorf("step %d: %d bytes, want %.0f; estimated %v", i, s.Bytes, perStep, s.Estimated)
		}
	}
	for _, found := range f.Findings {
		if strings.Contains(found.String(), "busiest") {
			t.Errorf("a peak is invented: %s", found)
		}
	}
	if page := writePage(t, f); !strings.Contains(page, "estimated: spread between two known times") || !strings.Contains(page, `class="paler"`) {
		t.Error("the page does not mark what is estimated")
	}
}

// What lies before the first commit, and after the last, belongs to no step.
func TestNoTimeAtTheEnds(t *testing.T) {
	start := time.Date(2026, 11, 22, 16, 0, 0, 0, time.UTC)
	w := &writer{lsn: 0x1000028}
	bulk := func() {
		for range 100 {
			w.record("Heap", 8000, 700, "INSERT off 1 flags 0x00, blkref #0: rel 1663/5/16384 blk 0")
		}
	}
	bulk()
	for i := range 60 {
		w.commit(start.Add(time.Duration(i) * time.Second))
	}
	bulk()
	f := w.gather(t, "")
	if f.Over.NoTime.Bytes < 1_600_000-34 || f.Over.NoTime.Records > 201 {
		t.Errorf("no time: %+v", f.Over.NoTime)
	}
	for i, s := range f.Over.Steps {
		if s.Bytes > 2*34 {
			t.Errorf("step %d has %d bytes", i, s.Bytes)
		}
	}
	if _, text := inspect(t, writePage(t, f)); !strings.Contains(text, "1.6\u00a0MB before the first commit and after the last one have no time") {
		t.Error("the page does not say so")
	}
}

// Checkpoints are as far apart as their redo points, whatever the WAL spans.
func TestCheckpointTimes(t *testing.T) {
	start := time.Date(2026, 11, 22, 23, 0, 0, 0, time.UTC)
	w := &writer{lsn: 0x1000028}
	redo := 0
	for second := range 400 {
		w.commit(start.Add(time.Duration(second) * time.Second))
		switch second % 60 {
		case 30:
			redo = w.lsn
		case 50:
			w.record("XLOG", 114, 0, fmt.Sprintf("CHECKPOINT_ONLINE redo 0/%X; tli 1; prev tli 1; fpw true; xid 0:800; oid 24576; multi 1; offset 0; oldest xid 716 in DB 1; "+
				"oldest multi 1 in DB 1; oldest/newest commit timestamp xid: 0/0; oldest running xid 799; online", redo))
		}
	}
	f := w.gather(t, "Asia/Kolkata")
	if f.CheckpointCount != 6 || f.CheckpointSeconds != 60 {
		t.Errorf("%d checkpoints, %v s apart", f.CheckpointCount, f.CheckpointSeconds)
	}
	for i, c := range f.Checkpoints {
		began := start.Add(time.Duration(60*i+31) * time.Second) // with the commit after it
		if !c.RedoTime.Equal(began) || !c.Time.Equal(began.Add(20*time.Second)) {
			t.Errorf("checkpoint %d: %v to %v, want from %v", i, c.RedoTime, c.Time, began)
		}
	}
	_, text := inspect(t, writePage(t, f))
	for _, want := range []string{
		"2026-11-23 04:30:00 to 04:36:39 Asia/Kolkata", "a checkpoint begins", "and ends", "began at 0/01000446 2026-11-23 04:30:31.000\nended at 0/010006EE 2026-11-23 04:30:51.000",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("not in the page: %s", want)
		}
	}
}

// What a transaction dropped is one point to recover to; what was rolled back is none.
func TestRecoveryPoints(t *testing.T) {
	w := &writer{lsn: 0x1000028}
	at := time.Date(2026, 11, 22, 16, 0, 0, 0, time.UTC)
	w.record("Transaction", 66, 759, "COMMIT 2026-11-22 16:00:00.000000 UTC; rels: base/5/16400 base/5/16403 base/5/16404")
	w.record("Transaction", 66, 760, "ABORT 2026-11-22 16:00:01.000000 UTC; rels: base/5/16500")
	w.record("Storage", 42, 0, "TRUNCATE base/5/16600 to 3 blocks flags 7")
	database := w.lsn
	w.record("Database", 38, 761, "DROP dir 1663/16445")
	w.record("Transaction", 66, 761, "COMMIT 2026-11-22 16:00:02.000000 UTC; inval msgs: catcache 21; sync")
	f := w.gather(t, "")
	second := at.Add(2 * time.Second)
	want := []report.RecoveryPoint{
		{Kind: "drop database", Target: "dir 1663/16445", XID: 761, LSN: record.LSN(database), Time: &second,
			Settings: fmt.Sprintf("recovery_target_lsn = '0/%X'\nrecovery_target_inclusive = false", database)},
		{Kind: "drop or rewrite", Target: "1663/5/16400", Files: 3, XID: 759, LSN: 0x1000028, Time: &at,
			Settings: "recovery_target_lsn = '0/1000028'\nrecovery_target_inclusive = false"},
	}
	if f.RecoveryCount != 2 || len(f.Recovery) != len(want) {
		t.Fatalf("%d points: %+v", f.RecoveryCount, f.Recovery)
	}
	for i, got := range f.Recovery {
		if !got.Time.Equal(*want[i].Time) {
			t.Errorf("point %d was at %v, want %v", i, got.Time, want[i].Time)
		}
		if got.Time = want[i].Time; got != want[i] {
			t.Errorf("point %d: %+v, want %+v", i, got, want[i])
		}
	}
	if _, text := inspect(t, writePage(t, f)); !strings.Contains(text, "drop or rewrite 1663/5/16400 and 2 files more") {
		t.Error("the page does not list the drop")
	}
}
