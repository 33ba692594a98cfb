package extension

import (
	"errors"

	"walstats/cshim"
	"walstats/extension/source"
)

// A host is the DuckDB that a query runs in. It is nil where DuckDB is older than
// 1.5.6, and in programs that read without DuckDB.
type host interface {
	source.Host
	// threads returns how many threads it works with; 0 if it does not say.
	threads() uint64
	// close ends the use of the host. Its files may still be closed later.
	close()
}

// A duckDB is the host of a query in SQL.
type duckDB struct{ context *cshim.Context }

// hostOf returns the host of b's query, or nil; closeHost ends its use.
func hostOf(b *cshim.Bind) host {
	if c := b.Context(); c != nil {
		return duckDB{c}
	}
	return nil
}

func closeHost(h host) {
	if h != nil {
		h.close()
	}
}

func (d duckDB) close() { d.context.Close() }

func (d duckDB) Open(path string) (source.HostFile, error) {
	file, err := d.context.Open(path)
	if errors.Is(err, cshim.ErrPermission) {
		return nil, forbidden{err}
	}
	if err != nil {
		return nil, err
	}
	return file, nil
}

// forbidden makes a cshim.ErrPermission the error that source knows.
type forbidden struct{ error }

func (forbidden) Is(target error) bool { return target == source.ErrForbidden }

func (d duckDB) Restricts() bool {
	free, known := d.context.Setting("enable_external_access")
	return !known || !free.Bool()
}

func (d duckDB) threads() uint64 {
	v, _ := d.context.Setting("threads")
	return v.Uint64()
}
