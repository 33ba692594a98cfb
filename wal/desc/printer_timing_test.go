package desc

import (
	"testing"
	"time"
)

func BenchmarkLine(b *testing.B) {
	all := pgbench(b)
	p := NewPrinter(time.UTC)
	dst := make([]byte, 0, 1<<16)
	for i := range all {
		dst, _ = p.AppendLine(dst, &all[i], false)
	}
	b.SetBytes(int64(len(dst)))
	for b.Loop() {
		dst = dst[:0]
		for i := range all {
			dst, _ = p.AppendLine(dst, &all[i], false)
		}
	}
	b.ReportMetric(float64(len(all)*b.N)/b.Elapsed().Seconds()/1e6, "Mrecords/s")
}

func BenchmarkDescription(b *testing.B) {
	all := pgbench(b)
	p := NewPrinter(time.UTC)
	dst := make([]byte, 0, 1<<16)
	for i := range all {
		dst, _ = p.Append(dst, &all[i])
	}
	b.SetBytes(int64(len(dst)))
	for b.Loop() {
		dst = dst[:0]
		for i := range all {
			dst, _ = p.Append(dst, &all[i])
		}
	}
	b.ReportMetric(float64(len(all)*b.N)/b.Elapsed().Seconds()/1e6, "Mrecords/s")
}
