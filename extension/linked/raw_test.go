package linked

import (
	"reflect"
	"strings"
	"testing"
	"unsafe"

	"github.com/duckdb/duckdb-go/v2"

	"walstats/cshim"
)

// A new version of duckdb-go that keeps its handle elsewhere is found here first.
func TestRawDatabase(t *testing.T) {
	connector, err := duckdb.NewConnector("", nil)
	if err != nil {
		t.Fatal(err)
	}
	database, err := rawDatabase(connector)
	if err != nil || database == nil {
		t.Fatalf("got %v, %v", database, err)
	}
	if err := connector.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := rawDatabase(connector); err == nil || !strings.Contains(err.Error(), "closed") {
		t.Errorf("closed connector: got error %v", err)
	}
	if _, err := rawDatabase(nil); err == nil {
		t.Error("nil connector: no error")
	}
	if err := RegisterWith(connector, func(*cshim.Conn) error { t.Error("called"); return nil }); err == nil {
		t.Error("registering with a closed connector: no error")
	}
}

func TestMovedHandleIsAClearError(t *testing.T) {
	type handle struct{ Ptr unsafe.Pointer }
	for _, connector := range []any{
		struct{ database handle }{},
		struct{ db unsafe.Pointer }{},
		struct{ db struct{ ptr unsafe.Pointer } }{},
		struct{ db struct{ Ptr uintptr } }{},
		"not even a struct",
	} {
		_, err := pointerIn(reflect.ValueOf(connector))
		if err == nil || !strings.Contains(err.Error(), "this version of duckdb-go") {
			t.Errorf("%T: got error %v", connector, err)
		}
	}
	var x int
	p, err := pointerIn(reflect.ValueOf(struct{ db handle }{handle{unsafe.Pointer(&x)}}))
	if err != nil || p != unsafe.Pointer(&x) {
		t.Errorf("got %v, %v", p, err)
	}
}
