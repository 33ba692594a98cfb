package parser

import (
	"errors"
	"strings"
	"testing"

	"walstats/record"
)

// Why a line is no record: what was expected first and is not there.
func TestRejectsSayWhatWasExpected(t *testing.T) {
	for _, tt := range []struct{ line, want string }{
		{"Heap len (rec/tot)", `expected "rmgr: ", found "Heap len (rec/tot)"`},
		{"rmgr: ", `expected the name of a resource manager, found ""`},
		{"rmgr: Heap", `expected " ", found ""`},
		{lineWith("len (rec", "LEN (rec"), `expected "len (rec/tot): ", found "LEN (rec/tot):     54/    54, tx:        731, lsn: 0/01000100, prev 0/01000000, "`},
		{lineWith("     54/", "     x4/"), `expected a number, found "x4/    54, tx:        731, lsn: 0/01000100, prev 0/01000000, desc: INSERT off 5 "`},
		{lineWith("lsn: 0/01000100", "lsn: 0/0100010a"), `expected an LSN, found "0/0100010a, prev 0/01000000, desc: INSERT off 5 flags 0x00, blkref #0: rel 1663/"`},
		{lineWith("desc: ", "bkp: 0120, desc: "), `expected four digits 0 or 1, found "20, desc: INSERT off 5 flags 0x00, blkref #0: rel 1663/5/16384 blk 7"`},
		{lineWith(", desc: ", ", DESC: "), `expected ", desc: ", found ", DESC: INSERT off 5 flags 0x00, blkref #0: rel 1663/5/16384 blk 7"`},
		{strings.Repeat("x", 200), `expected "rmgr: ", found "` + strings.Repeat("x", 80) + `"`},
		{"\x00\xff\x1b", `expected "rmgr: ", found "\x00\xff\x1b"`},
	} {
		_, x := parse(t, []byte(tt.line+"\n"))
		if len(x.NonRecords) != 1 || x.NonRecords[0].Err == nil || x.NonRecords[0].Err.Error() != tt.want {
			t.Errorf("%q:\ngot  %+v\nwant %s", tt.line, x.NonRecords, tt.want)
		}
	}
}

func TestCutTextsHaveACause(t *testing.T) {
	for _, tt := range cutTests {
		x := &Index{}
		x.Scan([]byte(tt.text), 0, len(tt.text), true)
		if x.Counts.Rejects > 0 && (len(x.NonRecords) != 1 || !errors.Is(x.NonRecords[0].Err, ErrCut)) {
			t.Errorf("%s: %+v", tt.name, x.NonRecords)
		}
	}
}

// A number that does not fit is an error of its own column only, and NULL with
// IgnoreErrors.
func TestNumbersThatDoNotFit(t *testing.T) {
	full := record.NewBatch()
	for _, tt := range []struct {
		line  string
		batch record.Batch
		want  string
	}{
		{lineWith("       731", "4294967296"), record.Batch{XID: full.XID}, `xid: expected a number of at most 32 bits, found "4294967296"`},
		{lineWith("/    54", "/ 4294967296"), record.Batch{RecordLength: full.RecordLength}, `record_length: expected a number of at most 32 bits, found "4294967296"`},
		{lineWith("/    54", "/ 4294967296"), record.Batch{FPILength: full.FPILength}, `fpi_length: expected a number of at most 32 bits`},
		{lineWith("    54/", "4294967296/"), record.Batch{FPILength: full.FPILength}, `fpi_length: expected a number of at most 32 bits`},
		{lineWith("    54/", "    55/"), record.Batch{FPILength: full.FPILength}, `fpi_length: expected rec (55) <= tot (54)`},
		{lineWith("rel 1663/", "rel 4294967296/"), record.Batch{RelTablespace: full.RelTablespace}, `reltablespace: expected a number of at most 32 bits`},
		{lineWith("/5/", "/4294967296/"), record.Batch{RelDatabase: full.RelDatabase}, `reldatabase: expected a number of at most 32 bits`},
		{lineWith("/16384", "/4294967296"), record.Batch{RelFileNode: full.RelFileNode}, `relfilenode: expected a number of at most 32 bits`},
		{lineWith("blk 7", "blk 4294967296"), record.Batch{RelBlockNumber: full.RelBlockNumber}, `relblocknumber: expected a number of at most 32 bits`},
	} {
		text := []byte(tt.line + "\n")
		var x Index
		x.Scan(text, 0, len(text), true)
		if x.Len() != 1 {
			t.Fatalf("%q: %d records", text, x.Len())
		}
		const base = 1000
		f := Filler{Base: base}
		_, err := f.Fill(&x, &tt.batch, text, 0, 1)
		var field *Error
		if !errors.As(err, &field) || field.Field == "" || field.Offset != base || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%q:\ngot  %v\nwant %s", text, err, tt.want)
		}
		// Other columns do not mind.
		strings := full.Strings()
		if _, err := f.Fill(&x, &record.Batch{StartLSN: full.StartLSN, Description: *strings[2], RelFork: *strings[3], BlockRef: *strings[4]}, text, 0, 1); err != nil {
			t.Errorf("%q: %v", text, err)
		}
		f.IgnoreErrors = true
		full.Reset()
		if _, err := f.Fill(&x, &tt.batch, text, 0, 1); err != nil {
			t.Errorf("%q: %v", text, err)
		}
		null := false
		for _, c := range tt.batch.Numbers() {
			null = null || c.Values != nil && !record.IsValid(c.Valid, 0)
		}
		if !null {
			t.Errorf("%q: no NULL", text)
		}
	}
}

// A \r at the end of a record's line is dropped, and one before each \n of a user's
// text if the file's first record has it.
func TestCarriageReturns(t *testing.T) {
	for _, tt := range []struct {
		text string
		crlf bool
		want wanted
	}{
		{"NEXTOID 26167\n", true, row(1, "XLOG", "NEXTOID", "26167")},
		{"NEXTOID 26167\r\n", true, row(1, "XLOG", "NEXTOID", "26167")},
		{"NEXTOID 26167\r\r\n", true, row(1, "XLOG", "NEXTOID", "26167")},
		{"NEXTOID 26167\r\n", false, row(1, "XLOG", "NEXTOID", "26167")},
		{"NEXTOID 26\r167\r\n", true, row(1, "XLOG", "NEXTOID", "26\r167")},
		{"\r\n", true, row(1, "XLOG", "", "")},
		{"RESTORE_POINT a\nb\r\n", true, row(1, "XLOG", "RESTORE_POINT", "a\nb")},
		{"RESTORE_POINT a\r\n\r\nb\r\r\n", true, row(1, "XLOG", "RESTORE_POINT", "a\n\nb\r")},
		{"RESTORE_POINT a\r\nb\r\n", false, row(1, "XLOG", "RESTORE_POINT", "a\r\nb\r")},
	} {
		text := strings.TrimSuffix(line(1, "XLOG", ""), "\n") + tt.text
		got := readWhole(t, []byte(text), tt.crlf)
		compareRows(t, got.rows, []record.Record{tt.want.Record})
	}
}

// The message has what is known of the place, the reason and the hint.
func TestErrorMessage(t *testing.T) {
	reason := Error{Field: "xid", Expected: "a number", Found: "x"}
	placed, known := reason, Error{Path: "wal.dump", Line: 3, Offset: 90, Err: ErrCut, Hint: "wait"}
	placed.Path, placed.Offset = "wal.dump", 90
	for want, e := range map[string]Error{
		`xid: expected a number, found "x"`:                         reason,
		`wal.dump (byte 90): xid: expected a number, found "x"`:     placed,
		"wal.dump:3 (byte 90): " + ErrCut.Error() + "; wait":        known,
		ErrCut.Error() + `: expected a number, found "x"; use more`: {Expected: "a number", Found: "x", Err: ErrCut, Hint: "use more"},
	} {
		if got := e.Error(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		if !errors.Is(&e, e.Err) && e.Err != nil {
			t.Errorf("%s: its cause is lost", want)
		}
	}
}
