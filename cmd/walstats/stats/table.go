// Package stats prints the table of pg_waldump --stats.
package stats

import (
	"fmt"
	"io"
)

// A Row has the sums of a resource manager or a record type. Sizes are in bytes;
// percentages are of the column. The names are those of pg_get_wal_stats.
type Row struct {
	Name                   string  `json:"resource_manager/record_type"`
	Count                  int64   `json:"count"`
	CountPercentage        float64 `json:"count_percentage"`
	RecordSize             int64   `json:"record_size"`
	RecordSizePercentage   float64 `json:"record_size_percentage"`
	FPISize                int64   `json:"fpi_size"`
	FPISizePercentage      float64 `json:"fpi_size_percentage"`
	CombinedSize           int64   `json:"combined_size"`
	CombinedSizePercentage float64 `json:"combined_size_percentage"`
}

// Complete fills the combined sizes and the percentages of rows.
func Complete(rows []Row) {
	var total Row
	for i := range rows {
		r := &rows[i]
		r.CombinedSize = r.RecordSize + r.FPISize
		total.add(r)
	}
	of := func(part, whole int64) float64 {
		if whole == 0 {
			return 0
		}
		return 100 * float64(part) / float64(whole)
	}
	for i := range rows {
		r := &rows[i]
		r.CountPercentage = of(r.Count, total.Count)
		r.RecordSizePercentage = of(r.RecordSize, total.RecordSize)
		r.FPISizePercentage = of(r.FPISize, total.FPISize)
		r.CombinedSizePercentage = of(r.CombinedSize, total.CombinedSize)
	}
}

func (r *Row) add(other *Row) {
	r.Count += other.Count
	r.RecordSize += other.RecordSize
	r.FPISize += other.FPISize
	r.CombinedSize += other.CombinedSize
}

// Write writes the table as XLogDumpDisplayStats does
// (src/bin/pg_waldump/pg_waldump.c), whose formats these are.
func Write(w io.Writer, rows []Row) error {
	const header = "%-27s %20s %8s %20s %8s %20s %8s %20s %8s\n"
	text := fmt.Appendf(nil, header, "Type", "N", "(%)", "Record size", "(%)", "FPI size", "(%)", "Combined size", "(%)")
	text = fmt.Appendf(text, header, "----", "-", "---", "-----------", "---", "--------", "---", "-------------", "---")
	var total Row
	for i := range rows {
		r := &rows[i]
		text = fmt.Appendf(text, "%-27s %20d (%6.02f) %20d (%6.02f) %20d (%6.02f) %20d (%6.02f)\n", r.Name,
			r.Count, r.CountPercentage, r.RecordSize, r.RecordSizePercentage,
			r.FPISize, r.FPISizePercentage, r.CombinedSize, r.CombinedSizePercentage)
		total.add(r)
	}
	ofAll := func(size int64) string { // of the combined size
		percentage := 0.0
		if total.CombinedSize > 0 {
			percentage = 100 * float64(size) / float64(total.CombinedSize)
		}
		return fmt.Sprintf("[%.02f%%]", percentage)
	}
	text = fmt.Appendf(text, "%-27s %20s %8s %20s %8s %20s %8s %20s\n", "", "--------", "", "--------", "", "--------", "", "--------")
	text = fmt.Appendf(text, "%-27s %20d %-9s%20d %-9s%20d %-9s%20d %-6s\n", "Total", total.Count, "",
		total.RecordSize, ofAll(total.RecordSize), total.FPISize, ofAll(total.FPISize), total.CombinedSize, "[100%]")
	_, err := w.Write(text)
	return err
}
