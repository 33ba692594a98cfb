package wal

import (
	"bytes"
	"crypto/md5"
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"walstats/parser"
	"walstats/record"
	"walstats/rmgr"
)

// blockRow is a row of read_wal_blocks as text, the columns that pg_waldump -b prints;
// `-` is NULL.
func blockRow(b *record.BlockBatch, i int, v rmgr.Version) string {
	number := func(c *record.Numbers) string {
		if !record.IsValid(c.Valid, i) {
			return "-"
		}
		return strconv.Itoa(int(c.Values[i]))
	}
	word := func(c *record.Strings) string {
		if !record.IsValid(c.Valid, i) {
			return "-"
		}
		return c.String(i)
	}
	method := word(&b.CompressionMethod)
	if v < rmgr.V15 {
		method = "" // pg_waldump does not print it
	}
	return fmt.Sprint(record.LSN(b.StartLSN[i]), record.LSN(b.PrevLSN[i]), b.XID.Values[i], word(&b.ResourceManager), word(&b.RecordType),
		b.RecordLength.Values[i], word(&b.Description), " #", b.BlockID[i], " ",
		number(&b.RelTablespace), "/", number(&b.RelDatabase), "/", number(&b.RelFileNode), word(&b.RelFork), number(&b.RelBlockNumber), " ",
		word(&b.FPI), number(&b.BlockFPILength), " hole ", number(&b.HoleOffset), "+", number(&b.HoleLength), " saved ", number(&b.CompressionSaved), method)
}

// eachBlock calls do for every block row of the scan; data asks for the columns of
// bytes.
func eachBlock(t testing.TB, set *Set, data bool, do func(b *Batch, i int)) {
	t.Helper()
	s, err := set.Scan()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	r := s.NewReader()
	defer r.Close()
	b := NewBatch()
	if !data {
		b.BlockData, b.FPIData = record.Strings{}, record.Strings{}
	}
	for c := s.Next(); c != nil; c = s.Next() {
		if err := r.Read(c); err != nil {
			t.Fatal(err)
		}
		for cur := (BlockCursor{}); cur.Row < r.Len(); {
			b.Reset()
			n, err := r.FillBlocks(b, &cur, record.BatchRows)
			if err != nil {
				t.Fatal(err)
			}
			for i := range n {
				do(b, i)
			}
		}
		if err := r.Err(); err != nil {
			t.Fatal(err)
		}
	}
}

// The block rows are those of pg_waldump -b.
func TestBlockRowsAreThoseOfPgWaldump(t *testing.T) {
	eachDump(t, func(t *testing.T, d *dump) {
		set := d.find(t, Options{Start: d.start, End: d.end})
		text := content(t, d.file("bkp.txt"))
		x := &parser.Index{}
		x.Scan(text, 0, len(text), true)
		f := parser.Filler{}
		b := record.NewBlockBatch()
		var want []string
		for cur := (parser.BlockCursor{}); cur.Row < x.Len(); {
			b.Reset()
			n, err := f.FillBlocks(x, b, text, &cur, x.Len(), record.BatchRows)
			if err != nil {
				t.Fatal(err)
			}
			for i := range n {
				want = append(want, blockRow(b, i, set.Version))
			}
		}
		n := 0
		eachBlock(t, set, false, func(b *Batch, i int) {
			if n >= len(want) {
				t.Fatalf("more than %d rows", n)
			}
			if got := blockRow(&b.BlockBatch, i, set.Version); got != want[n] {
				t.Fatalf("row %d:\ngot  %s\nwant %s", n, got, want[n])
			}
			n++
		})
		if n != len(want) || n == 0 {
			t.Errorf("%d rows, not %d", n, len(want))
		}
	})
}

// readCSV calls do for every row of a file that psql wrote, with the fields by the
// columns' names.
func readCSV(t testing.TB, path string, do func(field map[string]string)) (rows int) {
	t.Helper()
	all, err := csv.NewReader(bytes.NewReader(content(t, path))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	field := map[string]string{}
	for _, values := range all[1:] {
		for i, name := range all[0] {
			field[name] = values[i]
		}
		do(field)
	}
	return len(all) - 1
}

// What text does not have is what pg_walinspect says of the records.
func TestRowsAreThoseOfPgWalinspect(t *testing.T) {
	eachDump(t, func(t *testing.T, d *dump) {
		if !d.has("walinspect-records.csv") {
			return
		}
		got := scan(t, d.find(t, Options{Start: d.start, End: d.end}), 2).rows
		n := 0
		short := func(lsn LSN) string { return string(lsn.AppendShort(nil)) }
		if d.find(t, Options{}).Version >= rmgr.V19 {
			short = LSN.String
		}
		rows := readCSV(t, d.file("walinspect-records.csv"), func(field map[string]string) {
			if n >= len(got) {
				t.Fatalf("only %d rows", n)
			}
			r := &got[n]
			n++
			custom := strings.HasPrefix(r.ResourceManager, "custom")
			for name, value := range map[string]any{
				"start_lsn": short(r.StartLSN), "end_lsn": short(r.EndLSN), "prev_lsn": short(r.PrevLSN), "xid": r.XID,
				"resource_manager": r.ResourceManager, "record_type": r.RecordType, "record_length": r.RecordLength,
				"main_data_length": r.MainDataLength, "fpi_length": r.FPILength,
			} {
				if custom && (name == "resource_manager" || name == "record_type") {
					continue // the server knows the manager's own names
				}
				if text := fmt.Sprint(value); text != field[name] {
					t.Fatalf("row %d, %s: %s is %s, not %s", n, short(r.StartLSN), name, text, field[name])
				}
			}
		})
		if rows != len(got) {
			t.Errorf("%d rows, not %d", len(got), rows)
		}
	})
}

func TestBlockRowsAreThoseOfPgWalinspect(t *testing.T) {
	eachDump(t, func(t *testing.T, d *dump) {
		if !d.has("walinspect-blocks.csv") {
			return
		}
		set := d.find(t, Options{Start: d.start, End: d.end})
		short := func(lsn uint64) string { return set.layout.text(LSN(lsn)) }
		var want []map[string]string
		readCSV(t, d.file("walinspect-blocks.csv"), func(field map[string]string) {
			one := map[string]string{}
			for name, value := range field {
				one[name] = value
			}
			want = append(want, one)
		})
		n := 0
		eachBlock(t, set, false, func(b *Batch, i int) {
			if n >= len(want) {
				t.Fatalf("more than %d rows", n)
			}
			for name, value := range map[string]any{
				"start_lsn": short(b.StartLSN[i]), "end_lsn": short(b.EndLSN[i]), "prev_lsn": short(b.PrevLSN[i]),
				"block_id": b.BlockID[i], "reltablespace": b.RelTablespace.Values[i], "reldatabase": b.RelDatabase.Values[i],
				"relfilenode": b.RelFileNode.Values[i], "relblocknumber": b.RelBlockNumber.Values[i], "xid": b.XID.Values[i],
				"resource_manager": b.ResourceManager.String(i), "record_type": b.RecordType.String(i),
				"record_length": b.RecordLength.Values[i], "main_data_length": b.MainDataLength.Values[i],
				"block_data_length": b.BlockDataLength.Values[i], "block_fpi_length": b.BlockFPILength.Values[i],
				"block_fpi_info": infoText(b.FPIInfo[i]),
			} {
				if text := fmt.Sprint(value); text != want[n][name] {
					t.Fatalf("row %d, %s: %s is %s, not %s", n, short(b.StartLSN[i]), name, text, want[n][name])
				}
			}
			if fork := record.ForkNames[want[n]["relforknumber"][0]-'0']; b.RelFork.String(i) != fork {
				t.Fatalf("row %d: fork %s, not %s", n, b.RelFork.String(i), fork)
			}
			n++
		})
		if n != len(want) {
			t.Errorf("%d rows, not %d", n, len(want))
		}
	})
}

// infoText is block_fpi_info as PostgreSQL prints a text[].
func infoText(info uint8) string {
	if info == NoImage {
		return ""
	}
	var names []string
	for bit, name := range FPIInfoNames {
		if info>>bit&1 == 1 {
			names = append(names, name)
		}
	}
	return "{" + strings.Join(names, ",") + "}"
}

// The restored pages are those of pg_waldump --save-fullpage.
func TestPagesAreThoseOfSaveFullpage(t *testing.T) {
	eachDump(t, func(t *testing.T, d *dump) {
		if !d.has("fullpage-md5.txt") {
			return
		}
		want := map[string]string{}
		for line := range strings.Lines(string(content(t, d.file("fullpage-md5.txt")))) {
			name, sum, _ := strings.Cut(strings.TrimSpace(line), " ")
			want[name] = strings.TrimSpace(sum)
		}
		pages := 0
		eachBlock(t, d.find(t, Options{Start: d.start, End: d.end}), true, func(b *Batch, i int) {
			if !record.IsValid(b.FPIData.Valid, i) {
				return
			}
			pages++
			page := b.FPIData.Rows[i].Text(b.FPIData.Arena)
			if len(page) != record.BlockSize {
				t.Fatalf("a page of %d bytes", len(page))
			}
			at := b.StartLSN[i]
			name := fmt.Sprintf("%08X-%08X-%08X.%d.%d.%d.%d_%s", d.timeline, at>>32, uint32(at), b.RelTablespace.Values[i],
				b.RelDatabase.Values[i], b.RelFileNode.Values[i], b.RelBlockNumber.Values[i], b.RelFork.String(i))
			if sum := fmt.Sprintf("%x", md5.Sum(page)); sum != want[name] {
				t.Errorf("%s: %s, not %q", name, sum, want[name])
			}
		})
		if pages != len(want) || pages == 0 {
			t.Errorf("%d pages, not %d", pages, len(want))
		}
	})
}
