package parser

import (
	"os"
	"testing"

	"walstats/record"
)

// benchDump is the text the benchmarks read: the file that DUMP names, or the
// bundled PostgreSQL 14 dump; at most 64 MiB of it.
func benchDump(b *testing.B) []byte {
	b.Helper()
	path := os.Getenv("DUMP")
	if path == "" {
		path = "../test/data/pg14.waldump.gz"
	}
	text := read(b, path)
	if len(text) > 64<<20 {
		text = text[:64<<20]
	}
	return text
}

const benchBlock = 1 << 20

func benchmarkScan(b *testing.B, batch *record.Batch) {
	text := benchDump(b)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	b.ResetTimer()
	var x Index
	var f Filler
	for b.Loop() {
		for from := 0; from < len(text); {
			x.Reset()
			block := text[from:]
			next, _ := x.Scan(block, 0, benchBlock, true)
			from += next
			if batch == nil {
				continue
			}
			for row := 0; row < x.Len(); {
				batch.Reset()
				n, err := f.Fill(&x, batch, block, row, record.BatchRows)
				if err != nil {
					b.Fatal(err)
				}
				row += n
			}
		}
	}
}

func BenchmarkCount(b *testing.B) { benchmarkScan(b, nil) }

func BenchmarkAllColumns(b *testing.B) { benchmarkScan(b, record.NewBatch()) }

// BenchmarkAllColumnsTwin is BenchmarkAllColumns with the twin.
func BenchmarkAllColumnsTwin(b *testing.B) {
	text := benchDump(b)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		var r record.Record
		logical(text, func(record []byte, details [][]byte) { r = twinRecord(record, details) })
		if r.ResourceManager == "" {
			b.Fatal("no records")
		}
	}
}

func BenchmarkResourceManager(b *testing.B) {
	all := record.NewBatch()
	benchmarkScan(b, &record.Batch{ResourceManager: all.ResourceManager, RecordLength: all.RecordLength})
}

func BenchmarkRecordType(b *testing.B) {
	benchmarkScan(b, &record.Batch{RecordType: record.NewBatch().RecordType})
}

func BenchmarkDescription(b *testing.B) {
	benchmarkScan(b, &record.Batch{Description: record.NewBatch().Description})
}

func BenchmarkRelation(b *testing.B) {
	benchmarkScan(b, &record.Batch{RelFileNode: record.NewBatch().RelFileNode})
}

// BenchmarkHeader compares the two ways through a record's fixed part.
func BenchmarkHeader(b *testing.B) {
	line := append([]byte("rmgr: Heap        len (rec/tot):     54/  3650, tx:    1113866, lsn: 0/06EBFE10, prev 0/06EBFDD0, desc: INSERT off 19\n"), make([]byte, fastHeader)...)
	var e extent
	c := noLSN
	b.Run("words", func(b *testing.B) {
		for b.Loop() {
			header(line, &e, &c)
		}
	})
	b.Run("bytes", func(b *testing.B) {
		for b.Loop() {
			headerSlow(line, &e)
		}
	})
}
