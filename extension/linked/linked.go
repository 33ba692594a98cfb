// Package linked brings the functions of the extension to a Go program that uses duckdb-go,
// without LOAD: two Go runtimes in one process are not supported, and a program that links
// DuckDB can as well link these.
//
//	connector, err := duckdb.NewConnector("", nil)
//	...
//	err = linked.Register(connector)
//	db := sql.OpenDB(connector)
//	db.Query("FROM read_waldump('wal.dump')")
//
// It is the only package that imports duckdb-go, and the only one that names DuckDB's symbols.
package linked

import (
	"runtime"

	"github.com/duckdb/duckdb-go/v2"

	"walstats/cshim"
	"walstats/extension"
)

// Register makes read_waldump and its siblings known to the connector's database, for all of its
// connections, open or to come. Call it once for a database.
func Register(connector *duckdb.Connector) error {
	return RegisterWith(connector, extension.Register)
}

// RegisterWith does Register's work for functions other than the extension's.
func RegisterWith(connector *duckdb.Connector, register func(*cshim.Conn) error) error {
	database, err := rawDatabase(connector)
	if err != nil {
		return err
	}
	defer runtime.KeepAlive(connector)
	return cshim.Load(symbolTable(), symbolSlots, database, register)
}
