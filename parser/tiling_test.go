package parser

import (
	"bytes"
	"math/rand"
	"strings"
	"testing"

	"walstats/record"
)

// What was read of a text, whichever way.
type reading struct {
	rows   []record.Record
	others []string
	counts Counts
}

func readWhole(t testing.TB, text []byte, crlf bool) reading {
	t.Helper()
	x := &Index{KeepNonRecords: true, CRLF: crlf}
	if next, done := x.Scan(text, 0, len(text), true); !done || next != len(text) {
		t.Fatalf("Scan = %d, %v; want %d, true", next, done, len(text))
	}
	checkCounts(t, text, x)
	return reading{records(t, x, text), others(x, text, 0), x.Counts}
}

// readRanges reads text in n ranges of bytes, each as if by a reader of its own:
// it guesses where its first record begins, finds its records in no more text
// than it needs, and only then hears where the range before it really ended.
func readRanges(t testing.TB, text []byte, crlf bool, n int) (all reading) {
	t.Helper()
	boundary := 0
	for i := range n {
		begin, limit := len(text)*i/n, len(text)*(i+1)/n
		if begin == limit {
			continue
		}
		x := &Index{KeepNonRecords: true, CRLF: crlf}
		var seen []byte
		next := -1
		guess := guessBegin(text, begin, limit)
		if guess >= 0 {
			seen, next = find(t, x, text, guess, limit)
		}
		if boundary >= limit {
			continue
		}
		if guess != boundary {
			x.Reset()
			seen, next = find(t, x, text, boundary, limit)
		}
		all.rows = append(all.rows, records(t, x, seen)...)
		all.others = append(all.others, others(x, seen, all.counts.Lines)...)
		all.counts.Add(x.Counts)
		if next < limit {
			t.Fatalf("range %d of %d, [%d, %d): Scan stops at %d", i+1, n, begin, limit, next)
		}
		boundary = next
	}
	if boundary != len(text) {
		t.Fatalf("%d ranges end at %d of %d", n, boundary, len(text))
	}
	return all
}

// guessBegin is where the records of [begin, limit) seem to begin, -1 where that
// cannot be seen.
func guessBegin(text []byte, begin, limit int) int {
	if begin == 0 {
		return 0
	}
	line := bytes.IndexByte(text[begin-1:limit], '\n')
	if line < 0 {
		return -1
	}
	return FirstRecord(text, begin+line, limit)
}

// find scans text[from:] up to limit, in a buffer that holds a little more at
// first and then twice as much each time Scan asks for it. The buffer goes on
// after the text with what a file read there before.
func find(t testing.TB, x *Index, text []byte, from, limit int) (seen []byte, next int) {
	t.Helper()
	text = text[from:]
	for size := limit - from + 40; ; size *= 2 {
		size = min(size, len(text))
		seen = append(bytes.Clone(text[:size]), "7\" 0/1234567 89ABCDEF\n, blkref #0: rel 1/2/3 blk 4\nrmgr: Heap\n"...)[:size]
		var done bool
		if next, done = x.Scan(seen, next, limit-from, size == len(text)); done {
			return seen, from + next
		}
		if size == len(text) {
			t.Fatalf("Scan wants more than all of the text, at %d of %d", next, size)
		}
	}
}

func compareReadings(t testing.TB, got, want reading) {
	t.Helper()
	compareRows(t, got.rows, want.rows)
	compareTexts(t, got.others, want.others)
	if got.counts != want.counts {
		t.Errorf("counted\ngot  %+v\nwant %+v", got.counts, want.counts)
	}
}

// Ranges tile a dump: together they give its rows, however many they are.
func TestRangesGiveTheRowsOfTheWhole(t *testing.T) {
	for _, d := range dumps(t) {
		t.Run(d.name, func(t *testing.T) {
			crlf := hasCRLF(d.text)
			want := readWhole(t, d.text, crlf)
			for _, n := range []int{1, 2, 3, 7, 64} {
				compareReadings(t, readRanges(t, d.text, crlf, n), want)
			}
		})
	}
}

// A text that grows while it is scanned gives what it gives at once.
func TestAGrowingTextGivesTheRowsOfTheWhole(t *testing.T) {
	r := seeded(t)
	for _, d := range dumps(t) {
		text := d.text[:min(len(d.text), 1<<20)]
		t.Run(d.name, func(t *testing.T) {
			compareReadings(t, readGrowing(t, r, text, hasCRLF(text), 20_000), readWhole(t, text, hasCRLF(text)))
		})
	}
}

// readGrowing reads text in steps of up to step bytes.
func readGrowing(t testing.TB, r *rand.Rand, text []byte, crlf bool, step int) reading {
	t.Helper()
	x := &Index{KeepNonRecords: true, CRLF: crlf}
	grown := bytes.Repeat([]byte("7"), len(text)+16)[:0]
	from, done := 0, false
	for !done {
		grown = append(grown, text[len(grown):min(len(text), len(grown)+1+r.Intn(step))]...)
		last := len(grown) == len(text)
		if from, done = x.Scan(grown, from, len(text), last); done != last {
			t.Fatalf("Scan of %d bytes of %d = %d, %v", len(grown), len(text), from, done)
		}
	}
	return reading{records(t, x, text), others(x, text, 0), x.Counts}
}

// A block ends where it should though no record follows: it must not read the file to its end.
func TestABlockEndsWithoutAnotherRecord(t *testing.T) {
	for name, tt := range map[string]struct {
		filler string
		reach  int // after the limit
	}{
		"empty lines": {"\n", detailReach + 200},
		"messages":    {"pg_waldump: error: x\n", detailReach + 200},
		"rejects":     {"no record\n", 100},
	} {
		text := []byte(insert(1).text + strings.Repeat(tt.filler, 1<<20/len(tt.filler)))
		for _, limit := range []int{200, 1000, 100_000} {
			x := &Index{}
			next, done := x.Scan(text, 0, limit, false)
			if !done || next < limit || next > limit+tt.reach || text[next-1] != '\n' {
				t.Errorf("%s, limit %d: Scan = %d, %v", name, limit, next, done)
			}
		}
	}
}

func TestFirstAndLastRecord(t *testing.T) {
	a, b := insert(1).text, commit(2).text
	text := []byte("x\n" + a + "y\n\n" + b + "rmgr: z\n")
	first, second := len("x\n"), len("x\n"+a+"y\n\n")
	for _, tt := range []struct{ from, to, want int }{
		{0, len(text), first}, {first, len(text), first}, {first, first + 1, first}, {0, first, -1}, {first, first, -1},
		{first + len(a), len(text), second}, {first + len(a), second, -1}, {second + len(b), len(text), -1},
		{len(text), len(text), -1}, {0, 1 << 30, first},
	} {
		if got := FirstRecord(text, tt.from, tt.to); got != tt.want {
			t.Errorf("FirstRecord(%d, %d) = %d, not %d", tt.from, tt.to, got, tt.want)
		}
	}
	for _, tt := range []struct{ size, want int }{
		{0, -1}, {1, -1}, {first, -1}, {first + 20, -1}, {first + 120, first}, {first + len(a), first}, {second, first},
		{second + 20, first}, {second + 120, second}, {second + len(b), second}, {len(text), second},
	} {
		if got := LastRecord(text[:tt.size]); got != tt.want {
			t.Errorf("LastRecord of %d bytes = %d, not %d", tt.size, got, tt.want)
		}
	}
}
