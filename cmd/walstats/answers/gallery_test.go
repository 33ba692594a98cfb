package answers_test

import (
	"flag"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the answers into docs/gallery.md again")

const gallery = "../../../docs/gallery.md"

// TestGallery asks every question of the gallery and compares the answers with those
// shown: a table after each block of SQL.
func TestGallery(t *testing.T) {
	text, err := os.ReadFile(gallery)
	if err != nil {
		t.Fatal(err)
	}
	db := ofDemo(t)
	var page strings.Builder
	rest, questions := string(text), 0
	for {
		before, after, found := strings.Cut(rest, "\n```sql\n")
		if !found {
			break
		}
		query, after, found := strings.Cut(after, "\n```\n\n")
		if !found {
			t.Fatalf("a block of SQL has no end:\n%s", after)
		}
		for strings.HasPrefix(after, "|") { // the answer shown
			_, after, _ = strings.Cut(after, "\n")
		}
		answer := db.markdown(strings.ReplaceAll(query, "'test/data/", "'"+data))
		page.WriteString(before + "\n```sql\n" + query + "\n```\n\n" + answer + "\n")
		rest = strings.TrimPrefix(after, "\n")
		questions++
	}
	page.WriteString(rest)
	if questions != 15 {
		t.Errorf("%d questions, want 15", questions)
	}
	if *update {
		if err := os.WriteFile(gallery, []byte(page.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	equal(t, "docs/gallery.md (go test ./cmd/walstats/answers -run Gallery -update writes it)",
		strings.Split(string(text), "\n"), strings.Split(page.String(), "\n"))
}

// ofDemo returns the database that walstats convert makes of the demo's WAL.
func ofDemo(t *testing.T) database {
	t.Helper()
	return inSession(t, ofWAL(t, data+"demo", "", "SELECT * REPLACE (start_lsn::UBIGINT AS start_lsn, prev_lsn::UBIGINT AS prev_lsn)"))
}

// markdown is the query's answer as a table.
func (d database) markdown(query string) string {
	d.Helper()
	query = strings.TrimSuffix(query, ";")
	names := d.rows("SELECT column_name FROM (DESCRIBE " + query + ")")
	var table strings.Builder
	line := func(cells string) { table.WriteString("| " + strings.ReplaceAll(cells, "|", " | ") + " |\n") }
	line(strings.Join(names, "|"))
	line(strings.TrimSuffix(strings.Repeat("---|", len(names)), "|"))
	for _, row := range d.rows(query) {
		line(strings.ReplaceAll(row, "NULL", ""))
	}
	return table.String()
}
