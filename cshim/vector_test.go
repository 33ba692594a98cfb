package cshim_test

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"walstats/cshim"
)

// germanStrings returns what a parser would write: the rows, and the arena of the long ones.
func germanStrings(texts []string) (rows []cshim.String, arena []byte) {
	rows = make([]cshim.String, len(texts))
	for i, s := range texts {
		r := &rows[i]
		r.Len = uint32(len(s))
		copy(r.Prefix[:], s)
		if len(s) > cshim.InlineLength {
			r.Rest = uint64(len(arena))
			arena = append(arena, s...)
		} else if len(s) > 4 {
			var rest [8]byte
			copy(rest[:], s[4:])
			r.Rest = binary.NativeEndian.Uint64(rest[:])
		}
	}
	return rows, arena
}

func TestSetStrings(t *testing.T) {
	long := func(i int) string { return fmt.Sprintf("%d: longer than twelve bytes, naïve", i) }
	mixed := make([]string, 2048)
	for i := range mixed {
		switch i % 4 {
		case 0:
			mixed[i] = long(i)
		case 1:
			mixed[i] = fmt.Sprint(i)
		case 2:
			mixed[i] = strings.Repeat("x", i%20)
		}
	}
	allLong := make([]string, 2048)
	for i := range allLong {
		allLong[i] = long(i)
	}
	huge := []string{"short", strings.Repeat("0123456789", 500_000), "twelve bytes", "thirteen byte"}
	var texts []string
	null := -1
	db := open(t, func(c *cshim.Conn) error {
		return c.RegisterTableFunction(table("f", []cshim.Field{{Name: "s", Type: varchar}}, func(c *cshim.Chunk) error {
			v := c.Vector(0)
			rows, arena := germanStrings(texts)
			copy(cshim.Data[cshim.String](v, len(rows)), rows)
			c.SetSize(len(rows))
			if null >= 0 {
				cshim.Data[cshim.String](v, len(rows))[null] = cshim.String{}
				v.Validity(len(rows)).SetNull(null)
			}
			return v.SetStrings(len(rows), arena)
		}))
	})
	for name, test := range map[string]struct {
		texts []string
		null  int
	}{
		"none":                  {nil, -1},
		"one short":             {[]string{"abc"}, -1},
		"one empty":             {[]string{""}, -1},
		"all inline":            {[]string{"", "a", "abcd", "abcde", "twelve bytes"}, -1},
		"one long":              {[]string{"thirteen byte"}, -1},
		"long after short":      {[]string{"a", "thirteen byte"}, -1},
		"short after long":      {[]string{"thirteen byte", "a"}, -1},
		"prefixes":              {[]string{"thirteen byte", "thirteen bytf", "thirteem byte"}, -1},
		"mixed":                 {mixed, -1},
		"all long":              {allLong, -1},
		"huge":                  {huge, -1},
		"first is NULL":         {[]string{"", "thirteen byte", "b"}, 0},
		"last is NULL":          {[]string{"thirteen byte", "b", ""}, 2},
		"only NULL":             {[]string{""}, 0},
		"NULL in the long ones": {allLong, 77},
	} {
		t.Run(name, func(t *testing.T) {
			texts, null = test.texts, test.null
			want := append([]string(nil), test.texts...)
			if null >= 0 {
				want[null] = "NULL"
			}
			expect(t, db, strings.Join(want, "\n"), "FROM f()")
			// Comparisons look at length and prefix before the text: they have to be right, too.
			for i, s := range want {
				if i%200 == 0 && s != "NULL" {
					q := "SELECT count(*) > 0 FROM f() WHERE s = '" + s + "'"
					expect(t, db, "true", q)
				}
			}
		})
	}
}

func TestSetStringsRefuses(t *testing.T) {
	var rows []cshim.String
	var arena []byte
	db := open(t, func(c *cshim.Conn) error {
		return c.RegisterTableFunction(table("f", []cshim.Field{{Name: "s", Type: varchar}}, func(c *cshim.Chunk) error {
			copy(cshim.Data[cshim.String](c.Vector(0), len(rows)), rows)
			c.SetSize(len(rows))
			return c.Vector(0).SetStrings(len(rows), arena)
		}))
	})
	text := []byte("thirteen bytes and more")
	for name, test := range map[string]struct {
		rows  []cshim.String
		arena []byte
		want  string
	}{
		"invalid UTF-8":        {[]cshim.String{{Len: 20}}, []byte("no UTF-8 \xff\xfe, but long"), "UTF-8"},
		"offset after arena":   {[]cshim.String{{Len: 13, Rest: 24}}, text, "outside"},
		"end after arena":      {[]cshim.String{{Len: 13, Rest: 11}}, text, "outside"},
		"offset overflows":     {[]cshim.String{{Len: 13, Rest: ^uint64(0) - 5}}, text, "outside"},
		"longer than arena":    {[]cshim.String{{Len: 1 << 31, Rest: 0}}, text, "outside"},
		"no arena":             {[]cshim.String{{}, {Len: 13}}, nil, "outside"},
		"arena of a few bytes": {[]cshim.String{{}, {Len: 13}}, []byte("abc"), "outside"},
	} {
		t.Run(name, func(t *testing.T) {
			rows, arena = test.rows, test.arena
			expectError(t, db, "FROM f()", test.want)
		})
	}
	rows, arena = []cshim.String{{Len: 13, Rest: 10}}, text
	expect(t, db, "ytes and more", "SELECT s[-13:] FROM f()")
}

func TestValidity(t *testing.T) {
	for _, n := range []int{1, 63, 64, 65, 2048} {
		db := open(t, func(c *cshim.Conn) error {
			return c.RegisterTableFunction(table("f", []cshim.Field{{Name: "n", Type: bigint}}, func(c *cshim.Chunk) error {
				valid := c.Vector(0).Validity(n)
				rows := cshim.Data[int64](c.Vector(0), n)
				for i := range rows {
					if !valid.Valid(i) {
						return fmt.Errorf("row %d is NULL at first", i)
					}
					rows[i] = int64(i)
					if i%3 == 0 {
						valid.SetNull(i)
					}
				}
				c.SetSize(n)
				return nil
			}))
		})
		expect(t, db, fmt.Sprint(n, (n+2)/3), "SELECT count(*), count(*) FILTER (n IS NULL) FROM f()")
		expect(t, db, "true", "SELECT bool_and(n % 3 <> 0) OR count(n) = 0 FROM f()")
	}
}

// pairs(n) is a LIST of n STRUCTs, in which every second text is NULL; NULL for a negative n.
var pairs = cshim.ScalarFunction{
	Name:   "pairs",
	Params: []cshim.Type{bigint},
	Return: cshim.ListOf(cshim.StructOf(cshim.Field{Name: "n", Type: bigint}, cshim.Field{Name: "s", Type: varchar})),
	Call: func(args *cshim.Chunk, out cshim.Vector) error {
		counts := cshim.Data[int64](args.Vector(0), args.Size())
		lists := cshim.Data[cshim.ListEntry](out, args.Size())
		total := 0
		for i, n := range counts {
			switch {
			case !args.Valid().Valid(i):
			case n < 0:
				out.Validity(args.Size()).SetNull(i)
			default:
				lists[i] = cshim.ListEntry{Offset: uint64(total), Length: uint64(n)}
				total += int(n)
			}
		}
		child, err := out.ResizeList(total)
		if err != nil {
			return err
		}
		numbers, column := cshim.Data[int64](child.StructChild(0), total), child.StructChild(1)
		texts := make([]string, total)
		for i := range total {
			numbers[i] = int64(i)
			if i%2 == 1 {
				column.Validity(total).SetNull(i)
			} else {
				texts[i] = fmt.Sprintf("text of number %d", i)
			}
		}
		return setTexts(column, texts)
	},
}

func TestListOfStruct(t *testing.T) {
	db := open(t, func(c *cshim.Conn) error { return c.RegisterScalarFunction(pairs) })
	expect(t, db, "[{'n': 0, 's': text of number 0}, {'n': 1, 's': NULL}]", "SELECT pairs(2)")
	expect(t, db, "[] NULL NULL", "SELECT pairs(0), pairs(NULL), pairs(-1)")
	expect(t, db, "[{'n': 0, 's': text of number 0}]\nNULL\n[]\n[{'n': 1, 's': NULL}, {'n': 2, 's': text of number 2}]",
		"SELECT pairs(n) FROM (VALUES (1), (NULL), (0), (2)) t(n)")
	// More elements than a vector has rows, and more than one chunk.
	expect(t, db, "245000", "SELECT sum(len(pairs(n % 50))) FROM range(10000) t(n)")
	expect(t, db, "true", "SELECT bool_and(list_aggregate(list_transform(pairs(n), lambda p: p.s), 'count') = len(list_filter(pairs(n), lambda p: p.n % 2 = 0))) FROM range(100) t(n)")
}

func TestListsInATableFunction(t *testing.T) {
	db := open(t, func(c *cshim.Conn) error {
		return c.RegisterTableFunction(table("f", []cshim.Field{{Name: "l", Type: cshim.ListOf(ubigint)}}, func(c *cshim.Chunk) error {
			child, err := c.Vector(0).ResizeList(3)
			copy(cshim.Data[uint64](child, 3), []uint64{1, 2, 3})
			copy(cshim.Data[cshim.ListEntry](c.Vector(0), 2), []cshim.ListEntry{{Offset: 0, Length: 2}, {Offset: 2, Length: 1}})
			c.SetSize(2)
			return err
		}))
	})
	expect(t, db, "[1, 2]\n[3]", "FROM f()")
}

// setTexts writes texts into the rows of v.
func setTexts(v cshim.Vector, texts []string) error {
	rows, arena := cshim.Data[cshim.String](v, len(texts)), []byte(nil)
	for i, text := range texts {
		rows[i] = cshim.String{Len: uint32(len(text))}
		if len(text) <= cshim.InlineLength {
			copy(rows[i].Bytes(), text)
			continue
		}
		copy(rows[i].Prefix[:], text)
		rows[i].Rest = uint64(len(arena))
		arena = append(arena, text...)
	}
	return v.SetStrings(len(texts), arena)
}
