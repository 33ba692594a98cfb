package cshim_test

import (
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/duckdb/duckdb-go/v2"

	"walstats/cshim"
	"walstats/extension/linked"
)

// length(s) sees strings; with special NULLs, NULL has length -1.
func length(name string, specialNulls bool) cshim.ScalarFunction {
	return cshim.ScalarFunction{
		Name: name, Params: []cshim.Type{varchar}, Return: bigint, SpecialNulls: specialNulls,
		Call: func(args *cshim.Chunk, out cshim.Vector) error {
			texts, lengths := cshim.Data[cshim.String](args.Vector(0), args.Size()), cshim.Data[int64](out, args.Size())
			for i := range texts {
				switch {
				case !args.Valid().Valid(i):
				case !args.Vector(0).Valid(args.Size()).Valid(i):
					lengths[i] = -1
				case string(texts[i].Bytes()) == "error":
					return errors.New("this is an error")
				case string(texts[i].Bytes()) == "panic":
					panic("this is a panic")
				default:
					lengths[i] = int64(len(texts[i].Bytes()))
				}
			}
			return nil
		},
	}
}

func TestScalarFunctionNulls(t *testing.T) {
	db := open(t, func(c *cshim.Conn) error {
		return errors.Join(c.RegisterScalarFunction(length("plain", false)), c.RegisterScalarFunction(length("special", true)))
	})
	expect(t, db, "NULL 3 0 26", "SELECT plain(NULL), plain('abc'), plain(''), plain('abcdefghijklmnopqrstuvwxyz')")
	expect(t, db, "-1 3", "SELECT special(NULL), special('abc')")
	expect(t, db, "1 1\nNULL -1\n14 14", "SELECT plain(s), special(s) FROM (VALUES ('a'), (NULL), ('longer than 12')) t(s)")
	expect(t, db, "5000 3333 1667", `SELECT count(*), count(plain(s)), count(*) FILTER (special(s) = -1)
		FROM (SELECT if(n % 3 = 0, NULL, n::VARCHAR) s FROM range(5000) t(n))`)
	expectError(t, db, "SELECT plain('error')", "this is an error")
	expectError(t, db, "SELECT plain('panic')", "internal error: this is a panic", "function_test.go:")
}

func TestOverloads(t *testing.T) {
	constant := func(name string, result int64, params ...cshim.Type) cshim.ScalarFunction {
		return cshim.ScalarFunction{Name: name, Params: params, Return: bigint, Call: func(args *cshim.Chunk, out cshim.Vector) error {
			rows := cshim.Data[int64](out, args.Size())
			for i := range rows {
				rows[i] = result
			}
			return nil
		}}
	}
	money := cshim.Type{ID: cshim.UBigInt, Alias: "money"}
	db := open(t, func(c *cshim.Conn) error {
		return errors.Join(
			c.RegisterType(money),
			c.RegisterScalarFunction(constant("f", 1, bigint), constant("f", 2, bigint, bigint), constant("f", 3, varchar)),
			c.RegisterScalarFunction(constant("-", -7, money, money)))
	})
	expect(t, db, "1 2 3", "SELECT f(1), f(1, 1), f('a')")
	expect(t, db, "NULL NULL", "SELECT f(1, n), f(n, 1) FROM (SELECT NULL::BIGINT n)")
	expect(t, db, "-7 2 money", "SELECT 5::UBIGINT::money - 3::UBIGINT::money, 5 - 3, typeof(1::UBIGINT::money)")
}

var hex = cshim.Type{ID: cshim.UBigInt, Alias: "hex"}

func registerHex(c *cshim.Conn) error {
	return errors.Join(
		c.RegisterType(hex),
		c.RegisterCast(cshim.Cast{From: varchar, To: hex, ImplicitCost: 100, Cast: func(c *cshim.CastCall, n int, in, out cshim.Vector) {
			texts, numbers := cshim.Data[cshim.String](in, n), cshim.Data[uint64](out, n)
			for i := range texts {
				if !c.Valid().Valid(i) {
					continue
				}
				s := string(texts[i].Bytes())
				if s == "panic" {
					panic("no number at all")
				}
				number, err := strconv.ParseUint(s, 16, 64)
				if err != nil {
					c.RowError(i, fmt.Errorf("%q is not hexadecimal", s))
				}
				numbers[i] = number
			}
		}}),
		c.RegisterCast(cshim.Cast{From: hex, To: varchar, ImplicitCost: cshim.ExplicitOnly, Cast: func(c *cshim.CastCall, n int, in, out cshim.Vector) {
			texts := make([]string, n)
			for i, x := range cshim.Data[uint64](in, n) {
				if c.Valid().Valid(i) {
					texts[i] = fmt.Sprintf("0x%x", x)
				}
			}
			if err := setTexts(out, texts); err != nil {
				c.RowError(0, err)
			}
		}}))
}

func TestCasts(t *testing.T) {
	db := open(t, registerHex)
	expect(t, db, "0xff hex", "SELECT 'ff'::hex, typeof('ff'::hex)")
	expect(t, db, "NULL NULL", "SELECT NULL::hex, TRY_CAST(NULL::VARCHAR AS hex)")
	expect(t, db, "true", "SELECT '10'::hex = '10'")
	expectError(t, db, "SELECT 'xyz'::hex", `"xyz" is not hexadecimal`)
	expectError(t, db, "SELECT s::hex FROM (VALUES ('1'), ('xyz'), ('uvw'), (NULL)) t(s)", `"xyz" is not hexadecimal`)
	expectError(t, db, "SELECT 'panic'::hex", "internal error: no number at all", "function_test.go:")
	expect(t, db, "NULL\nNULL", "SELECT TRY_CAST(s AS hex) FROM (VALUES ('1'), ('panic')) t(s)")
	expect(t, db, "NULL", "SELECT TRY_CAST('xyz' AS hex)")
	expect(t, db, "0x1\nNULL\nNULL\n0x2", "SELECT TRY_CAST(s AS hex) FROM (VALUES ('1'), ('xyz'), (NULL), ('2')) t(s)")
	expect(t, db, "5000 2500", "SELECT count(*), count(TRY_CAST(s AS hex)) FROM (SELECT if(n % 2 = 0, n::VARCHAR, 'x') s FROM range(5000) t(n))")
	expect(t, db, "[0x1, NULL]", "SELECT TRY_CAST(['1', NULL] AS hex[])")
}

func TestReplacementScan(t *testing.T) {
	f := table("say", []cshim.Field{{Name: "s", Type: varchar}}, nil)
	f.Params = []cshim.Type{varchar, varchar}
	f.Bind = func(b *cshim.Bind) (any, error) {
		b.AddColumn("s", varchar)
		return nil, fmt.Errorf("<%s %s>", b.Param(0).Varchar(), b.Param(1).Varchar())
	}
	db := open(t, func(c *cshim.Conn) error {
		return errors.Join(c.RegisterTableFunction(f), c.RegisterReplacementScan(func(name string) (string, []string, bool) {
			if name == "panic.said" {
				panic("said too much")
			}
			return "say", []string{name, "twice"}, strings.HasSuffix(name, ".said")
		}))
	})
	expectError(t, db, "FROM 'dir/naïve file.said'", "<dir/naïve file.said twice>")
	expectError(t, db, "FROM 'other.txt'", "other.txt")
	expectError(t, db, "FROM 'panic.said'", "internal error: said too much")
}

func TestFailedRegistration(t *testing.T) {
	connector, err := duckdb.NewConnector("", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer connector.Close()
	want := errors.New("my own error")
	if err := linked.RegisterWith(connector, func(*cshim.Conn) error { return want }); !errors.Is(err, want) {
		t.Errorf("got error %v", err)
	}
	err = linked.RegisterWith(connector, func(*cshim.Conn) error { panic("oh") })
	if err == nil || !strings.Contains(err.Error(), "internal error: oh (function_test.go:") {
		t.Errorf("got error %v", err)
	}
	twice := func(c *cshim.Conn) error { return errors.Join(c.RegisterType(hex), c.RegisterType(hex)) }
	if err := linked.RegisterWith(connector, twice); !errors.Is(err, cshim.ErrRefused) {
		t.Errorf("a type registered twice: got error %v", err)
	}
	if err := cshim.Load(nil, 0, nil, twice); err == nil {
		t.Error("no table: no error")
	}
}

// Closing a database gives back everything that was registered with it.
func TestHandlesAreReleased(t *testing.T) {
	connector, err := duckdb.NewConnector("", nil)
	if err != nil {
		t.Fatal(err)
	}
	freed := make(chan string, 10)
	watched := func(what string) *[64]byte {
		p := new([64]byte)
		runtime.SetFinalizer(p, func(*[64]byte) { freed <- what })
		return p
	}
	err = linked.RegisterWith(connector, func(c *cshim.Conn) error {
		inTable, inScalar, inCast, inReplacement := watched("table"), watched("scalar"), watched("cast"), watched("replacement")
		return errors.Join(
			c.RegisterType(hex),
			c.RegisterTableFunction(table("f", nil, func(*cshim.Chunk) error { inTable[0]++; return nil })),
			c.RegisterScalarFunction(cshim.ScalarFunction{Name: "g", Return: bigint, Call: func(*cshim.Chunk, cshim.Vector) error { inScalar[0]++; return nil }}),
			c.RegisterCast(cshim.Cast{From: hex, To: boolean, Cast: func(*cshim.CastCall, int, cshim.Vector, cshim.Vector) { inCast[0]++ }}),
			c.RegisterReplacementScan(func(string) (string, []string, bool) { inReplacement[0]++; return "", nil, false }))
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := connector.Close(); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for deadline := time.Now().Add(5 * time.Second); len(seen) < 4 && time.Now().Before(deadline); {
		runtime.GC()
		select {
		case what := <-freed:
			seen[what] = true
		case <-time.After(10 * time.Millisecond):
		}
	}
	if len(seen) < 4 {
		t.Errorf("released only %v", seen)
	}
}
