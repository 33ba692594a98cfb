// Package scan makes a DuckDB table function of any reader of WAL.
//
// A [Table] is the function: a name, parameters, and Bind, which makes a [Query] of
// a call. A Query has the columns. Its Start opens an [Input], which a [Reader] for
// each thread reads in chunks:
//
//	Next     take the next chunk of the input, in order
//	Load     read it and find its rows
//	Left     how many rows are left in it
//	Fill     write the next rows into a batch
//	Release  give the chunk back
//
// A batch B is a struct of column memory, such as record.Batch. A [Column] names one
// of its fields. The package points that field at a DuckDB vector before Fill, so a
// reader writes into DuckDB's own memory and the package makes no call per row.
//
// DuckDB scans with several threads, each with a Reader of its own, unless rows are
// wanted in file order. Then it uses one thread, and a prefetcher reads chunks ahead
// of that thread with goroutines. Functions whose rows are known only after all input
// was read use [Summarize].
//
// The package knows DuckDB through cshim and columns through record. It knows neither
// pg_waldump's text nor WAL.
package scan

import (
	"fmt"
	"sync"

	"walstats/cshim"
	"walstats/record"
)

// A Table is a table function of one positional argument, the path, whose type is ANY.
type Table[B any] struct {
	Name  string
	Named []cshim.Field // named parameters

	// Bind checks the arguments of a call. It looks at files, but opens none.
	Bind func(b *cshim.Bind) (*Query[B], error)
}

// A Query is one call of a Table as Bind understood it. It serves every execution of a
// prepared statement.
type Query[B any] struct {
	Columns      []Column[B]
	Rows         uint64                    // about how many, for the planner; 0 if unknown
	IgnoreErrors bool                      // [NullOnError] columns may be NULL
	Start        func() (*Input[B], error) // opens the files as they are now
	Close        func()                    // ends the query; may be nil
}

// An Input is what one execution reads.
type Input[B any] struct {
	Chunks    int // about how many there are; more threads are of no use
	Threads   int // that may read at once, DuckDB's own included; 1: no goroutine may read
	NewReader func() Reader[B]
	Close     func() // ends the input and whatever waits for it
}

// A Reader reads chunks of an Input for one thread.
type Reader[B any] interface {
	// Next takes the next chunk of the input and returns false at the end. Readers of
	// other threads may call Next at the same time; the chunks are issued in order.
	Next() (bool, error)
	// Load reads the chunk. It may wait for the reader that has the chunk before.
	Load() error
	// Left returns how many rows of the chunk are left, or some number above 0 while
	// there may be more; at 0 also the error that comes after the rows.
	Left() (int, error)
	// Fill writes the next rows of the chunk into b, at most so many, and returns how
	// many it wrote: 0 only at the end of the chunk.
	Fill(b *B, rows int) (int, error)
	// Release gives the chunk back. It does nothing if the reader has no chunk.
	Release()
}

// bound holds what DuckDB keeps of a call.
type bound[B any] struct{ query *Query[B] }

// Close ends the query; DuckDB calls it with the statement.
func (b bound[B]) Close() {
	if b.query.Close != nil {
		b.query.Close()
	}
}

// Register makes the function known to a database. Its errors begin with its name.
func (t *Table[B]) Register(c *cshim.Conn) error {
	named := func(err error) error { return fmt.Errorf("%s: %w", t.Name, err) }
	return c.RegisterTableFunction(cshim.TableFunction{
		Name:   t.Name,
		Params: []cshim.Type{{ID: cshim.Any}},
		Named:  t.Named,
		Bind: func(b *cshim.Bind) (any, error) {
			q, err := t.Bind(b)
			if err != nil {
				return nil, named(err)
			}
			for i := range q.Columns {
				b.AddColumn(q.Columns[i].Name, q.Columns[i].Type)
			}
			if q.Rows > 0 {
				b.SetCardinality(q.Rows, false)
			}
			return bound[B]{q}, nil
		},
		Init: func(b any, projected []int) (any, int, error) {
			e, err := start(b.(bound[B]).query, projected)
			if err != nil {
				return nil, 0, named(err)
			}
			return e, e.input.Chunks, nil
		},
		Local: func(global any) (any, error) {
			e := global.(*execution[B])
			e.prefetcher.join()
			return &thread[B]{reader: e.input.NewReader(), batch: new(B)}, nil
		},
		Scan: func(global, local any, c *cshim.Chunk) error {
			if err := global.(*execution[B]).scan(local.(*thread[B]), c); err != nil {
				return named(err)
			}
			return nil
		},
	})
}

// An execution is one scan, with the columns that it wants.
type execution[B any] struct {
	input      *Input[B]
	columns    []Column[B] // in the order of the vectors; the zero Column for none
	prefetcher *prefetcher[B]
}

// A thread holds what one DuckDB thread has of an execution.
type thread[B any] struct {
	reader  Reader[B]
	batch   *B
	vectors []cshim.Vector
}

// Close gives back the chunk of a thread that stopped early.
func (t *thread[B]) Close() { t.reader.Release() }

func start[B any](q *Query[B], projected []int) (*execution[B], error) {
	e := &execution[B]{columns: make([]Column[B], len(projected))}
	for i, p := range projected {
		if p < 0 {
			continue
		}
		e.columns[i] = q.Columns[p]
		if c := &e.columns[i]; c.null == nullOnError && q.IgnoreErrors {
			c.null = nullable
		}
	}
	var err error
	if e.input, err = q.Start(); err != nil {
		return nil, err
	}
	e.prefetcher = newPrefetcher(e.input, e.columns)
	return e, nil
}

// Close ends the execution; DuckDB calls it when no thread of its own reads any more.
func (e *execution[B]) Close() {
	e.prefetcher.close()
	e.input.Close()
	e.prefetcher.wait()
}

// scan puts the next rows into c; none at the end. It finishes the chunk that was
// begun. After it come the batches that were prefetched, and if no chunk is pending,
// the next chunk.
func (e *execution[B]) scan(t *thread[B], c *cshim.Chunk) error {
	for {
		left, err := t.reader.Left()
		if err != nil {
			return err
		}
		if left > 0 {
			if n, err := e.fill(t, c); n > 0 || err != nil {
				return err
			}
			continue
		}
		t.reader.Release()
		b, err := e.prefetcher.take()
		if err != nil {
			return err
		}
		if b != nil {
			return e.copy(b, t, c)
		}
		if more, err := e.prefetcher.begin(t.reader); err != nil || !more {
			return err
		}
	}
}

// fill has the reader write rows into the memory of c's vectors.
func (e *execution[B]) fill(t *thread[B], c *cshim.Chunk) (n int, err error) {
	capacity := min(record.BatchRows, cshim.VectorSize())
	e.project(t, c, func(i int, v cshim.Vector) { e.columns[i].Lend(t.batch, v, capacity) })
	if n, err = t.reader.Fill(t.batch, capacity); err != nil {
		return 0, err
	}
	return n, e.finish(t.batch, t, n, c)
}

// copy puts a batch that was prefetched into c.
func (e *execution[B]) copy(b *batch[B], t *thread[B], c *cshim.Chunk) error {
	e.project(t, c, func(i int, v cshim.Vector) { e.columns[i].copyTo(v, b.columns, b.rows) })
	defer e.prefetcher.recycle(b.columns)
	return e.finish(b.columns, t, b.rows, c)
}

// project calls do for every wanted column and its vector.
func (e *execution[B]) project(t *thread[B], c *cshim.Chunk, do func(i int, v cshim.Vector)) {
	t.vectors = t.vectors[:0]
	for i := range e.columns {
		v := c.Vector(i)
		t.vectors = append(t.vectors, v)
		if e.columns[i].wanted() {
			do(i, v)
		}
	}
}

// finish gives long strings their place in the vectors.
func (e *execution[B]) finish(b *B, t *thread[B], n int, c *cshim.Chunk) error {
	for i := range e.columns {
		if n == 0 || !e.columns[i].wanted() {
			continue
		}
		if err := e.columns[i].Finish(b, t.vectors[i], n); err != nil {
			return err
		}
	}
	c.SetSize(n)
	return nil
}

// Parallel calls do for every i below n, in goroutines; for n = 1 in the caller's own
// thread, as a host may demand. It returns the first error by i.
func Parallel(n int, do func(i int) error) error {
	if n == 1 {
		return do(0)
	}
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			defer Recover(&errs[i])
			errs[i] = do(i)
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// Recover makes a panic of the function that defers it an error. A panic that leaves a
// goroutine would end the host's process.
func Recover(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("internal error: %v", p)
	}
}
