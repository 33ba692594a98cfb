package extension

import (
	"walstats/cshim"
	"walstats/extension/scan"
	"walstats/extension/source"
)

// A table is a table function over files.
type table[B any] struct {
	name    string
	options []option
	columns []scan.Column[B]
	extra   map[string][]scan.Column[B] // columns that an option of that name adds, as the last ones
	input   input[B]
}

// A tableFunction is a table whatever its batch.
type tableFunction interface {
	function() string
	register(c *cshim.Conn) error
}

func (t *table[B]) function() string { return t.name }

// An input makes rows of files: of dumps (textRows), or of WAL (walRows).
type input[B any] interface {
	// estimate returns about how many records the files have, 0 if that is not known. It
	// opens none.
	estimate(h host, paths []string, o *options) (uint64, error)
	// start begins a scan of the files as they are now, for one call of the function.
	start(c call) (*scan.Input[B], error)
}

// A call is a call of a table function as it was bound.
type call struct {
	function string
	host     host
	paths    []string
	options  options
	id       any // tells the call from others
}

func (t *table[B]) register(c *cshim.Conn) error {
	function := scan.Table[B]{Name: t.name, Named: parameters(t.options), Bind: t.bind}
	return function.Register(c)
}

func (t *table[B]) bind(b *cshim.Bind) (*scan.Query[B], error) {
	h := hostOf(b)
	q, err := t.query(b, h)
	if err != nil {
		closeHost(h)
	}
	return q, err
}

func (t *table[B]) query(b *cshim.Bind, h host) (*scan.Query[B], error) {
	paths, err := bindPaths(b.Param(0))
	if err != nil {
		return nil, err
	}
	o, err := bindOptions(b, h, t.options)
	if err != nil {
		return nil, err
	}
	rows, err := t.input.estimate(h, paths, &o)
	if err != nil {
		return nil, err
	}
	q := &scan.Query[B]{Columns: t.columns, Rows: rows, IgnoreErrors: o.ignoreErrors}
	for _, name := range o.extraColumns() {
		q.Columns = append(q.Columns[:len(q.Columns):len(q.Columns)], t.extra[name]...)
	}
	q.Start = func() (*scan.Input[B], error) { return t.input.start(call{t.name, h, paths, o, q}) }
	q.Close = func() {
		source.ReleasePipes(q)
		closeHost(h)
	}
	return q, nil
}
