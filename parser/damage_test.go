package parser

import (
	"bytes"
	"math/rand"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"walstats/record"
)

// damage is text with some bytes flipped, lost, doubled or replaced.
func damage(r *rand.Rand, text []byte) []byte {
	text = bytes.Clone(text)
	for range 1 + r.Intn(30) {
		if len(text) < 2 {
			break
		}
		at := r.Intn(len(text))
		size := min(len(text)-at, 1+r.Intn(1<<r.Intn(9)))
		switch r.Intn(7) {
		case 0:
			text[at] ^= 1 << r.Intn(8)
		case 1:
			text = slices.Delete(text, at, at+size)
		case 2:
			text = slices.Insert(text, at, text[at:at+size]...)
		case 3:
			r.Read(text[at : at+size])
		case 4:
			clear(text[at : at+size])
		case 5:
			text[at] = "\n\r\t \"#:/,0"[r.Intn(10)]
		case 6:
			text = text[:len(text)-r.Intn(min(len(text), 100))]
		}
	}
	return text
}

// columns are batches that want one column each, then none and all.
var columns = sync.OnceValue(func() (all []*record.Batch) {
	full := record.NewBatch()
	for i := range 16 {
		b := &record.Batch{}
		switch i {
		case 0:
			b.StartLSN = full.StartLSN
		case 1:
			b.PrevLSN = full.PrevLSN
		case 2:
			b.XactTime = full.XactTime
		case 3:
			b.ByteOffset = full.ByteOffset
		case 4, 5, 6, 7, 8:
			*b.Strings()[i-4] = *full.Strings()[i-4]
		default:
			*b.Numbers()[i-9] = *full.Numbers()[i-9]
		}
		all = append(all, b)
	}
	return append(all, &record.Batch{}, full)
})

// fillAll fills b with all records, a batch after the other, and says how many
// rows there were.
func fillAll(t testing.TB, x *Index, b *record.Batch, text []byte) (rows int) {
	t.Helper()
	f := Filler{IgnoreErrors: true}
	for rows < x.Len() {
		b.Reset()
		n, err := f.Fill(x, b, text, rows, record.BatchRows)
		if err != nil || n == 0 {
			t.Fatalf("Fill at row %d = %d, %v", rows, n, err)
		}
		for _, c := range b.Strings() {
			for i := range c.Rows[:min(len(c.Rows), n)] {
				if s := c.Rows[i].Text(c.Arena); !utf8.Valid(s) {
					t.Fatalf("row %d: %q", rows+i, s)
				}
			}
		}
		rows += n
	}
	return rows
}

// readDamaged reads a text in every way there is, which have to agree.
func readDamaged(t testing.TB, text []byte, crlf bool) {
	t.Helper()
	whole := readWhole(t, text, crlf)
	for _, n := range []int{2, 3} {
		compareReadings(t, readRanges(t, text, crlf, n), whole)
	}
	x := &Index{CRLF: crlf}
	x.Scan(text, 0, len(text), true)
	if x.Counts != whole.counts || len(x.NonRecords) > 1 || (len(x.NonRecords) == 1) != (x.Counts.Rejects > 0) {
		t.Errorf("without KeepNonRecords: %+v, not %+v; %d others", x.Counts, whole.counts, len(x.NonRecords))
	}
	for i, b := range columns() {
		if n := fillAll(t, x, b, text); n != len(whole.rows) {
			t.Errorf("columns %d: %d rows, not %d", i, n, len(whole.rows))
		}
	}
	fillBlocks(t, x, text)
}

// fillBlocks reads the block references, in batches of a few rows and of many.
func fillBlocks(t testing.TB, x *Index, text []byte) {
	t.Helper()
	count := func(rows int) (sum int) {
		b := &record.BlockBatch{Batch: *everything}
		f := Filler{IgnoreErrors: true}
		for cur := (BlockCursor{}); cur.Row < x.Len(); {
			b.Reset()
			n, err := f.FillBlocks(x, b, text, &cur, x.Len(), rows)
			if err != nil || n > rows {
				t.Fatalf("FillBlocks at %+v = %d, %v", cur, n, err)
			}
			sum += n
		}
		return sum
	}
	if a, b := count(3), count(record.BatchRows); a != b {
		t.Errorf("%d block references in batches of 3, %d in batches of %d", a, b, record.BatchRows)
	}
}

// Whatever happened to a dump, no line is lost, every column has as many rows,
// and ranges tile it.
func TestDamagedDumps(t *testing.T) {
	r := seeded(t)
	times := 20
	if testing.Short() {
		times = 2
	}
	for _, d := range dumps(t) {
		for range times {
			from := r.Intn(len(d.text))
			text := damage(r, d.text[from:min(len(d.text), from+100_000)])
			readDamaged(t, text, r.Intn(2) > 0)
			if t.Failed() {
				t.Fatal(d.name)
			}
		}
	}
}

func TestDamagedGeneratedDumps(t *testing.T) {
	r := seeded(t)
	times := 200
	if testing.Short() {
		times = 10
	}
	for i := range times {
		g := &generator{Rand: r, details: i&1 > 0, hostile: true}
		_, text := g.dump(15)
		readDamaged(t, damage(r, text), i&2 > 0)
		if t.Failed() {
			t.Fatalf("dump %d", i)
		}
	}
}

// A text that is cut anywhere but after a line end has the first of its rows
// and no others.
func TestCutDumpsHaveTheFirstRows(t *testing.T) {
	r := seeded(t)
	for i := range 20 {
		// Where the rest is missing, only what forged headers say of themselves is
		// left to tell them by.
		g := &generator{Rand: r, details: i&1 > 0, hostile: true, filtered: true}
		all, text := g.dump(10)
		want := readable(all)
	cuts:
		for end := range text {
			if end == 0 || text[end-1] == '\n' {
				continue
			}
			got := readWhole(t, text[:end], false)
			n := min(len(got.rows), len(want))
			for i := range n {
				if got.rows[i] != want[i] && all[i].RecordType == "PREPARE" && strings.Contains(all[i].Description, ": 2024-") {
					continue cuts // a name that looks like all of the record
				}
			}
			if !slices.Equal(got.rows, want[:n]) || got.counts.Rejects == 0 && got.counts.Messages == 0 {
				t.Errorf("dump %d, cut at %d, in %q:", i, end, text[max(0, end-200):end])
				compareRows(t, got.rows, want[:n])
				return
			}
		}
	}
}
