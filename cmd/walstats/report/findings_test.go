package report

import (
	"strings"
	"testing"
	"time"
)

// What the sentences say of a WAL like that of a table with random keys.
func TestFindings(t *testing.T) {
	first := time.Date(2026, 11, 22, 16, 0, 0, 0, time.UTC)
	last := first.Add(10 * time.Minute)
	index := Relation{Name: "public.orders_pkey", File: "1663/5/16400", Kind: "index", Table: "public.orders", Share: .6,
		Sums: Sums{Records: 3000, Bytes: 720_000_000, FPIBytes: 700_000_000, Images: 90_000}}
	orders := func() *Facts {
		f := &Facts{
			Sums:      Sums{Records: 1_000_000, Bytes: 1_200_000_000, FPIBytes: 864_000_000, Images: 110_000},
			FirstTime: &first, LastTime: &last,
			CheckpointCount: 3,
			Checkpoints:     []Checkpoint{{}, {Distance: 300_000_000}, {Distance: 500_000_000}},
			SinceCheckpoint: SinceCheckpoint{Half: 12},
			ImageCauses:     ImageCauses{FirstTouch: 864_000_000},
			ImageRelation:   &index,
			Relations:       []Relation{{Share: .2}, index},
		}
		f.Over = Over{Axis: "time", Step: 60, Commits: 1000, Aborts: 1, Layers: []string{"Heap", "Btree"}}
		for i := range 10 {
			at := first.Add(time.Duration(i) * time.Minute)
			step := Step{Time: &at, Layers: []int64{40_000_000, 40_000_000}, Sums: Sums{Bytes: 80_000_000}}
			if i == 4 {
				step.Bytes, step.Layers[1] = 480_000_000, 440_000_000
			}
			f.Over.Steps = append(f.Over.Steps, step)
		}
		return f
	}
	for _, c := range []struct {
		change func(f *Facts)
		want   string // a part, with blanks for those that do not break
		absent string
	}{
		{nil, "1.2 GB of WAL in 1,000,000 records, written in 10 min (2.0 MB a second), with 1,000 commits, 1 rollback and 3 checkpoints.", "missing"},
		{nil, "72 % of it (864 MB) is 110,000 full-page images, most of them (81 %) of the index public.orders_pkey of public.orders, an index that is changed all over, as random keys do.", "Why:"},
		{nil, "Nearly all are for pages changed for the first time after a checkpoint.", "hint"},
		{nil, "Half of the images lie within 12 MiB behind a checkpoint's redo point; checkpoints are 400 MB apart on average: fewer checkpoints (", "no full-page"},
		{nil, "The most WAL, 60 % of all, is of the index public.orders_pkey of public.orders: 720 MB in 3,000 records.", "for nothing"},
		{nil, "The busiest 1 min began at 16:04: 480 MB, 4.0 times the average, 92 % of it by Btree.", "filter"},
		{func(f *Facts) { f.ImageCauses = ImageCauses{FirstTouch: 64_000_000, Hint: 800_000_000} },
			"Why: 93 % for pages of which only hint bits changed (checksums or wal_log_hints are on) and 7.4 % for pages changed for the first time after a checkpoint.", "fewer checkpoints"},
		{func(f *Facts) { f.FPIBytes, f.Images = 5_000_000, 700 }, "Full-page images are 0.4 % of it (5.0 MB).", "Half of"},
		{func(f *Facts) { f.FPIBytes, f.Images = 0, 0 }, "There is no full-page image among them.", "Why"},
		{func(f *Facts) { f.Over.Axis = "lsn" }, "1.2 GB of WAL in 1,000,000 records, with 1,000 commits", "busiest"},
		{func(f *Facts) { f.Transactions = []Transaction{{XID: 731, Status: "aborted", Bytes: 300_000_000}} },
			"The largest transaction, 731, wrote 300 MB (25 %); it was rolled back.", ""},
		{func(f *Facts) { f.TransactionStatus = []TransactionStatus{{"aborted", 9, 120_000_000}} },
			"9 transactions rolled back wrote 120 MB (10 %) for nothing.", ""},
		{func(f *Facts) { f.GapCount, f.GapBytes = 2, 5_000_000 }, "Records are missing in 2 places (5.0 MB), which the sums do not have.", "filter"},
		{func(f *Facts) { f.GapCount = 400_000 }, "The dump was made with a filter", "2 places"},
		{func(f *Facts) { f.RejectCount = 1 }, "1 line is no record and was left out.", ""},
		{func(f *Facts) { f.Records = 0 }, "There are no records.", "WAL"},
	} {
		f := orders()
		if c.change != nil {
			c.change(f)
		}
		var all []string
		for _, s := range findings(f) {
			all = append(all, s.String())
		}
		text := strings.ReplaceAll(strings.Join(all, " "), "\u00a0", " ")
		if !strings.Contains(text, c.want) {
			t.Errorf("want: %s\nin:   %s", c.want, text)
		}
		if c.absent != "" && strings.Contains(text, c.absent) {
			t.Errorf("%q is in: %s", c.absent, text)
		}
	}
}
