package report

import "fmt"

// A WhatIf is what fewer checkpoints would have saved: see wal_what_if_checkpoints.
type WhatIf struct {
	Times       int64   `json:"times"` // as rare; 0 for none at all
	SavedImages int64   `json:"saved_images"`
	SavedBytes  int64   `json:"saved_bytes"`
	HintBytes   int64   `json:"hint_bytes"`
	Share       float64 `json:"share"` // of all WAL
}

// Bytes returns what would be saved in all.
func (w WhatIf) Bytes() int64 { return w.SavedBytes + w.HintBytes }

// Label names the case.
func (w WhatIf) Label() string {
	switch w.Times {
	case 0:
		return "no checkpoint"
	case 2:
		return "half as many checkpoints"
	}
	return fmt.Sprintf("a checkpoint in %d", w.Times)
}

// whatIf simulates fewer checkpoints, where there are two or more, and images are 1 % of
// the WAL or more.
func (g gatherer) whatIf() (err error) {
	f := g.facts
	f.WhatIf = []WhatIf{}
	if f.CheckpointCount < 2 || f.FPIBytes < f.Bytes/100 || f.FPIBytes == 0 {
		return nil
	}
	f.WhatIf, err = list(g.ctx, g.db, `SELECT coalesce(times, 0), saved_images, saved_bytes, hint_bytes, share FROM wal_what_if_checkpoints WHERE saved_images > 0`,
		func(w *WhatIf) []any { return []any{&w.Times, &w.SavedImages, &w.SavedBytes, &w.HintBytes, &w.Share} })
	return err
}

// fewerCheckpoints says what half as many checkpoints would have saved, if it is 1 % of
// the WAL or more.
func fewerCheckpoints(f *Facts) Finding {
	for _, w := range f.WhatIf {
		if w.Times == 2 && w.Share >= .01 {
			return Finding{percent(w.Share), say("of the WAL would not have been written with half as many checkpoints: " + size(w.Bytes()) +
				" of images of pages that had one before. A larger max_wal_size or checkpoint_timeout makes them rarer.")}
		}
	}
	return Finding{}
}
