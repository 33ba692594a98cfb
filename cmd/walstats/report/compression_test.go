package report_test

import (
	"strings"
	"testing"

	"walstats/cmd/walstats/report"
)

// The page and the first finding say what wal_compression would save of WAL whose images are
// not compressed; of other input, and of WAL that has them compressed already, nothing.
func TestCompression(t *testing.T) {
	of := func(path, part string) *report.Facts {
		return gatherFrom(t, report.Source{Dumps: []string{path}, WAL: true, Part: part, Scratch: t.TempDir()})
	}
	f := of("../../../test/data/demo", "")
	if len(f.Compression) != 3 {
		t.Fatalf("%+v", f.Compression)
	}
	for _, c := range f.Compression {
		// Of 2.2 MB of images: more than a quarter, and not all.
		if c.SampledImages != f.Images || c.ErrorBytes != 0 || c.SavedBytes < f.FPIBytes/4 || c.SavedBytes > f.FPIBytes*9/10 {
			t.Errorf("%+v of %d images with %d bytes", c, f.Images, f.FPIBytes)
		}
	}
	page := writePage(t, f)
	if _, text := inspect(t, page); !strings.Contains(text, "What wal_compression would save") || !strings.Contains(text, "with wal_compression = lz4") {
		t.Errorf("the page does not say it:\n%s", text)
	}
	const folder = "../../../wal/testdata/18/wal"
	if f := of(folder, ", start_lsn := '0/8016D08', end_lsn := '0/8025A60'"); len(f.Compression) != 0 || f.Images < 58 {
		t.Errorf("of WAL with zstd: %+v of %d images", f.Compression, f.Images)
	}
	if f := of(folder, ", start_lsn := '0/8025C88', end_lsn := '0/814FF28'"); len(f.Compression) != 3 {
		t.Errorf("of WAL without: %+v of %d images", f.Compression, f.Images)
	}
	if f := gatherFrom(t, report.Source{Dumps: []string{"../../../test/data/demo"}, WAL: true, NoCompression: true, Scratch: t.TempDir()}); len(f.Compression) != 0 {
		t.Errorf("not asked for: %+v", f.Compression)
	}
	if f := gather(t, dump("pg14")); len(f.Compression) != 0 {
		t.Errorf("of text: %+v", f.Compression)
	}
}
