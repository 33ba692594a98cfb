package source

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A growingHost has one file, which is larger whenever it is opened.
type growingHost struct{ opened, open int64 }

type growingFile struct {
	host *growingHost
	size int64
}

func (h *growingHost) Open(string) (HostFile, error) {
	h.opened++
	h.open++
	return growingFile{h, 100 + h.opened}, nil
}
func (h *growingHost) Restricts() bool { return false }

func (f growingFile) ReadAt(p []byte, _ int64) (int, error) { return 0, io.EOF }
func (f growingFile) Size() (int64, error)                  { return f.size, nil }
func (f growingFile) Close() error                          { f.host.open--; return nil }

// All handles of a file must be of the same file.
func TestURLThatIsReplaced(t *testing.T) {
	var h growingHost
	f, err := openHostFile(&h, "memory://a.waldump")
	if err != nil {
		t.Fatal(err)
	}
	first, err := f.take()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.ReadAt(make([]byte, 1), 0); err == nil || !strings.Contains(err.Error(), "was replaced while it was read") {
		t.Errorf("got error %v", err)
	}
	f.putBack(first)
	f.Close()
	if h.open != 0 {
		t.Errorf("%d handles are open", h.open)
	}
}

func TestIsURL(t *testing.T) {
	for path, want := range map[string]bool{
		"s3://b/x": true, "memory://x": true, "a+b.c-d_e1://x": true, "HTTPS://x": true,
		"x": false, "./s3://x": false, "://x": false, "1s://x": false, "s3:/x": false, "a b://x": false, "/a/b://x": false,
	} {
		if got := IsURL(path); got != want {
			t.Errorf("%s: got %t", path, got)
		}
	}
	if files, err := Expand(nil, []string{"s3://b/*.waldump"}); err != nil || len(files) != 1 {
		t.Errorf("Expand of a URL: got %q, %v", files, err)
	}
	if _, err := Open(nil, "s3://b/x.waldump", "auto"); err == nil || !strings.Contains(err.Error(), "is a URL") {
		t.Errorf("Open of a URL without a host: got error %v", err)
	}
}

// A strictHost forbids what begins with forbidden.
type strictHost struct {
	forbidden string
	asked     []string
	each      bool
}

func (h *strictHost) Open(path string) (HostFile, error) {
	h.asked = append(h.asked, path)
	if strings.HasPrefix(path, h.forbidden) {
		return nil, forbidden{}
	}
	return nil, errors.New("anything else is no matter of permission")
}
func (h *strictHost) Restricts() bool { return h.each }

type forbidden struct{}

func (forbidden) Error() string        { return "forbidden" }
func (forbidden) Is(target error) bool { return target == ErrForbidden }

// A host is asked for every file where one may be forbidden, else once.
func TestPermission(t *testing.T) {
	path := filepath.Join(t.TempDir(), "wal.dump")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
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
		_, err := Expand(h, test.paths)
		if test.want == "" && err != nil || test.want != "" && (err == nil || err.Error() != test.want) {
			t.Errorf("%v: got error %v, want %q", test, err, test.want)
		}
		if len(h.asked) != test.asked {
			t.Errorf("%v: asked %q", test, h.asked)
		}
	}
}
