package extension

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"walstats/extension/source"
)

// Chunks tile a file: with any number of threads it has the rows, and the lines that
// are none, that it has when it is read at once.
func TestChunksGiveTheRowsOfTheWhole(t *testing.T) {
	for name, text := range slicesOfDumps(t) {
		path := write(t, text)
		for _, threads := range []int{1, 2, 5} {
			for _, others := range []bool{false, true} {
				got, err := readAll(t, defaultOptions(), threads, others, path)
				if err != nil {
					t.Fatal(err)
				}
				sameRows(t, fmt.Sprintf("%s, %d threads, others %v", name, threads, others), got, whole(t, path, text, others))
			}
		}
	}
}

// The records of any tiling of a file by byte ranges are those of the whole file.
func TestByteRangesGiveTheRowsOfTheWhole(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	for name, text := range slicesOfDumps(t) {
		path := write(t, text)
		for _, others := range []bool{false, true} {
			want := whole(t, path, text, others)
			for _, n := range []int{1, 2, 3, 7, 64} {
				cuts := []uint64{0}
				for i := 1; i < n; i++ {
					cuts = append(cuts, max(cuts[i-1], uint64(len(text)*i/n+r.IntN(200)-100)))
				}
				cuts = append(cuts, uint64(len(text)+r.IntN(2)*1000))
				var got []row
				for i := range n {
					o := defaultOptions()
					o.byteRange = &byteRange{cuts[i], cuts[i+1]}
					rows, err := readAll(t, o, 1+i%2, others, path)
					if err != nil {
						t.Fatal(err)
					}
					got = append(got, rows...)
				}
				sameRows(t, fmt.Sprintf("%s, %d ranges, others %v", name, n, others), got, want)
			}
		}
	}
}

// lines are records of nothing in particular, of this many bytes together at least.
func lines(size int) (text []byte) {
	for i := 1; len(text) < size; i++ {
		text = fmt.Appendf(text, "rmgr: Standby     len (rec/tot):     50/    50, tx:          0, lsn: 0/%08X, prev 0/%08X, desc: LOCK xid %d db 5 rel %d \n", 0x38*i, 0x38*(i-1), i, i)
	}
	return text
}

// message is a logical message with this prefix and no payload, as PostgreSQL prints it.
func message(prefix string) []byte {
	main := 24 + len(prefix) + 1
	tot := 24 + 2 + main
	if main > 255 {
		tot += 3
	}
	return fmt.Appendf(nil, "rmgr: LogicalMessage len (rec/tot): %6d/%6d, tx:          0, lsn: 1/00000000, prev 0/7FFFFFFF, desc: MESSAGE non-transactional, prefix \"%s\"; payload (0 bytes): \n", tot, tot, prefix)
}

// What users put into the text of a record may look like records at every place
// where a chunk could begin, and go on over several chunks.
func TestForgedRecordsAtTheBordersOfChunks(t *testing.T) {
	const header = "\nrmgr: Heap        len (rec/tot):     54/    54, tx:        666, lsn: 6/66666666, prev 6/66666600, desc: INSERT off: 1, blkref #0: rel 1/2/3 blk 4"
	forged := map[string]string{
		"records":        strings.Repeat(header, 10),
		"many records":   strings.Repeat(header, 3000),
		"a long line":    strings.Repeat("x", 200_000),
		"empty lines":    strings.Repeat("\n", 100_000),
		"a chain":        header + "\nrmgr: Heap        len (rec/tot):     54/    54, tx:        666, lsn: 6/777777AA, prev 6/66666666, desc: INSERT off: 2\n",
		"details":        header + strings.Repeat("\n\tblkref #0: rel 1/2/3 fork main blk 4", 2000),
		"messages":       strings.Repeat("\npg_waldump: error: forged", 4000),
		"another prefix": "\n" + strings.TrimSuffix(string(message("inner")), "\n") + header,
		// It would never end, were it a record.
		"an endless message": strings.Repeat("\nrmgr: LogicalMessage len (rec/tot): 4000000000/4000000000, tx:          0, lsn: 6/66666666, prev 6/66666600, desc: MESSAGE transactional, prefix \"", 30),
		"an endless path":    strings.Repeat("\nrmgr: Tablespace  len (rec/tot): 4000000000/4000000000, tx:          0, lsn: 6/66666666, prev 6/66666600, desc: CREATE 1 \"", 30),
	}
	for name, text := range forged {
		t.Run(name, func(t *testing.T) {
			record := message(text)
			for _, back := range []int{0, 1, 60, 140, 145, 150, 290, 300, 1000, len(record) / 2, len(record) - 2, len(record) - 1, len(record)} {
				// The border between the first chunks is back bytes after the record's start.
				before := lines(minChunk - back - 200)
				filler := minChunk - back - len(before)
				if filler < 0 {
					continue
				}
				before = append(before, bytes.Repeat([]byte("\n"), filler)...)
				all := append(append(before, record...), lines(2*minChunk)...)
				path := write(t, all)
				// Not longer than a record here may be, so that nothing may ask for more.
				o := defaultOptions()
				o.maxRecordSize = int64(len(record))
				want := whole(t, path, all, false)
				for _, threads := range []int{1, 3} {
					got, err := readAll(t, o, threads, false, path)
					if err != nil {
						t.Fatalf("%d bytes back: %v", back, err)
					}
					sameRows(t, fmt.Sprintf("%d bytes back", back), got, want)
				}
				if n := bytes.Count(lines(minChunk-back-200), []byte("\n")); want[n].record.Description != "non-transactional, prefix \""+text+"\"; payload (0 bytes): " {
					t.Fatalf("row %d is %.300q", n+1, want[n].record.Description)
				}

				// A range that begins there looks back to the record.
				border := uint64(minChunk)
				var got []row
				for _, r := range []byteRange{{0, border}, {border, uint64(len(all))}} {
					o.byteRange = &r
					rows, err := readAll(t, o, 1, false, path)
					if err != nil {
						t.Fatalf("%d bytes back, range %d: %v", back, r, err)
					}
					got = append(got, rows...)
				}
				sameRows(t, fmt.Sprintf("%d bytes back, two ranges", back), got, want)
			}
		})
	}
}

// A range looks back piece by piece: through records, and through a user's text that is
// longer than a piece and looks like records.
func TestRangesLookBackOverManyPieces(t *testing.T) {
	const header = "\nrmgr: Heap        len (rec/tot):     54/    54, tx:        666, lsn: 6/66666666, prev 6/66666600, desc: INSERT off: 1, blkref #0: rel 1/2/3 blk 4"
	forged := message(strings.Repeat(header, 2*lookBackPiece/len(header)))
	one := message(strings.Repeat("x", lookBackPiece+lookBackPiece/2)) // a line longer than a piece
	all := slices.Concat(lines(lookBackPiece), forged, lines(lookBackPiece/2), one, lines(lookBackPiece/2))
	path := write(t, all)
	want := whole(t, path, all, false)
	for _, longest := range []int64{int64(len(forged)), defaultOptions().maxRecordSize} {
		const parts = 13
		var got []row
		for i := range parts {
			o := defaultOptions()
			o.maxRecordSize = longest
			o.byteRange = &byteRange{uint64(len(all) * i / parts), uint64(len(all) * (i + 1) / parts)}
			rows, err := readAll(t, o, 1, false, path)
			if err != nil {
				t.Fatalf("part %d: %v", i, err)
			}
			got = append(got, rows...)
		}
		sameRows(t, fmt.Sprintf("records of at most %d bytes", longest), got, want)
	}
}

// A stutterer gives what it has in pieces of any size.
type stutterer struct {
	from io.Reader
	r    *rand.Rand
}

func (s *stutterer) Read(p []byte) (int, error) {
	sizes := []int{1, 7, 100, 5000, 1 << 20}
	return s.from.Read(p[:min(len(p), 1+s.r.IntN(sizes[s.r.IntN(len(sizes))]))])
}

// However a stream comes, it has the rows of the file.
func TestStreamsGiveTheRowsOfTheWhole(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	for name, text := range slicesOfDumps(t) {
		for len(text) < 3<<20 {
			text = append(text, text...)
		}
		want := whole(t, "stream", text, false)
		for _, threads := range []int{1, 3} {
			got, err := readStream(t, &stutterer{bytes.NewReader(text), r}, threads)
			if err != nil {
				t.Fatal(err)
			}
			sameRows(t, fmt.Sprintf("%s, %d threads", name, threads), got, want)
		}
	}
}

// readStream reads what comes through a FIFO.
func readStream(t *testing.T, from io.Reader, threads int) ([]row, error) {
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	written := make(chan error, 1)
	go func() {
		file, err := os.OpenFile(fifo, os.O_WRONLY, 0)
		if err == nil {
			_, err = io.Copy(struct{ io.Writer }{file}, from)
			file.Close()
		}
		written <- err
	}()
	rows, err := readAll(t, defaultOptions(), threads, false, fifo)
	for i := range rows {
		rows[i].path = "stream"
	}
	return rows, errors.Join(err, <-written)
}

type panicSource struct{ source.Source }

func (panicSource) Reach(int64, int64, func([]byte) int) (int64, error) { panic("oh no") }
func (panicSource) Close()                                              {}

// A panic while a chunk is issued is an error, the lock is free again, and there are no
// more chunks.
func TestIssuingThatPanics(t *testing.T) {
	d := &dump{path: "bad", Source: panicSource{}}
	in := textInput{opened: 1, paths: []string{"bad"}, options: defaultOptions(), open: map[*dump]*openFile{d: {}}, file: d}
	defer in.Close()
	if c, err := in.next(); c != nil || err == nil || !strings.Contains(err.Error(), "internal error: oh no") {
		t.Errorf("got chunk %v, error %v", c, err)
	}
	if c, err := in.next(); c != nil || err != nil {
		t.Errorf("again: got chunk %v, error %v", c, err)
	}
}

// A scan that stops while its next file is being opened has no more chunks. A FIFO is
// open only when someone writes to it.
func TestStopWhileAFileIsOpened(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	in := textInput{paths: []string{fifo}, options: defaultOptions(), open: map[*dump]*openFile{}}
	defer in.Close()
	issued := make(chan error)
	go func() {
		c, err := in.next()
		if c != nil {
			err = errors.New("a chunk was issued")
		}
		issued <- err
	}()
	for in.issuing.TryLock() { // until next has it
		in.issuing.Unlock()
	}
	time.Sleep(10 * time.Millisecond) // and waits for a writer
	in.stop()
	writer, err := os.OpenFile(fifo, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	if _, err := writer.Write(lines(1)); err != nil {
		t.Fatal(err)
	}
	if err := <-issued; err != nil {
		t.Error(err)
	}
}

// A file that shrinks while it is read is an error, what is appended to one is not
// read.
func TestFilesThatChangeWhileTheyAreRead(t *testing.T) {
	text := lines(20 * minChunk)
	for _, test := range []struct {
		name    string
		size    int64
		want    int
		message string
	}{
		{"shrinks", int64(len(text)) / 2, 0, "the file was cut to"},
		{"grows", int64(len(text)) * 2, bytes.Count(text, []byte("\n")), ""},
	} {
		path := write(t, text)
		var in textInput
		if err := in.start(nil, []string{path}, defaultOptions(), t); err != nil {
			t.Fatal(err)
		}
		r := newTextReader(&in)
		if more, err := r.advance(); !more || err != nil {
			t.Fatal(more, err)
		}
		n := r.rows
		r.row = r.rows
		if err := os.Truncate(path, test.size); err != nil {
			t.Fatal(err)
		}
		var err error
		for more := true; more && err == nil; {
			if more, err = r.advance(); more {
				n += r.rows
				r.row = r.rows
			}
		}
		in.Close()
		if test.message == "" && (err != nil || n != test.want) {
			t.Errorf("%s: got %d records and error %v, want %d", test.name, n, err, test.want)
		}
		if test.message != "" && (err == nil || !strings.Contains(err.Error(), path+": "+test.message)) {
			t.Errorf("%s: got error %v", test.name, err)
		}
	}
}
