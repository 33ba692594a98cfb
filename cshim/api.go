package cshim

/*
#cgo CFLAGS: -fexceptions
#cgo LDFLAGS: -ldl
#include "duckdb_api.h"

static duckdb_state connect_to(duckdb_database db, duckdb_connection *out) { return cshim_api.connect(db, out); }
static void disconnect_from(duckdb_connection *c) { cshim_api.disconnect(c); }
static idx_t vector_size(void) { return cshim_api.vector_size(); }
*/
import "C"

import (
	"errors"
	"fmt"
	"sync"
	"unsafe"
)

// loading guards the one table of functions while [Load] fills it.
var loading sync.Mutex

// Conn registers things with a database. It is valid only inside the call that received it:
// a connection that is kept would keep the database open.
type Conn struct {
	conn     C.duckdb_connection
	database C.duckdb_database
}

// ErrRefused is wrapped by the error of a registration that DuckDB refuses. It gives no reason; the
// usual one is that the name is taken.
var ErrRefused = errors.New("refused by DuckDB; is the name taken?")

func refused(kind, name string) error { return fmt.Errorf("%s %s: %w", kind, name, ErrRefused) }

// Load takes DuckDB's functions out of table, an array of so many function pointers in the order
// of the stable API, v1.2.0 or with the slots of v1.5.6, connects to database (a duckdb_database), calls register and disconnects.
// Neither pointer is used after Load returns.
func Load(table unsafe.Pointer, slots int, database unsafe.Pointer, register func(*Conn) error) (err error) {
	defer recovered(&err)
	if table == nil || database == nil {
		return errors.New("this DuckDB offers no C API " + C.CSHIM_API_VERSION + "; it needs DuckDB 1.2 or newer")
	}
	if err := fill(table, slots); err != nil {
		return err
	}
	c := &Conn{database: C.duckdb_database(database)}
	if C.connect_to(c.database, &c.conn) != C.CSHIM_SUCCESS {
		return errors.New("cannot connect to the database")
	}
	defer C.disconnect_from(&c.conn)
	return register(c)
}

func fill(table unsafe.Pointer, slots int) error {
	loading.Lock()
	defer loading.Unlock()
	switch C.cshim_fill_from_slots((*unsafe.Pointer)(table), C.size_t(slots)) {
	case C.CSHIM_FILLED:
		return nil
	case C.CSHIM_FILL_OTHER_LIBRARY:
		return errors.New("already loaded by another DuckDB library in this process")
	default:
		return errors.New("this DuckDB's C API " + C.CSHIM_API_VERSION + " is incomplete")
	}
}

// VectorSize returns how many rows a [Chunk] holds at most: 2048 in every DuckDB built so far.
func VectorSize() int { return int(C.vector_size()) }
