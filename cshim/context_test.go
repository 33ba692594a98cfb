package cshim_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"testing"

	"walstats/cshim"
	"walstats/test/leaks"
)

// inContext returns a database with a function f(path) whose bind calls do; the query fails with
// do's error, or with "done".
func inContext(do func(c *cshim.Context, path string) error) func(*cshim.Conn) error {
	f := table("f", []cshim.Field{{Name: "n", Type: bigint}}, nil)
	f.Params = []cshim.Type{varchar}
	f.Bind = func(b *cshim.Bind) (any, error) {
		c := b.Context()
		if c == nil {
			return nil, errors.New("the DuckDB that a program links shows no context")
		}
		defer c.Close()
		if err := do(c, b.Param(0).Varchar()); err != nil {
			return nil, fmt.Errorf("<%w>", err)
		}
		return nil, errors.New("done")
	}
	return func(c *cshim.Conn) error { return c.RegisterTableFunction(f) }
}

func TestSettings(t *testing.T) {
	db := open(t, inContext(func(c *cshim.Context, name string) error {
		v, ok := c.Setting(name)
		return fmt.Errorf("%t %s", ok, describe(v))
	}))
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("SET threads = 3; SET enable_external_access = false"); err != nil {
		t.Fatal(err)
	}
	expectError(t, db, "FROM f('threads')", ":3>")
	expectError(t, db, "FROM f('enable_external_access')", "<true false>")
	expectError(t, db, "FROM f('no_such_setting')", "<false ")
}

func TestFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	content := bytes.Repeat([]byte("0123456789"), 1000)
	write(t, path, string(content))
	db := open(t, inContext(func(c *cshim.Context, path string) error {
		f, err := c.Open(path)
		if err != nil {
			return fmt.Errorf("%w, %t", err, errors.Is(err, cshim.ErrPermission))
		}
		if n, err := f.Size(); n != int64(len(content)) || err != nil {
			t.Errorf("size %d, error %v", n, err)
		}
		for _, test := range []struct{ offset, length, n int }{{0, 10, 10}, {9995, 10, 5}, {5, 7000, 7000}, {10000, 1, 0}, {3, 0, 0}} {
			p := make([]byte, test.length)
			n, err := f.ReadAt(p, int64(test.offset))
			if n != test.n || (err == io.EOF) != (n < test.length) || err != nil && err != io.EOF {
				t.Errorf("%v: %d bytes, error %v", test, n, err)
			} else if !bytes.Equal(p[:n], content[test.offset:test.offset+n]) {
				t.Errorf("%v: other bytes", test)
			}
		}
		return f.Close()
	}))
	db.SetMaxOpenConns(1)
	before := leaks.Descriptors(t)
	expectError(t, db, "FROM f('"+path+"')", "done")
	expectError(t, db, "FROM f('"+path+".none')", "No such file", ", false>")
	if _, err := db.Exec("SET enable_external_access = false"); err != nil {
		t.Fatal(err)
	}
	expectError(t, db, "FROM f('"+path+"')", "disabled by configuration", ", true>")
	expectError(t, db, "FROM f('https://host/file')", "disabled by configuration", ", true>")
	if after := leaks.Descriptors(t); after != before {
		t.Errorf("%d files are open, and were %d", after, before)
	}
}
