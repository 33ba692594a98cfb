package extension

import (
	"walstats/extension/scan"
	"walstats/extension/source"
)

// textRows makes rows of dumps.
type textRows[B any] struct {
	nonRecords bool // the rows are the lines that are not part of a record

	// fill writes the next rows of r's chunk into b, at most so many.
	fill func(r *textReader, b *B, rows int) (n int, err error)
}

func (t textRows[B]) estimate(h host, paths []string, o *options) (uint64, error) {
	return estimateText(h, paths)
}

func (t textRows[B]) start(c call) (*scan.Input[B], error) {
	in := &textInput{function: c.function, nonRecords: t.nonRecords}
	if err := in.start(c.host, c.paths, c.options, c.id); err != nil {
		return nil, err
	}
	return &scan.Input[B]{
		Chunks:    in.chunks,
		Threads:   in.threads(),
		NewReader: func() scan.Reader[B] { return &textRowReader[B]{newTextReader(in), t.fill} },
		Close:     in.Close,
	}, nil
}

// textSummary makes rows of what all dumps of a call have in them.
type textSummary[B any] func(in *textInput) *scan.Input[B]

func (t textSummary[B]) estimate(h host, paths []string, o *options) (uint64, error) {
	return estimateText(h, paths)
}

func (t textSummary[B]) start(c call) (*scan.Input[B], error) {
	in := &textInput{function: c.function}
	if err := in.start(c.host, c.paths, c.options, c.id); err != nil {
		return nil, err
	}
	return t(in), nil
}

// estimateText returns about how many records the dumps have; 0 if that is not known.
func estimateText(h host, paths []string) (uint64, error) {
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

// textRowReader reads the rows of a table from text.
type textRowReader[B any] struct {
	textReader
	fill func(r *textReader, b *B, rows int) (int, error)
}

func (r *textRowReader[B]) Fill(b *B, rows int) (int, error) {
	n, err := r.fill(&r.textReader, b, rows)
	if err != nil {
		r.in.stop()
	}
	return n, err
}
