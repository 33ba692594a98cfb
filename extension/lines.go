package extension

import (
	"sync"

	"walstats/parser"
	"walstats/record"
)

// A lineBatch is what the rows of waldump_lines are written through.
type lineBatch struct {
	filename                                                     record.Strings
	lines, records, continuations, emptyLines, messages, rejects []int64
	summary                                                      // of files
	counts                                                       map[string]*parser.Counts
}

type lineColumn = column[lineBatch]

// waldumpLines has a row a file, which says what its lines are: every one is counted
// once. A part that is read of a file has the lines of the records that start in it.
var waldumpLines = table[lineBatch]{
	name:    "waldump_lines",
	options: []option{compressionOption, byteRangeOption, maxRecordSizeOption, threadsOption},
	columns: []lineColumn{
		{"filename", varchar, never, func(b *lineBatch) any { return &b.filename }},
		{"lines", bigint, never, func(b *lineBatch) any { return &b.lines }},
		{"records", bigint, never, func(b *lineBatch) any { return &b.records }},
		{"continuations", bigint, never, func(b *lineBatch) any { return &b.continuations }},
		{"empty_lines", bigint, never, func(b *lineBatch) any { return &b.emptyLines }},
		{"messages", bigint, never, func(b *lineBatch) any { return &b.messages }},
		{"rejects", bigint, never, func(b *lineBatch) any { return &b.rejects }},
	},
	serial:   true,
	newBatch: func(options) *lineBatch { return &lineBatch{} },
	fill: func(r *reader, b *lineBatch, rows int) (int, error) {
		return b.summary.fill(rows, func() error { return b.compute(r.scan) }, b.set)
	},
}

// compute reads the whole scan.
func (b *lineBatch) compute(s *scan) error {
	s.options.ignoreErrors = true // rejects are counted
	b.counts = map[string]*parser.Counts{}
	for _, path := range s.paths {
		if b.counts[path] == nil {
			b.names, b.counts[path] = append(b.names, path), &parser.Counts{}
		}
	}
	var mu sync.Mutex
	return s.inThreads(func(int) error {
		return eachBlock(s, func(path string, counts parser.Counts) {
			mu.Lock()
			defer mu.Unlock()
			b.counts[path].Add(counts)
		})
	})
}

// eachBlock tells what is in the blocks that one thread gets of a scan.
func eachBlock(s *scan, tell func(path string, counts parser.Counts)) error {
	r := reader{scan: s, function: "waldump_lines"}
	for {
		var err error
		if r.block, err = s.deal(); r.block == nil {
			return err
		}
		if err := r.readBlock(); err != nil {
			return err
		}
		tell(r.block.dump.path, r.index.Counts)
		r.giveBack()
	}
}

// set writes the row of a file.
func (b *lineBatch) set(i int, path string) {
	if b.filename.Rows != nil {
		b.filename.Set(i, []byte(path))
	}
	c := b.counts[path]
	for _, column := range [...]struct {
		values []int64
		count  int64
	}{
		{b.lines, c.Lines}, {b.records, c.Records}, {b.continuations, c.Continuations},
		{b.emptyLines, c.Empty}, {b.messages, c.Messages}, {b.rejects, c.Rejects},
	} {
		if column.values != nil {
			column.values[i] = column.count
		}
	}
}
