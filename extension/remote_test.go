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

	"walstats/cshim"
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
	broken   int // reads behind this fail, if it is not 0
	opened   atomic.Int64
	longer   int64 // than it is, it says
	grows    int64 // whenever it is opened
}

func newFakeHost(t testing.TB, texts map[string][]byte) *fakeHost {
	h := &fakeHost{t: t, files: map[string]*fakeFile{}}
	for url, text := range texts {
		h.files[url] = &fakeFile{host: h, text: text}
	}
	return h
}

func (h *fakeHost) open(path string) (hostFile, error) {
	h.checkGoroutine()
	f := h.files[path]
	if f == nil {
		return nil, errors.New("no such file")
	}
	f.position.Store(0)
	f.opened.Add(1)
	h.handles.Add(1)
	return f, nil
}

func (h *fakeHost) restricts() bool { return false }
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
	return int64(len(f.text)) + f.longer + f.grows*f.opened.Load(), nil
}

func (f *fakeFile) Close() error {
	f.host.checkGoroutine()
	f.host.handles.Add(-1)
	return nil
}

// readRemote is what the files have, for so many threads of the host.
func readRemote(t testing.TB, h *fakeHost, o options, threads int, others bool, urls ...string) (rows []row, err error) {
	t.Helper()
	hostThread(func() { rows, err = readAllFrom(t, h, o, threads, others, urls...) })
	if n := h.handles.Load(); n != 0 {
		t.Errorf("%d handles are open", n)
	}
	return rows, err
}

// A dump has the same rows wherever it lies, packed or not, for any number of threads,
// even where they share one position; and no goroutine of ours reads it.
func TestRemoteFiles(t *testing.T) {
	text := lines(20 * minBlock)
	small := slicesOfDumps(t)
	texts := map[string][]byte{"memory://plain": text, "memory://empty": nil}
	for _, how := range []string{"gzip", "zstd", "lz4"} {
		texts["memory://"+how] = packed(t, how, string(text), 3)
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
			got, err := readRemote(t, newFakeHost(t, texts), o, threads, false, name)
			if err != nil {
				t.Fatal(err)
			}
			sameRows(t, name, got, want)
		}
	}
}

// What has helpers otherwise has none where the host reads.
func TestRemoteFilesAreReadWithoutHelpers(t *testing.T) {
	const url = "memory://a"
	text := lines(20 * minBlock)
	h := newFakeHost(t, map[string][]byte{url: text})
	o := defaultOptions()
	o.threads = 4
	hostThread(func() {
		s, err := readWaldump.start(&query[recordBatch]{host: h, paths: []string{url}, options: o}, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		s.join()
		r := s.newReader()
		if begun, err := s.beginBlock(&r); !begun || err != nil {
			t.Fatal(begun, err)
		}
		r.giveBack()
		if s.ahead.started {
			t.Error("blocks are parsed ahead")
		}
		var b statsBatch
		var other scan
		defer other.Close()
		if err := errors.Join(other.begin(h, []string{url}, o, t), b.compute(&other)); err != nil {
			t.Fatal(err)
		}
		if want := int64(bytes.Count(text, []byte("\n"))); b.total.count != want {
			t.Errorf("waldump_stats: got %d records, want %d", b.total.count, want)
		}
	})
}

// Two scans of one file, under two of its names, at once.
func TestRemoteFilesTakeTurns(t *testing.T) {
	text := lines(8 * minBlock)
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

func TestRemoteFileErrors(t *testing.T) {
	const url = "memory://a.waldump"
	text := lines(20 * minBlock)
	for name, test := range map[string]struct {
		trouble func(f *fakeFile)
		text    []byte
		o       func(o *options)
		want    string
	}{
		"a read":          {func(f *fakeFile) { f.broken = 9 * minBlock }, text, nil, url + " (byte "},
		"the first read":  {func(f *fakeFile) { f.broken = 1 }, text, nil, url + ": the disk is on fire"},
		"a packed read":   {func(f *fakeFile) { f.broken = 1 << 10 }, packed(t, "gzip", string(text), 1), nil, url + ": the gzip data is corrupt"},
		"cut":             {func(f *fakeFile) { f.longer = 1 << 20 }, text, nil, url + ": the file was cut to "},
		"a device":        {func(f *fakeFile) { f.longer = -int64(len(text)) }, text, nil, url + ": has more bytes than DuckDB knows of"},
		"packed, a range": {nil, packed(t, "gzip", string(text), 1), func(o *options) { o.byteRange = &byteRange{0, 1} }, url + ": byte_range needs a plain file"},
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
			_, err := readRemote(t, h, o, 4, false, url)
			if err == nil || !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("got error %v, want %q", err, test.want)
			}
		})
	}
}

// All handles of a file have to be of the same.
func TestRemoteFileThatIsReplaced(t *testing.T) {
	const url = "memory://a.waldump"
	h := newFakeHost(t, map[string][]byte{url: lines(minBlock)})
	h.files[url].grows = 1
	hostThread(func() {
		f, err := openRemote(h, url)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		first, err := f.take()
		if err != nil {
			t.Fatal(err)
		}
		defer f.putBack(first)
		if _, err := f.ReadAt(make([]byte, 1), 0); err == nil || !strings.Contains(err.Error(), "was replaced while it was read") {
			t.Errorf("got error %v", err)
		}
	})
	if n := h.handles.Load(); n != 0 {
		t.Errorf("%d handles are open", n)
	}
}

// What is and is no URL.
func TestURLs(t *testing.T) {
	for path, want := range map[string]bool{
		"s3://b/x": true, "memory://x": true, "a+b.c-d_e1://x": true, "HTTPS://x": true,
		"x": false, "./s3://x": false, "://x": false, "1s://x": false, "s3:/x": false, "a b://x": false, "/a/b://x": false,
	} {
		if got := isURL(path); got != want {
			t.Errorf("%s: got %t", path, got)
		}
	}
	if _, err := Expand([]string{"s3://b/x.waldump"}); err == nil || !strings.Contains(err.Error(), "from 1.5.6 on") {
		t.Errorf("a URL without a host: got error %v", err)
	}
}

// A strictHost forbids what begins with forbidden.
type strictHost struct {
	forbidden string
	asked     []string
	each      bool
}

func (h *strictHost) open(path string) (hostFile, error) {
	h.asked = append(h.asked, path)
	if strings.HasPrefix(path, h.forbidden) {
		return nil, forbidden{}
	}
	return nil, errors.New("anything else is no matter of permission")
}
func (h *strictHost) restricts() bool { return h.each }
func (h *strictHost) threads() uint64 { return 0 }
func (h *strictHost) close()          {}

type forbidden struct{}

func (forbidden) Error() string        { return "forbidden" }
func (forbidden) Is(target error) bool { return target == cshim.ErrPermission }

// A host is asked for every file where one may be forbidden, else once.
func TestPermission(t *testing.T) {
	path := write(t, lines(minBlock))
	for _, test := range []struct {
		forbidden string
		each      bool
		paths     []string
		asked     int
		want      string
	}{
		{"nothing", false, []string{path, path, path}, 1, ""},
		{"nothing", true, []string{path, path, path}, 3, ""},
		{"/", false, []string{path}, 1, path + ": forbidden"},
		{"./x", true, []string{path, "x", path}, 2, "x: forbidden"},
		{"nothing", true, []string{path + "*"}, 2, ""},
		{path, true, []string{path[:len(path)-1] + "[p]"}, 2, path + ": forbidden"},
	} {
		h := &strictHost{forbidden: test.forbidden, each: test.each}
		_, err := expand(h, test.paths)
		if test.want == "" && err != nil || test.want != "" && (err == nil || err.Error() != test.want) {
			t.Errorf("%v: got error %v, want %q", test, err, test.want)
		}
		if len(h.asked) != test.asked {
			t.Errorf("%v: asked %q", test, h.asked)
		}
	}
}
