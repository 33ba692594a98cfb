package batch

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// A Range is a task of a plan: the records of a file that start in [Begin, End). The
// ranges of a plan tile its files.
type Range struct {
	File  string `json:"file"` // as it was named
	Begin int64  `json:"begin"`
	End   int64  `json:"end"`
	Whole bool   `json:"whole"` // there is no other range of the file
	Part  string `json:"part"`  // a name for what becomes of it: the same in every plan, and no other range's
}

// String is the range as --range takes it.
func (r Range) String() string { return fmt.Sprintf("%s:%d:%d", r.File, r.Begin, r.End) }

// Tile cuts the inputs into ranges of one length in each file: into parts of them, or
// more, so that none is longer than size; 0 is no limit. A packed file can only be read
// from its beginning on, so it is one range.
func Tile(inputs []Input, parts int, size int64) (ranges []Range, err error) {
	for i := range inputs {
		in := &inputs[i]
		if in.Pipe {
			return nil, errPipeRange(in)
		}
		n := int64(parts)
		if size > 0 {
			n = max(n, (in.size+size-1)/size)
		}
		if n = min(n, max(in.size, 1)); in.packed {
			n = 1
		}
		cut := func(k int64) int64 { return in.size/n*k + min(k, in.size%n) } // no length differs by more than a byte
		for k := range n {
			r := Range{File: in.Name, Begin: cut(k), End: cut(k + 1), Whole: n == 1}
			r.Part = fmt.Sprintf("%s-%015d-%015d", strings.TrimSuffix(fileName(in.Path), ".parquet"), r.Begin, r.End)
			ranges = append(ranges, r)
		}
	}
	return ranges, nil
}

func errPipeRange(in *Input) error {
	return fmt.Errorf("%s: what comes through a pipe has no ranges; write it to a file first", in.Name)
}

// A file's name may hold colons, too.
var rangeText = regexp.MustCompile(`(?s)^(.+):(\d+):(\d+)$`)

// ErrNoRange is what is wrong with a text that is no range.
var ErrNoRange = errors.New("give FILE:BEGIN:END, bytes of the file, as walstats ranges prints them")

// InRange is the input that a range's text means.
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
	in, err := look(fields[1])
	switch {
	case err != nil:
		return in, err
	case in.Pipe:
		return in, errPipeRange(&in)
	case end > in.size:
		return in, fmt.Errorf("%s: has %d bytes, and the range ends at %d: the file is another than the plan's; plan it anew with walstats ranges", in.Name, in.size, end)
	case in.packed && (begin != 0 || end != in.size):
		return in, fmt.Errorf("%s: a packed file has one range only, %s:0:%d", in.Name, in.Name, in.size)
	case in.packed:
		return in, nil
	}
	in.part, in.begin, in.end = true, begin, end
	return in, nil
}

// rangeOption is what a function of read_waldump's is told of the range.
func (in *Input) rangeOption() string {
	if !in.part {
		return ""
	}
	return fmt.Sprintf(", byte_range := [%d, %d]", in.begin, in.end)
}
