package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"walstats/cmd/walstats/session"
)

// fleet returns a folder that has a folder a cluster, with copies of real segments,
// unpacked where plain is set.
func fleet(t *testing.T, plain bool, clusters map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, from := range clusters {
		copyWAL(t, filepath.Join(root, name), from, plain)
	}
	return root
}

func copyWAL(t *testing.T, folder, from string, plain bool) {
	t.Helper()
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	paths, err := filepath.Glob(from)
	if err != nil || len(paths) == 0 {
		t.Fatalf("%s: no files, %v", from, err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(path)
		if plain && strings.HasSuffix(name, ".zst") {
			name = strings.TrimSuffix(name, ".zst")
			d, err := zstd.NewReader(nil)
			if err != nil {
				t.Fatal(err)
			}
			if text, err = d.DecodeAll(text, nil); err != nil {
				t.Fatal(err)
			}
			d.Close()
		}
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func planOf(t *testing.T, text string) (ranges []walRange) {
	t.Helper()
	if err := json.Unmarshal([]byte(text[strings.Index(text, "[\n"):strings.LastIndex(text, "]")+1]), &ranges); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return ranges
}

// The ranges of clusters have the records of all their WAL, each once, however they are
// cut, compressed or not; those of a range are of its timeline.
func TestWALRangesTileClusters(t *testing.T) {
	clusters := map[string]string{
		"small": "../../wal/testdata/15-1mb/wal/*", "promoted": "../../wal/testdata/13/wal/*",
		"deep/0000000100000000": "../../test/data/demo/0*", "v18": "../../wal/testdata/18/wal/*",
	}
	for _, plain := range []bool{true, false} {
		root := fleet(t, plain, clusters)
		db, err := session.Open(t.Context(), session.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		count := func(call string, timeline uint32) (n, sum int64) {
			t.Helper()
			query := fmt.Sprintf("SELECT count(*), coalesce(sum(hash(r) %% 1000000007), 0)::BIGINT FROM read_wal(%s) r WHERE timeline = %d OR %d = 0", call, timeline, timeline)
			if err := db.QueryRow(query).Scan(&n, &sum); err != nil {
				t.Fatalf("%s: %v", query, err)
			}
			return n, sum
		}
		var wantN, wantSum int64
		for name := range clusters {
			n, sum := count(session.Quote(filepath.Join(root, name)), 0)
			wantN, wantSum = wantN+n, wantSum+sum
		}
		for args, number := range map[string]struct{ plain, packed int }{"": {9, 9}, "--size 20MiB": {6, 6}, "--size 1GB": {5, 5}, "--parts 3": {22, 9}, "--size 100kB": {389, 9}} {
			want := number.packed // of ranges
			if plain {
				want = number.plain
			}
			ranges := planOf(t, program(t, root, 0, append(strings.Fields("ranges "+root), strings.Fields(args)...)...))
			var gotN, gotSum int64
			parts := map[string]bool{}
			for i, r := range ranges {
				n, sum := count(fmt.Sprintf("%s, start_lsn := '%v', end_lsn := '%v', timeline := %d", session.List(r.Files), r.Start, r.End, r.Newest), r.Timeline)
				gotN, gotSum = gotN+n, gotSum+sum
				if i > 0 && r.System == ranges[i-1].System && r.Start != ranges[i-1].End {
					t.Errorf("%s: a range ends at %v, the next one begins at %v", args, ranges[i-1].End, r.Start)
				}
				parts[r.Part] = true
			}
			if gotN != wantN || gotSum != wantSum || len(ranges) != want || len(parts) != want {
				t.Errorf("plain %v, %q: %d ranges, want %d, have %d records, want %d; %d parts", plain, args, len(ranges), want, gotN, wantN, len(parts))
			}
		}
	}
}

// A part of WAL is planned as all of it is; what is missing elsewhere is no matter.
func TestWALRangesOfAPart(t *testing.T) {
	root := fleet(t, true, map[string]string{"server": "../../test/data/demo/0*"})
	folder := filepath.Join(root, "server")
	if err := os.Remove(filepath.Join(folder, "00000001000000000000000F")); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ start, end string }{{"0/D12345", "0/E54321"}, {"0/E00000", "0/E54321"}, {"0/D12345", "0/D20000"}, {"0/E54321", ""}, {"", "0/D12345"}} {
		options, flags := "", []string{"ranges", folder, "--parts", "3"}
		if c.start != "" {
			options, flags = options+", start_lsn := "+session.Quote(c.start), append(flags, "--start", c.start)
		}
		if c.end != "" {
			options, flags = options+", end_lsn := "+session.Quote(c.end), append(flags, "--end", c.end)
		}
		want, first := rows(t, "", "SELECT count(*), min(start_lsn)::VARCHAR FROM read_wal("+session.Quote(folder)+options+")")
		var got int64
		for i, r := range planOf(t, program(t, root, 0, flags...)) {
			n, from := rows(t, "", fmt.Sprintf("SELECT count(*), min(start_lsn)::VARCHAR FROM read_wal(%s, start_lsn := '%v', end_lsn := '%v')", session.List(r.Files), r.Start, r.End))
			if got += n; i == 0 && from != first {
				t.Errorf("%v: the first record is at %s, want %s", flags, from, first)
			}
		}
		if got != want || want == 0 {
			t.Errorf("%v: %d records, want %d", flags, got, want)
		}
	}
	if text := program(t, root, 2, "ranges", folder, "--start", "1"); !strings.Contains(text, "expected an LSN") {
		t.Errorf("%s", text)
	}
}

// What is wrong with a segment is told of it, and costs no other.
func TestWALRangesOfWhatIsNotWhole(t *testing.T) {
	const demo = "../../test/data/demo/0*"
	segment := "00000001000000000000000"
	for name, test := range map[string]struct {
		plain  bool
		do     func(folder string)
		code   int
		file   string
		want   string
		ranges int
	}{
		"whole":   {do: func(string) {}, ranges: 3},
		"missing": {do: func(f string) { os.Remove(f + segment + "E.zst") }, code: 3, file: segment + "E", want: "is missing, and later segments are there", ranges: 2},
		"cut": {plain: true, do: func(f string) { os.Truncate(f+segment+"E", 1<<19) }, code: 3, file: segment + "E",
			want: "has 524288 bytes, expected 1048576: it was cut; copy it again", ranges: 3},
		"doubled": {plain: true, do: func(f string) { copyWAL(t, f, demo, false) }, file: segment + "D.zst", want: "is a second copy of ", ranges: 3},
		"doubled, and different": {plain: true, do: func(f string) {
			text, _ := os.ReadFile(f + segment + "E")
			text = bytes.Clone(text)
			text[100_000]++
			os.WriteFile(f+segment+"E.partial-"+strings.Repeat("0", 40), text, 0o600)
			os.MkdirAll(f+"again", 0o700)
			os.WriteFile(f+"again/"+segment+"E", text, 0o600)
		}, code: 3, file: "again/" + segment + "E", want: "and has other bytes; keep the right one", ranges: 3},
		"another cluster's": {do: func(f string) { copyWAL(t, f, "../../wal/testdata/15-1mb/wal/*35.zst", false) }, code: 3, file: segment[:22] + "35.zst",
			want: "is another cluster's WAL: it has PostgreSQL 15", ranges: 3},
		"damaged compression": {do: func(f string) { os.WriteFile(f+segment+"E.zst", []byte("\x28\xb5\x2f\xfdabc"), 0o600) }, code: 3, file: segment + "E.zst",
			want: "zstd", ranges: 2},
		"no history": {do: func(f string) {
			copyWAL(t, f+"13", "../../wal/testdata/13/wal/*.zst", false)
		}, code: 3, file: "13/000000010000000000000007.zst", want: "00000002.history is missing, which says where timeline 2 left it", ranges: 4},
		// 13 was promoted in its first segment. Its second one is as if the old timeline had gone on.
		"left by the newest timeline": {do: func(f string) {
			copyWAL(t, f+"13", "../../wal/testdata/13/wal/*", true)
			text, _ := os.ReadFile(f + "13/000000010000000000000007")
			text[11]++ // its address, 16 MiB later
			os.WriteFile(f+"13/000000010000000000000008", text, 0o600)
		}, file: "13/000000010000000000000008", want: "where timeline 2 left it; of such segments, 1 are not read", ranges: 5},
	} {
		t.Run(name, func(t *testing.T) {
			root := fleet(t, test.plain, map[string]string{"db": demo})
			test.do(root + "/db/")
			said := program(t, root, test.code, "ranges", root)
			ranges, found := 0, false
			for _, r := range planOf(t, said) {
				if r.Part != "" {
					ranges++
				}
				found = found || strings.HasSuffix(r.File, "/"+test.file) && strings.Contains(r.Error+r.Note, test.want)
			}
			if ranges != test.ranges || found != (test.file != "") {
				t.Errorf("%d ranges, want %d; found: %v; %s", ranges, test.ranges, found, said)
			}
		})
	}
}

// Each range is a task of its own, and the parts together have the rows of one run. The record
// at the end that is not whole waits for the next plan.
func TestWALRangesAreTasks(t *testing.T) {
	root := fleet(t, true, map[string]string{"demo": "../../test/data/demo/0*", "promoted": "../../wal/testdata/13/wal/*"})
	os.Mkdir(filepath.Join(root, "parts"), 0o700)
	tasks := strings.Split(program(t, root, 0, "ranges", "demo", "promoted", "--size", "300kB", "--null"), "\x00")
	if len(tasks) < 20 {
		t.Fatalf("%d texts", len(tasks))
	}
	for i := 0; i+1 < len(tasks); i += 2 {
		program(t, root, 0, "convert", "--quiet", "--range", tasks[i], "-o", "parts/"+tasks[i+1]+".parquet")
	}
	const sums = "SELECT count(*), sum(hash(r))::VARCHAR FROM "
	gotN, got := rows(t, filepath.Join(root, "none.duckdb"), sums+"read_parquet("+session.Quote(root+"/parts/*.parquet")+") r")
	for _, name := range []string{"demo", "promoted"} {
		program(t, root, 0, "convert", "--quiet", name, "-o", name+".parquet")
	}
	wantN, want := rows(t, filepath.Join(root, "none.duckdb"), sums+"read_parquet("+session.List([]string{root + "/demo.parquet", root + "/promoted.parquet"})+") r")
	if gotN != wantN || got != want || gotN == 0 {
		t.Errorf("%d rows (%s), want %d (%s)", gotN, got, wantN, want)
	}
	if text := program(t, root, 2, "convert", "--range", "{}", "-o", "x.parquet"); !strings.Contains(text, "--range: required: a range of WAL") {
		t.Error(text)
	}

	last := "00000001000000000000000"
	before := planOf(t, program(t, root, 0, "ranges", "demo"))
	os.Remove(filepath.Join(root, "demo", last+"F"))
	after := planOf(t, program(t, root, 0, "ranges", "demo"))
	if n := len(after); n != 2 || after[1].Start != before[1].Start || after[1].End >= before[1].End || after[1].End < before[1].End-1000 {
		t.Errorf("%v, without the last segment %v", before, after)
	}
}
