package extension

import (
	"walstats/extension/scan"
	"walstats/hint"
	"walstats/record"
)

// A rejectBatch has the memory of the columns of read_waldump_rejects.
type rejectBatch struct {
	filename, kind, line, error record.Strings
	lineNumber, byteOffset      []uint64
}

type rejectColumn = scan.Column[rejectBatch]

// readWaldumpRejects makes read_waldump_rejects: a row for each line that is neither
// part of a record nor empty.
var readWaldumpRejects = table[rejectBatch]{
	name:    "read_waldump_rejects",
	options: []option{compressionOption, byteRangeOption, maxRecordSizeOption},
	columns: []rejectColumn{
		scan.NotNull("filename", varchar, func(b *rejectBatch) any { return &b.filename }),
		scan.NotNull("line_number", ubigint, func(b *rejectBatch) any { return &b.lineNumber }),
		scan.NotNull("byte_offset", ubigint, func(b *rejectBatch) any { return &b.byteOffset }),
		scan.NotNull("kind", varchar, func(b *rejectBatch) any { return &b.kind }),
		scan.NotNull("line", varchar, func(b *rejectBatch) any { return &b.line }),
		scan.Nullable("error", varchar, func(b *rejectBatch) any { return &b.error }),
	},
	input: textRows[rejectBatch]{nonRecords: true, fill: fillRejects},
}

func fillRejects(r *textReader, b *rejectBatch, rows int) (int, error) {
	n := min(rows, r.rows-r.row)
	for i := range n {
		o := &r.index.NonRecords[r.row+i]
		if b.filename.Rows != nil {
			b.filename.Set(i, []byte(r.chunk.dump.path))
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
			if o.Err == nil {
				b.error.SetNull(i)
			} else {
				why := r.why(o)
				b.error.Set(i, []byte(hint.Join(why.Reason(), why.Hint)))
			}
		}
	}
	r.row += n
	return n, nil
}
