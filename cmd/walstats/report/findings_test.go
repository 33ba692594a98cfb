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
			CheckpointCount:   3,
			CheckpointSeconds: 60, CheckpointDistance: 400_000_000,
			ImageCauses:   ImageCauses{FirstTouch: 864_000_000},
			ImageRelation: &index,
			Tables:        []Table{{Share: .2}, {Name: "public.orders", Share: .7, Files: 2, Sums: Sums{Records: 300_000, Bytes: 840_000_000}}},
			NamesKnown:    true,
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
		{nil, "70 % is of the table public.orders with its indexes and TOAST: 840 MB in 300,000 records.", "relation"},
		{nil, "72 % is full-page images: 864 MB in 110,000 pages. 81 % of them are of the index public.orders_pkey of public.orders.", "hint"},
		{nil, "100 % of the images are for pages changed for the first time after a checkpoint.", "hint"},
		{nil, "1 min from one checkpoint to the next, with 400 MB of WAL: the medians of 3.", "for nothing"},
		{nil, "4.0 × the average was written in the busiest 1 min, from 16:04 on: 480 MB, 92 % of it by Btree.", "filter"},
		{func(f *Facts) { f.NamesKnown, f.Tables[1].Name, f.Tables[1].Files = false, "1663/5/16400", 1 },
			"70 % is of the relation 1663/5/16400: 840 MB", "TOAST"},
		{func(f *Facts) { f.Tables[1].Share = .05 }, "WAL", "is of the table"},
		{func(f *Facts) { f.ImageCauses = ImageCauses{FirstTouch: 64_000_000, Hint: 800_000_000} },
			"93 % of the images are for pages of which only hint bits changed (checksums or wal_log_hints are on) and 7.4 % for pages changed for the first time after a checkpoint.", ""},
		{func(f *Facts) { f.FPIBytes, f.Images = 5_000_000, 700 }, "0.4 % is full-page images: 5.0 MB in 700 pages.", "of the images"},
		{func(f *Facts) { f.FPIBytes, f.Images = 0, 0 }, "0 full-page images are among them.", "of the images"},
		{func(f *Facts) { f.Over.Axis = "lsn" }, "1.2 GB of WAL in 1,000,000 records, with 1,000 commits", "busiest"},
		{func(f *Facts) { f.CheckpointSeconds = 0 }, "400 MB of WAL from one checkpoint to the next: the median of 3.", "1 min from"},
		{func(f *Facts) { f.CheckpointSeconds, f.CheckpointDistance = 0, 27_000 }, "1.2 GB of WAL in", "one checkpoint to the next"},
		{func(f *Facts) { f.Over.NoTime.Bytes = 600_000_000 }, "(1.0 MB a second)", ""},
		{func(f *Facts) { f.Transactions = []Transaction{{XID: 731, Status: "aborted", Bytes: 300_000_000}} },
			"25 % was written by one transaction, 731: 300 MB; it was rolled back.", ""},
		{func(f *Facts) {
			f.Transactions = []Transaction{{XID: 731, Status: "committed", Bytes: 300_000_000, Changes: []Change{{Relation: "public.orders", Updated: 2_000_000, HOTUpdated: 500_000}}}}
		}, "it committed. In public.orders: 2,000,000 updated (500,000 HOT).", ""},
		{func(f *Facts) { f.Over.Peak = &Peak{"public.orders", 475_200_000, 480_000_000} }, "on: 480 MB, 99 % of it of the table public.orders.", "Btree"},
		{func(f *Facts) { f.TransactionStatus = []TransactionStatus{{"aborted", 9, 120_000_000}} },
			"10 % was written for nothing: 120 MB by 9 transactions that rolled back.", ""},
		{func(f *Facts) {
			f.Compression = []Compression{{Method: "pglz", SavedBytes: 480_000_000, Share: .4}, {Method: "lz4", SavedBytes: 456_000_000, ErrorBytes: 9_000_000, Share: .38}, {Method: "zstd", SavedBytes: 540_000_000, Share: .45}}
		}, "38 % of the WAL would not have been written with wal_compression = lz4: 456 MB ± 9.0 MB of full-page images; zstd would have saved 45 %.", "pglz"},
		{func(f *Facts) { f.Compression = []Compression{{Method: "pglz", SavedBytes: 480_000_000, Share: .4}} },
			"40 % of the WAL would not have been written with wal_compression = on: 480 MB of full-page images.", "zstd"},
		{func(f *Facts) { f.Compression = []Compression{{Method: "pglz", SavedBytes: 10_000_000, Share: .008}} }, "1.2 GB", "wal_compression"},
		{func(f *Facts) {
			f.Indexed = []Indexed{{Table: "public.orders", Bytes: 780_000_000, Share: .65, Largest: "public.orders_pkey", MostBytes: 720_000_000, Updates: 200_000, HOTUpdates: 50_000}}
		}, "65 % is of the indexes of the table public.orders: 780 MB. 75 % of its 200,000 updates were not HOT, so each wrote to every index.", ""},
		{func(f *Facts) {
			f.Indexed = []Indexed{{Table: "public.orders", Bytes: 780_000_000, Share: .65, Largest: "public.orders_pkey", MostBytes: 720_000_000, Updates: 200_000, HOTUpdates: 190_000}}
		}, "60 % is of the index public.orders_pkey, the largest of the table public.orders: 720 MB.", "HOT"},
		{func(f *Facts) {
			f.Indexed = []Indexed{{Table: "public.orders", Bytes: 18_000_000, Share: .015, Largest: "public.orders_pkey", MostBytes: 18_000_000, Updates: 200_000}}
		}, "1.2 GB", "orders_pkey, the largest"},
		{func(f *Facts) { f.GapCount, f.GapBytes = 2, 5_000_000 }, "Records are missing in 2 places (5.0 MB), which the sums do not have.", "filter"},
		{func(f *Facts) { f.GapCount = 400_000 }, "The dump was made with a filter", "2 places"},
		{func(f *Facts) { f.RejectCount = 1 }, "1 line is no record and was left out.", ""},
		{func(f *Facts) { f.RejectCount, f.Rejects = 2, make([]Reject, 2) }, "The WAL is damaged in 2 places: what was there is not in the sums.", ""},
		{func(f *Facts) { f.RejectCount, f.Rejects, f.GapCount, f.GapBytes = 1, make([]Reject, 1), 1, 1000 }, "Records are missing in one place (1.0 kB), which the sums do not have.", "damaged"},
		{func(f *Facts) { f.Records = 0 }, "0 records were found.", "WAL"},
	} {
		f := orders()
		if c.change != nil {
			c.change(f)
		}
		var all []string
		for _, found := range findings(f) {
			all = append(all, found.String())
		}
		for _, warning := range warnings(f) {
			all = append(all, warning.String())
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
