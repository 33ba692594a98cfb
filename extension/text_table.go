package extension

import (
	"walstats/cshim"
	"walstats/extension/scan"
	"walstats/extension/source"
)

// A textTable is a table function over dumps. It has either fill or summarize.
type textTable[B any] struct {
	name       string
	options    []option
	columns    []scan.Column[B]
	extra      map[string]scan.Column[B] // columns that an option of that name adds, as the last ones
	nonRecords bool                      // the rows are the lines that are not part of a record

	// fill writes the next rows of r's chunk into b, at most so many.
	fill func(r *textReader, b *B, rows int) (n int, err error)
	// summarize returns the rows that are known only after all input was read.
	summarize func(in *textInput) *scan.Input[B]
}

func (t *textTable[B]) register(c *cshim.Conn) error {
	table := scan.Table[B]{Name: t.name, Named: parameters(t.options), Bind: t.bind}
	return table.Register(c)
}

func (t *textTable[B]) bind(b *cshim.Bind) (*scan.Query[B], error) {
	h := hostOf(b)
	q, err := t.query(b, h)
	if err != nil {
		closeHost(h)
	}
	return q, err
}

func (t *textTable[B]) query(b *cshim.Bind, h host) (*scan.Query[B], error) {
	paths, err := bindPaths(b.Param(0))
	if err != nil {
		return nil, err
	}
	o, err := bindOptions(b, h, t.options)
	if err != nil {
		return nil, err
	}
	rows, err := estimateRows(h, paths)
	if err != nil {
		return nil, err
	}
	q := &scan.Query[B]{Columns: t.columns, Rows: rows, IgnoreErrors: o.ignoreErrors}
	for _, name := range o.extraColumns() {
		q.Columns = append(q.Columns[:len(q.Columns):len(q.Columns)], t.extra[name])
	}
	q.Start = func() (*scan.Input[B], error) { return t.start(h, paths, o, q) }
	q.Close = func() {
		source.ReleasePipes(q)
		closeHost(h)
	}
	return q, nil
}

// estimateRows returns about how many records the files have; 0 if that is not known.
func estimateRows(h host, paths []string) (uint64, error) {
	const recordText = 180 // bytes of text a record has, on average over many dumps
	files, err := findDumps(h, paths)
	size := int64(0)
	for _, file := range files {
		if file.Kind == source.URL {
			return 0, err
		}
		size += file.Size
	}
	return uint64(size / recordText), err
}

// start begins a scan of the files as they are now, for one call of the function.
func (t *textTable[B]) start(h host, paths []string, o options, caller any) (*scan.Input[B], error) {
	in := &textInput{function: t.name, nonRecords: t.nonRecords}
	if err := in.start(h, paths, o, caller); err != nil {
		return nil, err
	}
	if t.summarize != nil {
		return t.summarize(in), nil
	}
	return &scan.Input[B]{
		Chunks:    in.chunks,
		Threads:   in.threads(),
		NewReader: func() scan.Reader[B] { return &textRows[B]{newTextReader(in), t.fill} },
		Close:     in.Close,
	}, nil
}

// textRows is a reader whose rows are those of a table.
type textRows[B any] struct {
	textReader
	fill func(r *textReader, b *B, rows int) (int, error)
}

func (r *textRows[B]) Fill(b *B, rows int) (int, error) {
	n, err := r.fill(&r.textReader, b, rows)
	if err != nil {
		r.in.stop()
	}
	return n, err
}
