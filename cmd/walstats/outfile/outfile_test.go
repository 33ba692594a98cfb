package outfile

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func put(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o640); err != nil {
		t.Fatal(err)
	}
	return path
}

func isOurs(head, tail []byte) bool {
	return bytes.HasPrefix(head, []byte("ours")) && bytes.HasSuffix(tail, []byte("end"))
}

// The rule of the package comment, for each thing that may be at a name.
func TestResolve(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	ours, other := put(t, at("ours"), "ours, to the end"), put(t, at("other"), "a database")
	empty := put(t, at("empty"), "")
	if err := errors.Join(os.Symlink("ours", at("link")), os.Symlink("none", at("dangling")), os.Symlink("loop", at("loop")),
		syscall.Mkfifo(at("fifo"), 0o600)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		replace bool
		path    string // "" for an error
		stream  bool
	}{
		{name: "-", path: "/dev/stdout", stream: true},
		{name: "/dev/null", path: "/dev/null", stream: true},
		{name: "/dev/stdout", path: "/dev/stdout", stream: true},
		{name: at("fifo"), path: at("fifo"), stream: true},
		{name: at("new"), path: at("new")},
		{name: ours, path: ours},
		{name: empty, path: empty},
		{name: at("link"), path: ours},
		{name: at("dangling"), path: at("none")},
		{name: other},
		{name: other, replace: true, path: other},
		{name: at("loop")},
		{name: dir},
		{name: at("no/file")},
	} {
		target, err := Resolve(c.name, isOurs, c.replace)
		if (err != nil) != (c.path == "") {
			t.Errorf("%s: %v", c.name, err)
		} else if err == nil && (target.Path != c.path || target.Stream != c.stream) {
			t.Errorf("%s: %+v", c.name, target)
		}
	}
	if _, err := Resolve(ours, nil, false); err == nil {
		t.Error("a file is replaced without a mark")
	}
}

// A failed write leaves what was there; a good one keeps the permissions and the link.
func TestWrite(t *testing.T) {
	dir := t.TempDir()
	ours, link := put(t, filepath.Join(dir, "ours"), "ours, to the end"), filepath.Join(dir, "link")
	if err := os.Symlink("ours", link); err != nil {
		t.Fatal(err)
	}
	target, err := Resolve(link, isOurs, false)
	if err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	if err := target.Write(func(w io.Writer) error { io.WriteString(w, "half"); return broken }); err == nil {
		t.Error("the error is lost")
	}
	if text, _ := os.ReadFile(ours); string(text) != "ours, to the end" {
		t.Errorf("after a failed write: %q", text)
	}
	if err := target.Write(func(w io.Writer) error { _, err := io.WriteString(w, "new"); return err }); err != nil {
		t.Fatal(err)
	}
	text, _ := os.ReadFile(ours)
	info, _ := os.Stat(ours)
	if string(text) != "new" || info.Mode().Perm() != 0o640 {
		t.Errorf("%q, %v", text, info.Mode())
	}
	if name, err := os.Readlink(link); name != "ours" {
		t.Errorf("the link was replaced: %v", err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 2 {
		t.Errorf("left over: %v", entries)
	}
}
