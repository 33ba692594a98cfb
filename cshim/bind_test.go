package cshim_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"walstats/cshim"
)

func TestArguments(t *testing.T) {
	f := cshim.TableFunction{
		Name:   "f",
		Params: []cshim.Type{anyType},
		Named:  []cshim.Field{{Name: "flag", Type: boolean}, {Name: "n", Type: ubigint}, {Name: "range", Type: cshim.ListOf(ubigint)}},
		Bind: func(b *cshim.Bind) (any, error) {
			b.AddColumn("n", bigint)
			text := describe(b.Param(0))
			for _, name := range []string{"flag", "n", "range"} {
				if v, ok := b.Named(name); ok {
					text += " " + name + "=" + describe(v)
				}
			}
			return nil, errors.New("<" + text + ">")
		},
		Init: func(any, []int) (any, int, error) { return nil, 1, nil },
		Scan: func(any, any, *cshim.Chunk) error { return nil },
	}
	db := open(t, func(c *cshim.Conn) error { return c.RegisterTableFunction(f) })
	for arguments, want := range map[string]string{
		"NULL":                           "<NULL>",
		"NULL::VARCHAR":                  "<NULL>",
		"42":                             "<4:42:42>",
		"-42":                            "<4:-42:0>",
		"1.5":                            "<19:1.5>",
		"true":                           "<true>",
		"'a'":                            "<'a'>",
		"''":                             "<''>",
		"'é' || repeat('x', 20)":         "<'éxxxxxxxxxxxxxxxxxxxx'>",
		"[]":                             "<[]>",
		"['a', NULL]":                    "<['a' NULL]>",
		"[['a'], []]":                    "<[['a'] []]>",
		"{'a': 1}":                       "<25:{'a': 1}>",
		"'a', flag := true":              "<'a' flag=true>",
		"'a', flag := false":             "<'a' flag=false>",
		"'a', n := 7":                    "<'a' n=9:7:7>",
		"'a', n := NULL":                 "<'a' n=NULL>",
		"'a', n := 18446744073709551615": "<'a' n=9:18446744073709551615:18446744073709551615>",
		"'a', range := [1, NULL]":        "<'a' range=[9:1:1 NULL]>",
		"range := [], arg := 'a'":        "",
	} {
		if want == "" {
			expectError(t, db, "FROM f("+arguments+")")
			continue
		}
		expectError(t, db, "FROM f("+arguments+")", want)
	}
	if _, err := db.Query("FROM f(?)", []string{"a", "b"}); err == nil || !strings.Contains(err.Error(), "<['a' 'b']>") {
		t.Errorf("a list as a parameter: got error %v", err)
	}
}

func describe(v cshim.Value) string {
	switch {
	case v.IsNull():
		return "NULL"
	case v.Type() == cshim.Varchar:
		return "'" + v.Varchar() + "'"
	case v.Type() == cshim.Boolean:
		return fmt.Sprint(v.Bool())
	case v.Type() == cshim.Integer || v.Type() == cshim.UBigInt:
		return fmt.Sprintf("%d:%s:%d", v.Type(), v.Varchar(), v.Uint64())
	case v.Type() == cshim.List:
		parts := make([]string, len(v.List()))
		for i, e := range v.List() {
			parts[i] = describe(e)
		}
		return "[" + strings.Join(parts, " ") + "]"
	}
	return fmt.Sprintf("%d:%s", v.Type(), v.Varchar())
}
