package linked_test

import (
	"database/sql"
	"strings"
	"testing"

	"github.com/duckdb/duckdb-go/v2"

	"walstats/extension/linked"
)

// One Register serves every connection of the database, and another database needs its own.
func TestRegister(t *testing.T) {
	for range 2 {
		connector, err := duckdb.NewConnector("", nil)
		if err != nil {
			t.Fatal(err)
		}
		db := sql.OpenDB(connector)
		if err := linked.Register(connector); err != nil {
			t.Fatal(err)
		}
		_, err = db.Exec("FROM read_waldump('no such file')")
		if err == nil || !strings.Contains(err.Error(), "no such file") || strings.Contains(err.Error(), "does not exist!") {
			t.Errorf("read_waldump: got error %v", err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
