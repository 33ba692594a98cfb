package wal

import (
	"testing"
)

// writtenFiles serves WAL that a server is writing: a page has only its first half on
// the first read, and all of it on the next.
type writtenFiles struct {
	inMemory
	path   string
	offset int64 // of the page
	torn   *int  // how often it was read so
}

func (w writtenFiles) Open(path string) (File, error) {
	f, err := w.inMemory.Open(path)
	if err != nil || path != w.path {
		return f, err
	}
	return writtenFile{f.(memoryFile), w}, nil
}

type writtenFile struct {
	memoryFile
	writtenFiles
}

func (f writtenFile) ReadAt(p []byte, at int64) (int, error) {
	n, err := f.memoryFile.ReadAt(p, at)
	const page = 8192
	if at <= f.offset && f.offset+page <= at+int64(n) && *f.torn == 0 {
		*f.torn++
		clear(p[f.offset-at+page/2 : f.offset-at+page])
	}
	return n, err
}

// A record over several pages whose later page was half written when it was read is
// read again, whichever of its pages that is.
func TestPagesThatAreBeingWrittenAreReadAgain(t *testing.T) {
	d := loadDump(t, "testdata/18-1mb")
	set := d.find(t, Options{Start: d.start, End: d.end})
	want := scan(t, set, 1).rows
	tried := map[int]bool{}
	for _, r := range want {
		first := r.StartLSN &^ 8191
		for page := first; page < r.StartLSN+LSN(r.RecordLength); page += 8192 {
			which := int(page-first) / 8192
			segment := set.segmentAt(page)
			if tried[which] || which > 6 || segment != set.segmentAt(first) || page+4096 > r.StartLSN+LSN(r.RecordLength) {
				continue
			}
			tried[which] = true
			torn := 0
			files := writtenFiles{d.files, segment.Path, int64(page - set.begin(segment)), &torn}
			written, err := Find(d.files.paths(), files, Options{Start: r.StartLSN, End: d.end})
			if err != nil {
				t.Fatal(err)
			}
			torn = 0 // Find has read, too
			got := scan(t, written, 1)
			if got.err != nil {
				t.Errorf("page %d of the record at %v: %v", which, r.StartLSN, got.err)
			}
			if torn != 1 {
				t.Errorf("page %d of the record at %v was half written %d times", which, r.StartLSN, torn)
			}
			if len(got.rows) == 0 || got.rows[0].StartLSN != r.StartLSN {
				t.Errorf("page %d of the record at %v: %d rows", which, r.StartLSN, len(got.rows))
			}
		}
	}
	if !tried[0] || !tried[1] || !tried[2] {
		t.Errorf("pages %v of records were tried; at least 0, 1 and 2 are required", tried)
	}
}
