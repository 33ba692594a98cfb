package extension

import (
	"errors"

	"walstats/parser"
	"walstats/record"
)

// A rejectBatch is what the rows of read_waldump_rejects are written through.
type rejectBatch struct {
	filename, kind, line, error record.Strings
	lineNumber, byteOffset      []uint64
}

type rejectColumn = column[rejectBatch]

// readWaldumpRejects has one row a line that is neither a record nor a part of
// one nor empty.
var readWaldumpRejects = table[rejectBatch]{
	name:    "read_waldump_rejects",
	options: []option{compressionOption, byteRangeOption, maxRecordSizeOption},
	columns: []rejectColumn{
		{"filename", varchar, never, func(b *rejectBatch) any { return &b.filename }},
		{"line_number", ubigint, never, func(b *rejectBatch) any { return &b.lineNumber }},
		{"byte_offset", ubigint, never, func(b *rejectBatch) any { return &b.byteOffset }},
		{"kind", varchar, never, func(b *rejectBatch) any { return &b.kind }},
		{"line", varchar, never, func(b *rejectBatch) any { return &b.line }},
		{"error", varchar, often, func(b *rejectBatch) any { return &b.error }},
	},
	others:   true,
	newBatch: func(options) *rejectBatch { return &rejectBatch{} },
	fill:     fillRejects,
}

func fillRejects(r *reader, b *rejectBatch, rows int) (int, error) {
	n := min(rows, r.rows-r.row)
	for i := range n {
		o := &r.index.Others[r.row+i]
		if b.filename.Rows != nil {
			b.filename.Set(i, []byte(r.block.dump.path))
		}
		if b.lineNumber != nil {
			line, err := r.line(o.Line)
			if err != nil {
				return 0, err
			}
			b.lineNumber[i] = uint64(line)
		}
		if b.byteOffset != nil {
			b.byteOffset[i] = uint64(r.base) + uint64(o.Begin)
		}
		if b.kind.Rows != nil {
			b.kind.Set(i, []byte(o.Kind.String()))
		}
		if b.line.Rows != nil {
			b.line.Set(i, r.text[o.Begin:o.End])
		}
		if b.error.Rows != nil {
			switch {
			case o.Err == nil:
				b.error.SetNull(i)
			case errors.Is(o.Err, parser.ErrCut):
				b.error.Set(i, []byte(parser.ErrCut.Error()))
			default:
				b.error.Set(i, []byte(o.Err.Error()))
			}
		}
	}
	r.row += n
	return n, nil
}
