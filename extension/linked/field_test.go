package linked_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What people's own text and hands do to a dump, a file each in test/data/field: what
// read_waldump makes of it. strict is a part of the error without ignore_errors; where it
// is empty there is none, and the rows are the same.
var fieldTests = []struct {
	file, columns string
	strict        string
	rows          []string
	rejects       []string // what read_waldump_rejects says: kind and a part of line or error
}{
	{"01-kubectl-lf-then-crlf.dump", "relfilenode, relblocknumber, block_ref, record_type", `expected "rmgr: ", found "Defaulted container`,
		[]string{"16391|0|blkref #0: rel 1663/16384/16391 blk 0|INSERT", "16394|1|blkref #0: rel 1663/16384/16394 blk 1 FPW|INSERT_LEAF", "NULL|NULL|NULL|COMMIT"},
		[]string{"reject|Defaulted container"}},
	{"02-trailing-blanks.dump", "relfilenode, description", "",
		[]string{"16391|off: 4, flags: 0x00", "16394|off: 4", "NULL|2026-11-20 09:15:00.123456 UTC"}, nil},
	{"03-cut-150.dump", "record_type, relfilenode, xact_time", "the line was cut: a block reference breaks off",
		[]string{"COMMIT|NULL|2026-11-20 09:15:00.123456"},
		[]string{"reject|the line was cut: a block reference breaks off", "reject|the line was cut: a block reference breaks off"}},
	{"04-grep-color.dump", "relfilenode", "colour codes", nil, []string{"reject|colour codes", "reject|colour codes"}},
	{"05-pg93.dump", "record_type, fpi_length, relfilenode, relblocknumber, description", "",
		[]string{
			"insert|176|16519|0|rel 1663/16486/16519; tid 0/2",
			"commit|0|NULL|NULL|2015-03-20 12:23:35.834785 CET",
			"AccessExclusive locks|0|NULL|NULL|xid 5002 db 16486 rel 16519",
			"delete|0|11786|42|rel 1663/16486/11786; tid 42/38 KEYS_UPDATED ",
		}, nil},
	{"06-pg963.dump", "record_type, fpi_length, relfilenode", "", []string{"INSERT|0|16384", "COMMIT|0|NULL", "RUNNING_XACTS|0|NULL"}, nil},
	{"07-checkpoint-cut.dump", "record_type, description", "",
		[]string{"INSERT|off: 4, flags: 0x00", "CHECKPOINT_ONLINE|redo 0/A000060; tli 1; prev tli 1; fpw tr", "COMMIT|2026-11-20 09:15:00.123456 UTC"}, nil},
	{"08-sudo-root.dump", "record_type", "", []string{"INSERT", "COMMIT"},
		[]string{"message|could not change directory", "message|pg_waldump: error: "}},
	{"09-greenplum6.dump", "record_type, xact_time, relfilenode", "",
		[]string{
			"insert|NULL|122909", "distributed commit|NULL|NULL", "distributed forget|NULL|NULL",
			"commit prepared|2019-06-11 15:16:17.78666|NULL", "commit prepared|2019-06-11 15:16:18.78666|NULL",
		}, []string{"message|pg_xlogdump: FATAL: "}},
	{"10-drop-database.dump", "record_type, description", "",
		[]string{"DROP|dir 1663/16445", "COMMIT|2026-11-26 07:30:53.474305 UTC; inval msgs: catcache 21; sync"}, nil},
	{"11-manila.dump", "xact_time", "", []string{"2026-11-21 04:00:00.123456"}, nil}, // PST of PostgreSQL's default set; inspect says so
	{"12-segment.gz", "record_type", "is a WAL segment, not the text of one; use read_wal(", nil, nil},
	{"13-pg96-no-image.dump", "record_type, fpi_length", "", []string{"INSERT_LEAF|0", "INSERT|0"}, nil},
	{"14-overlap-a.dump", "record_type, fpi_length, relfilenode", "", []string{"INSERT|0|16391", "INSERT|7968|16400", "COMMIT|0|NULL"}, nil},
	{"14-overlap-b.dump", "record_type, fpi_length, relfilenode", "", []string{"INSERT|7968|16400", "COMMIT|0|NULL", "INSERT|0|16391"}, nil},
}

func TestWhatPeopleDoToDumps(t *testing.T) {
	const folder = "../../test/data/field"
	tested := map[string]bool{}
	for _, tt := range fieldTests {
		tested[tt.file] = true
		t.Run(tt.file, func(t *testing.T) {
			s := open(t)
			path := quote(filepath.Join(folder, tt.file))
			query := func(columns, from string) (rows []string) {
				t.Helper()
				s.each("SELECT concat_ws('|', "+texts(columns)+") FROM "+from, func(row string) { rows = append(rows, row) })
				return rows
			}
			if tt.strict != "" {
				s.fails("SELECT * FROM read_waldump("+path+")", tt.strict)
			} else if got := query(tt.columns, "read_waldump("+path+")"); strings.Join(got, "\n") != strings.Join(tt.rows, "\n") {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.rows, "\n"))
			}
			if strings.HasSuffix(tt.file, ".gz") {
				return
			}
			if got := query(tt.columns, "read_waldump("+path+", ignore_errors := true)"); strings.Join(got, "\n") != strings.Join(tt.rows, "\n") {
				t.Errorf("with ignore_errors: got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.rows, "\n"))
			}
			got := query("kind, line || coalesce(error, '')", "read_waldump_rejects("+path+")")
			if len(got) != len(tt.rejects) {
				t.Fatalf("rejects: got\n%s", strings.Join(got, "\n"))
			}
			for i, want := range tt.rejects {
				kind, part, _ := strings.Cut(want, "|")
				if !strings.HasPrefix(got[i], kind+"|") || !strings.Contains(got[i], part) {
					t.Errorf("reject %d is %q, not %s", i+1, got[i], want)
				}
			}
		})
	}
	files, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !tested[file.Name()] {
			t.Errorf("%s has no test", file.Name())
		}
	}
}

// In Manila PST is the time of the Philippines.
func TestManila(t *testing.T) {
	s := open(t)
	s.each("SELECT xact_time::TIMESTAMP::VARCHAR FROM read_waldump('../../test/data/field/11-manila.dump', timezone := 'Asia/Manila')", func(row string) {
		if row != "2026-11-20 12:00:00.123456" {
			t.Error(row)
		}
	})
}

// texts makes each column a text, and NULL the word.
func texts(columns string) string {
	all := strings.Split(columns, ", ")
	for i, c := range all {
		if c == "line || coalesce(error" || strings.HasPrefix(c, "'')") {
			continue
		}
		cast := c
		if c == "xact_time" {
			cast = "xact_time::TIMESTAMP"
		}
		all[i] = "coalesce((" + cast + ")::VARCHAR, 'NULL')"
	}
	return strings.Join(all, ", ")
}

// each calls row with the first column of each row, a text.
func (s session) each(query string, row func(string)) {
	s.Helper()
	rows, err := s.QueryContext(context.Background(), query)
	if err != nil {
		s.Fatalf("%s\n%v", query, err)
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			s.Fatal(err)
		}
		row(text)
	}
	if err := rows.Err(); err != nil {
		s.Fatalf("%s\n%v", query, err)
	}
}
