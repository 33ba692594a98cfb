package linked_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// A range reads its own bytes, and a little before them: of this file the rest would
// take most of an hour.
func TestByteRangeReadsItsOwnBytes(t *testing.T) {
	const hole = 8 << 40
	record := "rmgr: Standby     len (rec/tot):     50/    50, tx:          0, lsn: 0/00000100, prev 0/000000C8, desc: LOCK \n"
	path := filepath.Join(t.TempDir(), "sparse.dump")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.WriteString(record); err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteAt([]byte("\n"+record+record), hole); err != nil {
		t.Skipf("this file system has no files of 8 TiB: %v", err)
	}
	s := open(t)
	for query, want := range map[string]string{
		"SELECT count(*) FROM read_waldump(%s, byte_range := [%d, %d])":                         "2",
		"SELECT records FROM waldump_lines(%s, byte_range := [%d, %d])":                         "2",
		"SELECT sum(count)::BIGINT FROM waldump_stats(%s, byte_range := [%d, %d])":              "2",
		"SELECT count(line) FROM read_waldump_rejects(%s, byte_range := [%d, %d])":              "0",
		"SELECT count(*) FROM read_waldump_blocks(%s, byte_range := [%d, %d])":                  "0",
		"SELECT count(description) FROM read_waldump(%s, byte_range := [%d, %d], threads := 1)": "2",
	} {
		if got := s.rows(fmt.Sprintf(query, quote(path), hole+1, hole+1000)); !slices.Equal(got, []string{want}) {
			t.Errorf("%s: got %q, want %s", query, got, want)
		}
	}
}
