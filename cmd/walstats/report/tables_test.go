package report_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"walstats/cmd/walstats/report"
)

// A table has its indexes, its TOAST and its partitions with theirs in it, in one database.
func TestTables(t *testing.T) {
	w := &writer{lsn: 0x1000028}
	var names strings.Builder
	names.WriteString("reltablespace,reldatabase,relfilenode,oid,database,schema,name,kind,table_schema,table_name,partition_of_schema,partition_of_name\n")
	for i, r := range []struct {
		database, length        int
		name, kind, table, root string
	}{
		{5, 1000, "orders", "table", "orders", ""},
		{5, 400, "orders_pkey", "index", "orders", ""},
		{5, 3000, "pg_toast_1", "toast", "orders", ""},
		{5, 70, "events_2026", "table", "events_2026", "events"},
		{5, 80, "events_2026_at", "index", "events_2026", "events"},
		{6, 2000, "orders", "table", "orders", ""}, // of another database
		{6, 100, "", "", "", ""},                   // without a name
	} {
		node := 16400 + i
		w.record("Heap", r.length, 700, fmt.Sprintf("INSERT off 1 flags 0x00, blkref #0: rel 1663/%d/%d blk 0", r.database, node))
		if r.name == "" {
			continue
		}
		schema := ""
		if r.root != "" {
			schema = "public"
		}
		fmt.Fprintf(&names, "1663,%d,%d,%d,db%d,public,%s,%s,public,%s,%s,%s\n", r.database, node, node, r.database, r.name, r.kind, r.table, schema, r.root)
	}
	folder := t.TempDir()
	dump, file := filepath.Join(folder, "wal.dump"), filepath.Join(folder, "names.csv")
	for path, text := range map[string]string{dump: w.String(), file: names.String()} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f := gatherFrom(t, report.Source{Dumps: []string{dump}, Scratch: folder, Names: []string{file}})
	var got []string
	for _, table := range f.Tables {
		line := fmt.Sprintf("%s %s: %d bytes in %d files, %d index, %d TOAST:", table.Database, table.Name, table.Bytes, table.Files, table.IndexBytes, table.ToastBytes)
		for _, part := range table.Parts {
			line += fmt.Sprintf(" %s %d", part.Name, part.Bytes)
		}
		got = append(got, line)
	}
	want := []string{
		"db5 public.orders: 4400 bytes in 3 files, 400 index, 3000 TOAST: public.pg_toast_1 3000 public.orders 1000 public.orders_pkey 400",
		"db6 public.orders: 2000 bytes in 1 files, 0 index, 0 TOAST:",
		"db5 public.events: 150 bytes in 2 files, 80 index, 0 TOAST: public.events_2026_at 80 public.events_2026 70",
		" 1663/6/16406: 100 bytes in 1 files, 0 index, 0 TOAST:",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("tables:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	elements, text := inspect(t, writePage(t, f))
	if !strings.Contains(text, "is of the table public.orders with its indexes and TOAST: 4.4\u00a0kB in 3 records.") || elements["details"] < 2 {
		t.Errorf("%d tables unfold, and the page says: %s", elements["details"], text)
	}
}
