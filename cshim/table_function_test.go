package cshim_test

import (
	"errors"
	"fmt"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"

	"walstats/cshim"
)

// closed counts what it sees created and closed.
type closed struct{ created, closed atomic.Int64 }

type closer struct {
	counts *closed
	once   atomic.Bool
	twice  *atomic.Bool
}

func (c *closer) Close() {
	c.counts.closed.Add(1)
	if c.once.Swap(true) {
		c.twice.Store(true)
	}
}

func TestCloseIsCalledOnce(t *testing.T) {
	var bind, global, local closed
	var twice atomic.Bool
	make := func(c *closed) *closer { c.created.Add(1); return &closer{counts: c, twice: &twice} }
	rows := func(name string, fail func(row int64) error) cshim.TableFunction {
		var next atomic.Int64
		return cshim.TableFunction{
			Name: name,
			Bind: func(b *cshim.Bind) (any, error) {
				b.AddColumn("n", bigint)
				next.Store(0)
				return make(&bind), nil
			},
			Init: func(data any, _ []int) (any, int, error) {
				_ = data.(*closer)
				return make(&global), 4, nil
			},
			Local: func(g any) (any, error) { _ = g.(*closer); return make(&local), nil },
			Scan: func(g, l any, c *cshim.Chunk) error {
				if g.(*closer).once.Load() || l.(*closer).once.Load() {
					return errors.New("scan after Close")
				}
				row := next.Add(1)
				if row > 500 {
					c.SetSize(0)
					return nil
				}
				cshim.Data[int64](c.Vector(0), 1)[0] = row
				c.SetSize(1)
				return fail(row)
			},
		}
	}
	db := open(t, func(c *cshim.Conn) error {
		return errors.Join(
			c.RegisterTableFunction(rows("good", func(int64) error { return nil })),
			c.RegisterTableFunction(rows("bad", func(row int64) error {
				if row > 100 {
					return errors.New("row 100")
				}
				return nil
			})))
	})
	expect(t, db, "125250", "SELECT sum(n) FROM good()")
	expect(t, db, "1", "SELECT n FROM good() LIMIT 1")
	expectError(t, db, "SELECT sum(n) FROM bad()", "row 100")
	stmt, err := db.Prepare("SELECT sum(n) FROM good()")
	if err != nil {
		t.Fatal(err)
	}
	if err := stmt.Close(); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if twice.Load() {
		t.Error("Close was called twice")
	}
	for what, c := range map[string]*closed{"bind": &bind, "global": &global, "local": &local} {
		if n, m := c.created.Load(), c.closed.Load(); n == 0 || n != m {
			t.Errorf("%s: %d created, %d closed", what, n, m)
		}
	}
}

// Both spellings of Close count, and values without one are fine.
type closerWithError struct{ closed *atomic.Int64 }

func (c closerWithError) Close() error { c.closed.Add(1); panic("nobody sees this") }

func TestCloseWithErrorAndPanic(t *testing.T) {
	var n atomic.Int64
	f := table("f", []cshim.Field{{Name: "n", Type: bigint}}, func(c *cshim.Chunk) error { c.SetSize(0); return nil })
	bind := f.Bind
	f.Bind = func(b *cshim.Bind) (any, error) { _, err := bind(b); return closerWithError{&n}, err }
	db := open(t, func(c *cshim.Conn) error { return c.RegisterTableFunction(f) })
	expect(t, db, "", "FROM f()")
	if n.Load() == 0 {
		t.Error("not closed")
	}
}

func TestErrorsAndPanicsOfTableFunctions(t *testing.T) {
	modes := map[string]func(where string) error{
		"error": func(where string) error { return fmt.Errorf("error in %s: %q \xff", where, "naïve") },
		"panic": func(where string) error { panic("panic in " + where) },
		"nil":   func(string) error { var p *cshim.Value; _ = *p; return nil },
	}
	f := cshim.TableFunction{
		Name:   "f",
		Params: []cshim.Type{varchar, varchar},
		Bind: func(b *cshim.Bind) (any, error) {
			b.AddColumn("n", bigint)
			d := [2]string{b.Param(0).Varchar(), b.Param(1).Varchar()}
			return d, at(d, "bind", modes)
		},
		Init: func(d any, _ []int) (any, int, error) { return d, 2, at(d.([2]string), "init", modes) },
		Local: func(d any) (any, error) {
			return nil, at(d.([2]string), "local", modes)
		},
		Scan: func(d, _ any, c *cshim.Chunk) error {
			c.SetSize(0)
			return at(d.([2]string), "scan", modes)
		},
	}
	db := open(t, func(c *cshim.Conn) error { return c.RegisterTableFunction(f) })
	for _, where := range []string{"bind", "init", "local", "scan"} {
		expectError(t, db, "FROM f('"+where+"', 'error')", "error in "+where, "naïve", "\uFFFD")
		expectError(t, db, "FROM f('"+where+"', 'panic')", "internal error: panic in "+where, "table_function_test.go:")
		expectError(t, db, "FROM f('"+where+"', 'nil')", "internal error: ", "nil pointer", "table_function_test.go:")
	}
	expect(t, db, "", "FROM f('nowhere', 'error')")
}

func at(d [2]string, where string, modes map[string]func(string) error) error {
	if d[0] == where {
		return modes[d[1]](where)
	}
	return nil
}

func TestProjection(t *testing.T) {
	var columns []int
	f := table("f", []cshim.Field{{Name: "a", Type: bigint}, {Name: "b", Type: bigint}, {Name: "c", Type: bigint}}, nil)
	f.Init = func(_ any, c []int) (any, int, error) { columns = c; return new(bool), 0, nil }
	f.Scan = func(global, _ any, c *cshim.Chunk) error {
		done := global.(*bool)
		if *done {
			c.SetSize(0)
			return nil
		}
		*done = true
		for i, column := range columns {
			if column >= 0 {
				cshim.Data[int64](c.Vector(i), 1)[0] = int64(column)
			}
		}
		c.SetSize(1)
		return nil
	}
	db := open(t, func(c *cshim.Conn) error { return c.RegisterTableFunction(f) })
	expect(t, db, "0 1 2", "FROM f()")
	expect(t, db, "2", "SELECT c FROM f()")
	if want := []int{2}; !reflect.DeepEqual(columns, want) {
		t.Errorf("got columns %v, want %v", columns, want)
	}
	expect(t, db, "2 0", "SELECT c, a FROM f()")
	expect(t, db, "1", "SELECT count(*) FROM f()")
	if len(columns) != 1 {
		t.Errorf("count(*): got columns %v, want one", columns)
	}
}

func TestSizeBeyondTheChunk(t *testing.T) {
	f := table("f", []cshim.Field{{Name: "a", Type: bigint}}, func(c *cshim.Chunk) error {
		c.SetSize(cshim.VectorSize() + 1)
		return nil
	})
	db := open(t, func(c *cshim.Conn) error { return c.RegisterTableFunction(f) })
	expectError(t, db, "FROM f()", "2049 rows in a chunk of 2048")
}

func TestThreads(t *testing.T) {
	const chunks, threads = 2000, 4
	var mu sync.Mutex
	locals := 0
	type global struct{ next atomic.Int64 }
	f := cshim.TableFunction{
		Name: "f",
		Bind: func(b *cshim.Bind) (any, error) {
			b.AddColumn("n", bigint)
			b.SetCardinality(chunks*100, false)
			return nil, nil
		},
		Init: func(any, []int) (any, int, error) { return &global{}, threads, nil },
		Local: func(any) (any, error) {
			mu.Lock()
			defer mu.Unlock()
			locals++
			return new(int64), nil
		},
		Scan: func(g, l any, c *cshim.Chunk) error {
			*l.(*int64)++
			n := g.(*global).next.Add(1)
			if n > chunks {
				c.SetSize(0)
				return nil
			}
			rows := cshim.Data[int64](c.Vector(0), 100)
			for i := range rows {
				rows[i] = n
			}
			c.SetSize(100)
			return nil
		},
	}
	db := open(t, func(c *cshim.Conn) error { return c.RegisterTableFunction(f) })
	query(t, db, "SELECT 1")
	if _, err := db.Exec("SET threads = 4"); err != nil {
		t.Fatal(err)
	}
	expect(t, db, fmt.Sprint(chunks*(chunks+1)/2*100), "SELECT sum(n) FROM f()")
	if locals < 1 || locals > threads {
		t.Errorf("%d locals for %d threads", locals, threads)
	}
}
