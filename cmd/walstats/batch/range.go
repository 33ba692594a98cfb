package batch

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// A Range stands for the records of a file that start in [Begin, End). The ranges of a
// plan tile its files.
type Range struct {
	File  string `json:"file"` // as the user wrote it
	Begin int64  `json:"begin"`
	End   int64  `json:"end"`
	Whole bool   `json:"whole"` // it is the file's only range
	Part  string `json:"part"`  // a unique name for the output, the same in every plan
}

// String returns the range as --range takes it.
func (r Range) String() string { return fmt.Sprintf("%s:%d:%d", r.File, r.Begin, r.End) }

// Tile cuts each input into ranges of equal length: into parts of them, or into more if
// they would be longer than size; size 0 is no limit. A compressed file can only be read
// from its beginning, so it is one range.
func Tile(inputs []Input, parts int, size int64) (ranges []Range, err error) {
	for i := range inputs {
		in := &inputs[i]
		if in.err != nil {
			return nil, in.err
		}
		if in.Pipe {
			return nil, errPipeRange(in)
		}
		n := int64(parts)
		if size > 0 {
			n = max(n, (in.size+size-1)/size)
		}
		if n = min(n, max(in.size, 1)); in.compressed {
			n = 1
		}
		cut := func(k int64) int64 { return in.size/n*k + min(k, in.size%n) } // lengths differ by at most one byte
		for k := range n {
			r := Range{File: in.Name, Begin: cut(k), End: cut(k + 1), Whole: n == 1}
			r.Part = fmt.Sprintf("%s-%015d-%015d", strings.TrimSuffix(fileName(in.Path), ".parquet"), r.Begin, r.End)
			ranges = append(ranges, r)
		}
	}
	return ranges, nil
}

func errPipeRange(in *Input) error {
	return fmt.Errorf("%s: a pipe cannot be read in ranges; write it to a file first", in.Name)
}

// rangeText matches a range. A file's name may contain colons.
var rangeText = regexp.MustCompile(`(?s)^(.+):(\d+):(\d+)$`)

// ErrNoRange says that a text is not a range.
var ErrNoRange = errors.New("required: FILE:BEGIN:END with offsets in bytes, as walstats ranges --null prints them")

// InRange returns the input for a range, FILE:BEGIN:END.
func InRange(text string) (Input, error) {
	fields := rangeText.FindStringSubmatch(text)
	if fields == nil {
		return Input{}, ErrNoRange
	}
	begin, beginErr := strconv.ParseInt(fields[2], 10, 64)
	end, endErr := strconv.ParseInt(fields[3], 10, 64)
	if beginErr != nil || endErr != nil || begin > end {
		return Input{}, ErrNoRange
	}
	in, err := inputOf(fields[1])
	switch {
	case err != nil:
		return in, err
	case in.Pipe:
		return in, errPipeRange(&in)
	case end > in.size:
		return in, fmt.Errorf("%s: has %d bytes, but the range ends at %d: the file changed since it was planned; run walstats ranges again", in.Name, in.size, end)
	case in.compressed && (begin != 0 || end != in.size):
		return in, fmt.Errorf("%s: a compressed file has only one range, %s:0:%d", in.Name, in.Name, in.size)
	case in.compressed:
		return in, nil
	}
	in.part, in.begin, in.end = true, begin, end
	return in, nil
}

// rangeOption returns the option of read_waldump for the range.
func (in *Input) rangeOption() string {
	if !in.part {
		return ""
	}
	return fmt.Sprintf(", byte_range := [%d, %d]", in.begin, in.end)
}
