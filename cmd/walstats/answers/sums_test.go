package answers_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"testing"

	"walstats/cmd/walstats/answers"
)

// A line of pg_waldump's --stats: count, bytes without images, of images, of both.
type sums [4]int64

func (s sums) String() string { return fmt.Sprintf("%d|%d|%d|%d", s[0], s[1], s[2], s[3]) }

var (
	percentages    = regexp.MustCompile(`\( *\d+\.\d+\)|\[[\d.]+%\]`)
	statisticsLine = regexp.MustCompile(`^(\S.*?) +(\d+) +(\d+) +(\d+) +(\d+)\s*$`)
)

// statistics are the lines of a --stats file by their names, equal names added.
func statistics(t *testing.T, file string) map[string]sums {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(data, file))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]sums{}
	for line := range strings.Lines(string(text)) {
		m := statisticsLine.FindStringSubmatch(percentages.ReplaceAllString(line, ""))
		if m == nil {
			continue
		}
		total := all[m[1]]
		for i := range total {
			n, err := strconv.ParseInt(m[2+i], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			total[i] += n
		}
		all[m[1]] = total
	}
	return all
}

// TestSums: every view that counts records once adds up to what pg_waldump itself
// counted.
func TestSums(t *testing.T) {
	for _, dump := range dumps {
		t.Run(dump, func(t *testing.T) {
			db := open(t, dump, true)
			var want []string
			for name, sums := range statistics(t, dump+".stats-record.txt") {
				if name != "Total" && sums[0] > 0 {
					want = append(want, name+"|"+sums.String())
				}
			}
			sort.Strings(want)
			got := db.rows("SELECT resource_manager || '/' || record_type, records, record_bytes, fpi_bytes, bytes FROM wal_by_record_type")
			sort.Strings(got)
			equal(t, "wal_by_record_type", got, want)

			total := statistics(t, dump+".stats.txt")["Total"].String()
			for _, view := range []string{
				"wal_by_relation_and_type", "wal_by_relation", "wal_by_table", "wal_by_record_type", "wal_by_minute",
				"wal_over_time(60)", "wal_over_time(0.01)", "wal_fpi_since_checkpoint", "wal_summary",
			} {
				if got := db.one("SELECT sum(records), sum(bytes - fpi_bytes), sum(fpi_bytes), sum(bytes) FROM " + view); got != total {
					t.Errorf("%s adds up to %s, want %s", view, got, total)
				}
			}
			if got := db.one("SELECT sum(fpi_bytes) = sum(hint_bytes + new_page_bytes + first_touch_bytes), sum(fpi_bytes), round(sum(share), 9) FROM wal_fpi_by_relation"); got != fmt.Sprintf("true|%d|1.0", statistics(t, dump+".stats.txt")["Total"][2]) {
				t.Errorf("wal_fpi_by_relation: %s", got)
			}
			images := db.one("SELECT count(fpi) FROM wal_blocks")
			for _, view := range []string{"wal_by_relation", "wal_by_minute", "wal_fpi_by_relation", "wal_fpi_since_checkpoint", "wal_hot_blocks", "wal_summary"} {
				if got := db.one("SELECT sum(images) FROM " + view); got != images {
					t.Errorf("%s has %s images, wal_blocks %s", view, got, images)
				}
			}
			if got, want := db.one("SELECT sum(records) FROM wal_hot_blocks"), db.one("SELECT count(*) FROM wal_blocks"); got != want {
				t.Errorf("wal_hot_blocks has %s block references, wal_blocks %s", got, want)
			}
		})
	}
}

// TestTypesOfLSN: numbers, pg_lsn and texts give the same answers, with a column
// filename or without one.
func TestTypesOfLSN(t *testing.T) {
	numbers, types := open(t, "pg16", true), open(t, "pg16", false)
	views := []string{"wal_summary", "wal_by_minute", "wal_transactions", "wal_commits", "wal_checkpoints", "wal_known_times", "wal_record_times", "wal_ddl", "wal_fpi_since_checkpoint", "wal_gaps"}
	compare := func(what string) {
		for _, view := range views {
			equal(t, view+" of "+what, types.rows("FROM "+view+" ORDER BY ALL"), numbers.rows("FROM "+view+" ORDER BY ALL"))
		}
	}
	compare("pg_lsn")
	for _, column := range []string{"start_lsn", "prev_lsn"} {
		types.exec("ALTER TABLE wal ALTER " + column + " TYPE VARCHAR USING lsn_text(" + column + ")")
	}
	if got := types.one("SELECT start_lsn, prev_lsn FROM wal ORDER BY lsn(start_lsn) LIMIT 1"); got != "0/06B6F1E0|0/06B6F168" {
		t.Fatal(got)
	}
	compare("text")
	if got := numbers.one("SELECT lsn('0/1953528'), lsn(26555688::UBIGINT), lsn_text(26555688), lsn('FFFFFFFF/FFFFFFFF'), lsn_text('A/F')"); got != "26555688|26555688|0/01953528|18446744073709551615|A/0000000F" {
		t.Error(got)
	}
}

// TestParquet: the tables may be views of files.
func TestParquet(t *testing.T) {
	db := open(t, "pg16", true)
	folder := t.TempDir()
	query := "SELECT (SELECT bytes FROM wal_summary), (SELECT count(*) FROM wal_transactions), (SELECT sum(records) FROM wal_hot_blocks), (SELECT count(*) FROM wal_gaps)"
	want := db.one(query)
	for _, table := range []string{"wal", "wal_blocks"} {
		file := filepath.Join(folder, table+".parquet")
		db.exec("COPY " + table + " TO '" + file + "'")
		db.exec("DROP TABLE " + table)
		db.exec("CREATE VIEW " + table + " AS FROM '" + file + "'")
	}
	db.exec(answers.SQL)
	if got := db.one(query); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
