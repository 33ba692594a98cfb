package extension

import (
	"sync"

	"walstats/extension/scan"
	"walstats/parser"
	"walstats/record"
)

// A lineBatch has the memory of the columns of waldump_lines.
type lineBatch struct {
	filename                                                     record.Strings
	lines, records, continuations, emptyLines, messages, rejects []int64
}

type lineColumn = scan.Column[lineBatch]

// waldumpLines makes waldump_lines: a row for each file, which counts its lines by
// kind. Every line counts once. A byte range has the lines of the records that start in
// it.
var waldumpLines = table[lineBatch]{
	name:    "waldump_lines",
	options: []option{compressionOption, byteRangeOption, maxRecordSizeOption, threadsOption},
	columns: []lineColumn{
		scan.NotNull("filename", varchar, func(b *lineBatch) any { return &b.filename }),
		scan.NotNull("lines", bigint, func(b *lineBatch) any { return &b.lines }),
		scan.NotNull("records", bigint, func(b *lineBatch) any { return &b.records }),
		scan.NotNull("continuations", bigint, func(b *lineBatch) any { return &b.continuations }),
		scan.NotNull("empty_lines", bigint, func(b *lineBatch) any { return &b.emptyLines }),
		scan.NotNull("messages", bigint, func(b *lineBatch) any { return &b.messages }),
		scan.NotNull("rejects", bigint, func(b *lineBatch) any { return &b.rejects }),
	},
	input: textSummary[lineBatch](func(in *textInput) *scan.Input[lineBatch] {
		var files fileCounts
		return scan.Summarize(func() (int, error) { return files.count(in) }, files.set, in.Close)
	}),
}

// fileCounts has the counts of files.
type fileCounts struct {
	paths  []string // each once, in the order of the input
	counts map[string]*parser.Counts
}

// count reads the whole input and returns the number of files.
func (f *fileCounts) count(in *textInput) (int, error) {
	in.options.ignoreErrors = true // rejects are counted
	f.counts = map[string]*parser.Counts{}
	for _, path := range in.paths {
		if f.counts[path] == nil {
			f.paths, f.counts[path] = append(f.paths, path), &parser.Counts{}
		}
	}
	var mu sync.Mutex
	return len(f.paths), scan.Parallel(in.threads(), func(int) error {
		r := newTextReader(in)
		for {
			if more, err := r.Next(); err != nil || !more {
				return err
			}
			if err := r.Load(); err != nil {
				return err
			}
			mu.Lock()
			f.counts[r.chunk.dump.path].Add(r.index.Counts)
			mu.Unlock()
			r.Release()
		}
	})
}

// set writes the counts of a file into row i.
func (f *fileCounts) set(b *lineBatch, i, file int) {
	path := f.paths[file]
	if b.filename.Rows != nil {
		b.filename.Set(i, []byte(path))
	}
	c := f.counts[path]
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
