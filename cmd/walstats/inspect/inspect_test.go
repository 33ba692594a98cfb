package inspect_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"database/sql"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"walstats/cmd/walstats/inspect"
	"walstats/cmd/walstats/session"
)

const data = "../../../test/data/"

func open(t *testing.T) *sql.DB {
	t.Helper()
	db, err := session.Open(context.Background(), session.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func report(t *testing.T, db *sql.DB, path string) *inspect.Report {
	t.Helper()
	r, err := inspect.File(context.Background(), db, path, inspect.Options{Name: filepath.Base(path)})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "wal.dump")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func unpacked(t *testing.T, name string) string {
	t.Helper()
	packed, err := os.ReadFile(data + name)
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The version is the one that wrote the dump, or a range around it; the records are the
// Total of its --stats.
func TestRealDumps(t *testing.T) {
	db := open(t)
	for _, c := range []struct {
		file, version, format string
		records               int64
	}{
		{"pg9.5.waldump.gz", "PostgreSQL 9.5", inspect.FormatDefault, 34661},
		{"pg14.waldump.gz", "PostgreSQL 14", inspect.FormatDefault, 38399},
		{"pg14-bkp.waldump.gz", "PostgreSQL 14", inspect.FormatDetails, 38399},
		{"pg16.waldump.gz", "PostgreSQL 16", inspect.FormatDefault, 39880},
		{"pg18.waldump.gz", "PostgreSQL 17 to 18", inspect.FormatDefault, 39852},
		{"pg18-bkp.waldump.gz", "PostgreSQL 17 to 18", inspect.FormatDetails, 39852},
	} {
		r := report(t, db, data+c.file)
		if r.Version == nil || r.Version.Text != c.version || r.Format != c.format || r.Records != c.records {
			t.Errorf("%s: %+v, %s, %d records", c.file, r.Version, r.Format, r.Records)
		}
		if r.Messages != 0 || r.Rejects != 0 || r.Chain.Gaps != 0 || r.Chain.Streams != 1 || r.Compression != "gzip" || r.LineEnds != "LF" {
			t.Errorf("%s:\n%s", c.file, r.Page())
		}
		if r.Times == nil || len(r.Times.Zones) != 1 || r.Times.Zones[0] != "UTC" || r.Times.Undated != 0 {
			t.Errorf("%s: times %+v", c.file, r.Times)
		}
	}
	// The same typed at a terminal, begun inside a record and run past the end of WAL.
	r := report(t, db, data+"stderr-mixed/pg16-pty.txt.gz")
	if r.LineEnds != "CRLF" || r.Messages != 2 || r.Rejects != 0 || r.Version.Text != "PostgreSQL 16" ||
		!strings.HasPrefix(r.FirstMessages[0].Text, "first record is after ") {
		t.Errorf("from a terminal:\n%s", r.Page())
	}
}

// Whatever part of a dump there is, its version is in the range: no claim goes too far.
func TestNoPartClaimsTooMuch(t *testing.T) {
	db := open(t)
	for file, wrote := range map[string]float64{"pg9.5.waldump.gz": 9.5, "pg14.waldump.gz": 14, "pg16.waldump.gz": 16, "pg18-bkp.waldump.gz": 18} {
		parts := map[string]*strings.Builder{} // one of each resource manager
		for record := range strings.SplitAfterSeq(unpacked(t, file), "\nrmgr: ") {
			record = "rmgr: " + strings.TrimPrefix(strings.TrimSuffix(record, "rmgr: "), "rmgr: ")
			manager := strings.Fields(record)[1]
			if manager == "LogicalMessage" || manager == "Transaction" && strings.Contains(record, "desc: PREPARE") {
				continue // what it holds may look like records
			}
			if parts[manager] == nil {
				parts[manager] = &strings.Builder{}
			}
			if parts[manager].Len() < 200_000 {
				parts[manager].WriteString(record)
			}
		}
		if len(parts) < 15 {
			t.Fatalf("%s: only %d managers", file, len(parts))
		}
		for manager, text := range parts {
			r := report(t, db, write(t, text.String()))
			from, to := 0.0, 99.0
			fmt.Sscan(r.Version.From, &from)
			fmt.Sscan(r.Version.To, &to)
			if wrote < from || to < wrote {
				t.Errorf("%s, only %s: %s", file, manager, r.Version.Text)
			}
		}
	}
}

func TestVersionsOfFewRecords(t *testing.T) {
	db := open(t)
	const header = "len (rec/tot):     54/    54, tx:        737, lsn: 0/0195A0C8, prev 0/0195A090, "
	for text, want := range map[string]string{
		"rmgr: Heap        " + header + "bkp: 0000, desc: insert: rel 1663/12870/16384; tid 0/1\n":        "PostgreSQL 9.4 or earlier",
		"rmgr: Heap        " + header + "desc: LOCK off 1: xid 7: flags 0x00 EXCL_LOCK \n":                "PostgreSQL 9.5 or later",
		"rmgr: Generic     " + header + "desc: Generic \n":                                                "PostgreSQL 9.6 or later",
		"rmgr: XLOG        " + header + "desc: CHECKPOINT_REDO wal_level replica\n":                       "PostgreSQL 17 or later",
		"rmgr: XLOG2       " + header + "desc: CHECKSUMS on\n":                                            "PostgreSQL 19 or later",
		"rmgr: custom137   " + header + "desc: UNKNOWN (10) rmid: 137\n":                                  "PostgreSQL 15 or later",
		"rmgr: Heap        " + header + "desc: INSERT off 5\npg_waldump: FATAL:  could not find a file\n": "PostgreSQL 10 to 11",
		"rmgr: Heap2       " + header + "desc: CLEAN remxid 0\n" +
			"rmgr: Heap2       " + strings.ReplaceAll(header, "A0C8", "B0C8") + "desc: PRUNE_ON_ACCESS , isCatalogRel: F\n": "several versions of PostgreSQL: Heap2/PRUNE_ON_ACCESS (17 or later), Heap2/CLEAN (9.5 to 13)",
	} {
		if r := report(t, db, write(t, text)); r.Version.Text != want {
			t.Errorf("%q: %s, want %s", text, r.Version.Text, want)
		}
	}
}

// The chain, followed by hand and by the report.
func TestChain(t *testing.T) {
	db := open(t)
	header := regexp.MustCompile(`lsn: (\S+), prev (\S+), `)
	lines := strings.SplitAfter(unpacked(t, "stderr-mixed/pg16.txt.gz"), "\n")
	for name, keep := range map[string]func(i int) bool{
		"all":       func(int) bool { return true },
		"a hole":    func(i int) bool { return i < 500 || i >= 600 },
		"two holes": func(i int) bool { return i < 500 || i >= 600 && i < 900 || i >= 901 },
		"filtered":  func(i int) bool { return i%3 > 0 },
	} {
		var text strings.Builder
		var before string
		var gaps int64
		for i, line := range lines {
			m := header.FindStringSubmatch(line)
			if !keep(i) || m == nil {
				continue
			}
			text.WriteString(line)
			if before != "" && m[2] != before {
				gaps++
			}
			before = m[1]
		}
		r := report(t, db, write(t, text.String()+text.String()))
		if r.Chain.Gaps != 2*gaps || r.Chain.Streams != 2 || len(r.Chain.FirstRewinds) != 1 || int64(len(r.Chain.FirstGaps)) != min(2*gaps, 3) {
			t.Errorf("%s: %+v, want %d gaps", name, r.Chain, 2*gaps)
		}
		if r.Chain.Filtered != (name == "filtered") {
			t.Errorf("%s: looks filtered: %t", name, r.Chain.Filtered)
		}
	}
}

// A file larger than the memory there is: nothing may keep its rows.
func TestLittleMemory(t *testing.T) {
	db, err := session.Open(context.Background(), session.Options{Settings: map[string]string{"memory_limit": "24MB", "max_temp_directory_size": "0MB"}})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	path := write(t, strings.Repeat(unpacked(t, "pg14.waldump.gz"), 20)) // 768,000 records
	if r := report(t, db, path); r.Records != 20*38399 || r.Chain.Streams != 20 || r.Chain.Gaps != 0 {
		t.Errorf("%s", r.Page())
	}
}
