package extension

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"walstats/extension/source"
)

// A fakeHost has files by their URLs. Like fsspec's memory file system it gives all who
// open a file one object with one position; and like Python it wants no goroutine of ours.
type fakeHost struct {
	t       testing.TB
	files   map[string]*fakeFile
	handles atomic.Int64 // that are open
}

type fakeFile struct {
	host     *fakeHost
	text     []byte
	position atomic.Int64
	broken   int   // reads after this fail, if it is not 0
	longer   int64 // than it is, it says
}

func newFakeHost(t testing.TB, texts map[string][]byte) *fakeHost {
	h := &fakeHost{t: t, files: map[string]*fakeFile{}}
	for url, text := range texts {
		h.files[url] = &fakeFile{host: h, text: text}
	}
	return h
}

func (h *fakeHost) Open(path string) (source.HostFile, error) {
	h.checkGoroutine()
	f := h.files[path]
	if f == nil {
		return nil, errors.New("no such file")
	}
	f.position.Store(0)
	h.handles.Add(1)
	return f, nil
}

func (h *fakeHost) Restricts() bool { return false }
func (h *fakeHost) threads() uint64 { return 0 }
func (h *fakeHost) close()          {}

// checkGoroutine wants to be called by one that stands for a thread of the host.
func (h *fakeHost) checkGoroutine() {
	stack := make([]byte, 64<<10)
	if stack = stack[:runtime.Stack(stack, false)]; !bytes.Contains(stack, []byte("hostThread")) {
		h.t.Errorf("a goroutine of ours comes to the host:\n%s", stack)
	}
}

func (f *fakeFile) ReadAt(p []byte, offset int64) (int, error) {
	f.host.checkGoroutine()
	f.position.Store(offset)
	runtime.Gosched()
	at := f.position.Load()
	if f.broken > 0 && int(at)+len(p) > f.broken {
		return 0, errors.New("the disk is on fire")
	}
	n := copy(p, f.text[min(at, int64(len(f.text))):])
	f.position.Add(int64(n))
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (f *fakeFile) Size() (int64, error) {
	return int64(len(f.text)) + f.longer, nil
}

func (f *fakeFile) Close() error {
	f.host.checkGoroutine()
	f.host.handles.Add(-1)
	return nil
}

// readURLs is what the files have, for so many threads of the host.
func readURLs(t testing.TB, h *fakeHost, o options, threads int, others bool, urls ...string) (rows []row, err error) {
	t.Helper()
	hostThread(func() { rows, err = readAllFrom(t, h, o, threads, others, urls...) })
	if n := h.handles.Load(); n != 0 {
		t.Errorf("%d handles are open", n)
	}
	return rows, err
}

// A dump has the same rows wherever it lies, packed or not, for any number of threads,
// even where they share one position; and no goroutine of ours reads it.
func TestURLs(t *testing.T) {
	text := lines(20 * minChunk)
	small := slicesOfDumps(t)
	texts := map[string][]byte{"memory://plain": text, "memory://empty": nil}
	for _, how := range []string{"gzip", "zstd", "lz4"} {
		texts["memory://"+how] = compressed(t, how, string(text), 3)
	}
	for name, dump := range small {
		texts["memory://"+name] = dump
	}
	for _, threads := range []int{1, 4} {
		for name := range texts {
			want := whole(t, name, text, false)
			if dump, is := small[strings.TrimPrefix(name, "memory://")]; is {
				want = whole(t, name, dump, false)
			} else if name == "memory://empty" {
				want = nil
			}
			o := defaultOptions()
			o.ignoreErrors = true
			got, err := readURLs(t, newFakeHost(t, texts), o, threads, false, name)
			if err != nil {
				t.Fatal(err)
			}
			sameRows(t, name, got, want)
		}
	}
}

// No goroutine reads a URL.
func TestURLsAreReadWithoutPrefetching(t *testing.T) {
	const url = "memory://a"
	text := lines(20 * minChunk)
	h := newFakeHost(t, map[string][]byte{url: text})
	o := defaultOptions()
	o.threads = 4
	hostThread(func() {
		in, err := readWaldump.input.start(call{"read_waldump", h, []string{url}, o, t})
		if err != nil {
			t.Fatal(err)
		}
		defer in.Close()
		if in.Threads != 1 {
			t.Errorf("%d threads may read", in.Threads)
		}
		var s statistics
		var other textInput
		defer other.Close()
		if err := other.start(h, []string{url}, o, t); err != nil {
			t.Fatal(err)
		}
		if _, err := s.computeText(&other); err != nil {
			t.Fatal(err)
		}
		if want := int64(bytes.Count(text, []byte("\n"))); s.total.count != want {
			t.Errorf("waldump_stats: got %d records, want %d", s.total.count, want)
		}
	})
}

// Two scans of one file, under two of its names, at once.
func TestURLsTakeTurns(t *testing.T) {
	text := lines(8 * minChunk)
	h := newFakeHost(t, map[string][]byte{"memory://a": text})
	h.files["memory:///a"] = h.files["memory://a"]
	var running sync.WaitGroup
	for _, url := range []string{"memory://a", "memory:///a", "memory://a"} {
		running.Go(func() {
			hostThread(func() {
				got, err := readAllFrom(t, h, defaultOptions(), 2, false, url)
				if err != nil {
					t.Error(err)
				}
				sameRows(t, url, got, whole(t, url, text, false))
			})
		})
	}
	running.Wait()
}

func TestURLErrors(t *testing.T) {
	const url = "memory://a.waldump"
	text := lines(20 * minChunk)
	for name, test := range map[string]struct {
		trouble func(f *fakeFile)
		text    []byte
		o       func(o *options)
		want    string
	}{
		"a read":          {func(f *fakeFile) { f.broken = 9 * minChunk }, text, nil, url + " (byte "},
		"the first read":  {func(f *fakeFile) { f.broken = 1 }, text, nil, url + ": the disk is on fire"},
		"a packed read":   {func(f *fakeFile) { f.broken = 1 << 10 }, compressed(t, "gzip", string(text), 1), nil, url + ": the gzip data is corrupt"},
		"cut":             {func(f *fakeFile) { f.longer = 1 << 20 }, text, nil, url + ": the file was cut to "},
		"a device":        {func(f *fakeFile) { f.longer = -int64(len(text)) }, text, nil, url + ": has more bytes than DuckDB knows of"},
		"packed, a range": {nil, compressed(t, "gzip", string(text), 1), func(o *options) { o.byteRange = &byteRange{0, 1} }, url + ": byte_range needs a plain file"},
		"a segment":       {nil, []byte("\x10\xD1\x02\x00 and so on"), nil, url + ": is a WAL segment"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newFakeHost(t, map[string][]byte{url: test.text})
			o := defaultOptions()
			if test.trouble != nil {
				test.trouble(h.files[url])
			}
			if test.o != nil {
				test.o(&o)
			}
			_, err := readURLs(t, h, o, 4, false, url)
			if err == nil || !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("got error %v, want %q", err, test.want)
			}
		})
	}
}
