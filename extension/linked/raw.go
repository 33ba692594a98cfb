package linked

import (
	"errors"
	"fmt"
	"reflect"
	"unsafe"

	"github.com/duckdb/duckdb-go/v2"
)

// rawDatabase reads the connector's duckdb_database, which duckdb-go keeps to itself, in
// Connector.db.Ptr. Everything we know about duckdb-go's insides is in this function.
func rawDatabase(connector *duckdb.Connector) (unsafe.Pointer, error) {
	if connector == nil {
		return nil, errors.New("linked: the connector is nil")
	}
	c := reflect.ValueOf(connector).Elem()
	database, err := pointerIn(c)
	if err != nil {
		return nil, err
	}
	if closed := c.FieldByName("closed"); database == nil || closed.IsValid() && closed.Kind() == reflect.Bool && closed.Bool() {
		return nil, errors.New("linked: the connector is closed")
	}
	return database, nil
}

// pointerIn finds the handle in a connector, or in what a later version made of it.
func pointerIn(connector reflect.Value) (unsafe.Pointer, error) {
	moved := fmt.Errorf("linked: %v has no db.Ptr that points to the database; "+
		"this version of duckdb-go is too new (or too old) for extension/linked", connector.Type())
	if connector.Kind() != reflect.Struct {
		return nil, moved
	}
	db := connector.FieldByName("db")
	if !db.IsValid() || db.Kind() != reflect.Struct {
		return nil, moved
	}
	pointer := db.FieldByName("Ptr")
	if !pointer.IsValid() || pointer.Kind() != reflect.UnsafePointer {
		return nil, moved
	}
	return pointer.UnsafePointer(), nil
}
