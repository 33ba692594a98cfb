package extension

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

const line = "rmgr: Heap        len (rec/tot):     54/    54, tx:          1, lsn: 0/00000028, prev 0/00000000, desc: INSERT off 1\n"

// packed is text in parts, each a gzip member, or a zstd or lz4 frame, of its own.
func packed(t *testing.T, how, text string, parts int) []byte {
	t.Helper()
	var out bytes.Buffer
	for i := range parts {
		part := text[len(text)*i/parts : len(text)*(i+1)/parts]
		var w io.WriteCloser
		switch how {
		case "gzip":
			w = gzip.NewWriter(&out)
		case "zstd":
			w, _ = zstd.NewWriter(&out)
		case "lz4":
			w = lz4.NewWriter(&out)
		}
		if _, err := io.WriteString(w, part); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return out.Bytes()
}

func writeDump(t *testing.T, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "wal.dump")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// records counts the rows of a file as one thread reads it.
func records(path string, o options) (n int, err error) {
	var s scan
	if err := s.begin(nil, []string{path}, o, nil); err != nil {
		return 0, err
	}
	defer s.Close()
	for r := (reader{scan: &s}); ; r.row = r.rows {
		more, err := r.advance()
		if err != nil || !more {
			return n, err
		}
		n += r.rows - r.row
	}
}

func TestPackedFilesOfSeveralParts(t *testing.T) {
	const lines = 40000 // more than a window of the stream
	text := strings.Repeat(line, lines)
	for _, how := range []string{"gzip", "zstd", "lz4"} {
		for _, parts := range []int{1, 2, 7} {
			n, err := records(writeDump(t, packed(t, how, text, parts)), defaultOptions())
			if n != lines || err != nil {
				t.Errorf("%s in %d parts: %d records, %v", how, parts, n, err)
			}
		}
	}
}

func TestPackedFileCutOrDamaged(t *testing.T) {
	text := strings.Repeat(line, 5000)
	for _, how := range []string{"gzip", "zstd", "lz4"} {
		whole := packed(t, how, text, 1)
		cut := whole[:len(whole)*2/3]
		damaged := bytes.Clone(whole)
		for i := len(damaged) / 3; i < len(damaged)/3+20; i++ {
			damaged[i] ^= 0x55
		}
		for what, data := range map[string][]byte{"cut": cut, "damaged": damaged} {
			if n, err := records(writeDump(t, data), defaultOptions()); err == nil || !strings.Contains(err.Error(), how+" data") || !strings.Contains(err.Error(), "behind byte") {
				t.Errorf("%s %s: %d records, %v", how, what, n, err)
			}
		}
	}
}

// A scan that ends early leaves no goroutine behind.
func TestScanThatEndsEarlyLeavesNothing(t *testing.T) {
	before := runtime.NumGoroutine()
	text := strings.Repeat(line, 300000)
	for _, how := range []string{"gzip", "zstd", "lz4"} {
		path := writeDump(t, packed(t, how, text, 1))
		for range 5 {
			var s scan
			if err := s.begin(nil, []string{path}, defaultOptions(), nil); err != nil {
				t.Fatal(err)
			}
			r := reader{scan: &s}
			if more, err := r.advance(); !more || err != nil {
				t.Fatalf("%s: %v, %v", how, more, err)
			}
			s.Close()
		}
	}
	for wait := time.Now(); runtime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
		if time.Since(wait) > 5*time.Second {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
	}
}

// A pipe whose writer falls silent: the records that are there can be read, and
// closing the scan does not wait for the writer.
func TestSilentPipe(t *testing.T) {
	in, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	s := newStream(in, &counted{}, func() { in.Close() })
	io.WriteString(out, strings.Repeat(line, 3))
	limit, err := s.reach(0, streamChunk)
	if err != nil || limit != int64(2*len(line)) {
		t.Errorf("reach = %d, %v; want the start of the last record, %d", limit, err, 2*len(line))
	}
	waiting := make(chan error)
	go func() {
		_, err := s.reach(int64(3*len(line)), streamChunk)
		waiting <- err
	}()
	time.Sleep(2 * streamLinger)
	s.close()
	select {
	case err := <-waiting:
		if !errors.Is(err, os.ErrClosed) {
			t.Errorf("a reader that waited: %v", err)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("a reader waits for ever")
	}
}

// What is unpacked ahead is bounded, and a record longer than that is read still.
func TestStreamWindow(t *testing.T) {
	s := newStream(strings.NewReader(strings.Repeat("x", 4*streamAhead)), &counted{}, func() {})
	defer s.close()
	if _, _, err := s.read(make([]byte, 10), 0, 10); err != nil {
		t.Fatal(err)
	}
	time.Sleep(50 * time.Millisecond)
	s.mu.Lock()
	if s.produced > streamAhead+streamChunk {
		t.Errorf("%d bytes are read ahead", s.produced)
	}
	s.mu.Unlock()
	if n, last, err := s.read(make([]byte, 5*streamAhead), 0, 5*streamAhead); n != 4*streamAhead || !last || err != nil {
		t.Errorf("read = %d, %v, %v", n, last, err)
	}
}

func TestByteRangesTile(t *testing.T) {
	text := strings.Repeat(line, 1000)
	path := writeDump(t, []byte(text))
	for _, parts := range []int{1, 2, 3, 7, 64} {
		total := 0
		for i := range parts {
			o := defaultOptions()
			o.byteRange = &byteRange{uint64(len(text) * i / parts), uint64(len(text) * (i + 1) / parts)}
			n, err := records(path, o)
			if err != nil {
				t.Fatal(err)
			}
			total += n
		}
		if total != 1000 {
			t.Errorf("%d parts: %d records", parts, total)
		}
	}
}
