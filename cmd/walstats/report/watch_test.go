package report_test

import (
	"os"
	"sync"
	"testing"

	"walstats/cmd/walstats/progress"
	"walstats/cmd/walstats/report"
	"walstats/cmd/walstats/session"
)

// A heard keeps what a Reporter is told.
type heard struct {
	progress.Silent
	mu    sync.Mutex
	plan  progress.Plan
	last  progress.Totals
	back  bool // some total was less than the one before
	ended int
}

func (h *heard) Begin(p progress.Plan) { h.plan = p }
func (h *heard) End()                  { h.ended++ }
func (h *heard) Advance(t progress.Totals) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.back = h.back || t.Bytes < h.last.Bytes || t.Records < h.last.Records
	h.last = t
}

// Progress goes from nothing to all bytes and records of the inputs, of dumps and of WAL.
func TestProgress(t *testing.T) {
	info, err := os.Stat(dump("pg14"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		source report.Source
		bytes  int64
	}{
		{report.Source{Dumps: []string{dump("pg14")}}, info.Size()},
		{report.Source{Dumps: []string{"../../../wal/testdata/15-1mb/wal"}, WAL: true}, 2 << 20},
	} {
		h := &heard{}
		c.source.Progress, c.source.Scratch = h, t.TempDir()
		f := gatherFrom(t, c.source)
		if h.plan.Inputs != 1 || h.plan.Bytes != c.bytes || h.ended != 1 || h.back {
			t.Errorf("%v: planned %+v, ended %d times, went back: %v", c.source.Dumps, h.plan, h.ended, h.back)
		}
		if h.last.Records != f.Records || h.last.Bytes > c.bytes || h.last.Bytes < c.bytes*9/10 {
			t.Errorf("%v: at the end %+v of %d bytes and %d records", c.source.Dumps, h.last, c.bytes, f.Records)
		}
	}
	h := &heard{}
	if _, _, err := report.Open(t.Context(), session.Options{}, report.Source{Dumps: []string{"none.dump"}, Progress: h, Scratch: t.TempDir()}); err == nil || h.ended != 1 {
		t.Errorf("%v, ended %d times", err, h.ended)
	}
}
