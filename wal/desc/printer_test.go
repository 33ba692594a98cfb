package desc

import (
	"errors"
	"strings"
	"testing"
	"time"

	"walstats/record"
	"walstats/rmgr"
)

// pgbench is the records of one pgbench transaction, as PostgreSQL 15 writes them.
func pgbench(t testing.TB) []Record {
	block := func(id uint8, relation, number uint32) Block {
		return Block{ID: id, Tablespace: 1663, Database: 5, Relation: relation, Number: number, Flags: HasData}
	}
	head := Record{Version: v15, LSN: 0x1_2345_6780, Prev: 0x1_2345_6720, Length: 74, XID: 1113888}
	all := make([]Record, 7)
	for i := range all {
		all[i] = head
		all[i].LSN += record.LSN(i * 80)
	}
	all[0].RMID, all[0].Info, all[0].Main = rmgr.Heap, 0x60, unhex(t, "20ff10007f001600") // LOCK
	all[1].RMID, all[1].Info, all[1].Main = rmgr.Heap, 0x40, unhex(t, "20ff10007f001060000000008500")
	all[2].RMID, all[2].Info, all[2].Main = rmgr.Heap, 0x40, unhex(t, "20ff100003001060000000000700")
	all[3].RMID, all[3].Info, all[3].Main = rmgr.Heap, 0x00, unhex(t, "320000")
	all[4].RMID, all[4].Info, all[4].Main = rmgr.Btree, 0x00, unhex(t, "1601")
	all[5].RMID, all[5].Info, all[5].Main = rmgr.Heap2, 0x10, unhex(t, "d491100000000800")
	all[6].RMID, all[6].Info, all[6].Main = rmgr.Transaction, 0x00, unhex(t, "8362bebd27040300")
	for i := range 6 {
		all[i].Blocks = []Block{block(0, 16396, uint32(1640+i))}
	}
	all[1].Blocks[0].Flags |= HasImage | Apply
	all[1].Blocks[0].ImageLength = 40
	return all
}

func TestAllocations(t *testing.T) {
	p := NewPrinter(time.UTC)
	dst := make([]byte, 0, 1<<16)
	var all []Record
	for _, v := range vectors(t) {
		all = append(all, v.record)
	}
	for _, r := range append(all, pgbench(t)...) {
		n := testing.AllocsPerRun(10, func() {
			for _, detailed := range []bool{false, true} {
				var err error
				if dst, err = p.AppendLine(dst[:0], &r, detailed); err != nil {
					t.Fatal(err)
				}
			}
			XactTime(&r)
		})
		if n != 0 {
			t.Errorf("%s %s of %s: %v allocations", r.Version.Name(r.RMID), r.Version.RecordType(r.RMID, r.Info), r.Version, n)
		}
	}
}

// Every prefix of real main data and block data gives a text or an Error that names
// the field, and leaves dst as it was.
func TestCutData(t *testing.T) {
	p := NewPrinter(time.UTC)
	var short int
	check := func(r *Record, block bool, have int) {
		got, err := p.Append([]byte("before"), r)
		if err == nil {
			return
		}
		short++
		var e *Error
		if !errors.As(err, &e) || e.Field == "" || e.Need <= e.Have || e.Have != have || e.Block != block {
			t.Errorf("%d bytes of %s %s: %v", have, r.Version.Name(r.RMID), r.Version.RecordType(r.RMID, r.Info), err)
		}
		if string(got) != "before" {
			t.Errorf("after an error dst is %q", got)
		}
	}
	for _, v := range vectors(t) {
		r := v.record
		for n := range len(r.Main) {
			r.Main = v.record.Main[:n:n]
			check(&r, false, n)
		}
		r.Main = v.record.Main
		if len(r.Blocks) == 0 {
			continue
		}
		whole := r.Blocks[0].Data
		for n := range len(whole) {
			r.Blocks[0].Data = whole[:n:n]
			check(&r, true, n)
		}
		r.Blocks[0].Data = whole
	}
	if short < 1000 {
		t.Errorf("only %d errors", short)
	}
}

func TestErrorText(t *testing.T) {
	p := NewPrinter(time.UTC)
	for _, c := range []struct {
		record Record
		want   string
	}{
		{
			Record{Version: v15, RMID: rmgr.Heap, LSN: 0x1953528, Main: []byte{1}},
			"Heap INSERT at 0/01953528: offnum requires 2 bytes of main data, and there are 1",
		},
		{
			Record{Version: v15, RMID: rmgr.Storage, Info: 0x10, LSN: 0x1953528, Main: append(make([]byte, 12), 4, 0, 0, 0)},
			"Storage CREATE at 0/01953528: rnode of the main data must be a fork number from 0 to 3, and is 4",
		},
		{
			Record{Version: v16, RMID: rmgr.Heap2, Info: 0x20, LSN: 0x1953528, Main: []byte{2, 0}, Blocks: []Block{{Flags: HasData, Data: []byte{1, 0}}}},
			"Heap2 VACUUM at 0/01953528: nowunused requires 4 bytes of block data, and there are 2",
		},
	} {
		if _, err := p.Append(nil, &c.record); err == nil || err.Error() != c.want {
			t.Errorf("got  %v\nwant %s", err, c.want)
		}
	}
}

// Codes without a row, and managers of extensions.
func TestWithoutRow(t *testing.T) {
	p := NewPrinter(time.UTC)
	for _, c := range []struct {
		version rmgr.Version
		id      rmgr.ID
		info    byte
		want    string
	}{
		{v15, 128, 0x10, "rmid: 128"},
		{v19, 255, 0xF0, "rmid: 255"},
		{v19, 23, 0x00, ""},
		{v95, rmgr.Hash, 0x10, ""},
		{v19, rmgr.Heap2, 0x40, ""},
		{v12, rmgr.Btree, 0x50, ""},
		{v12, rmgr.Transaction, 0x10, ""},
		{v13, rmgr.Transaction, 0x70, ""},
		{v15, rmgr.XLOG, 0xB0, ""},
	} {
		r := Record{Version: c.version, RMID: c.id, Info: c.info}
		if got, err := p.Append(nil, &r); err != nil || string(got) != c.want {
			t.Errorf("%s, manager %d, info %02X: got %q, %v; want %q", c.version, c.id, c.info, got, err, c.want)
		}
	}
	// The text goes by the code without INIT_PAGE, whatever the record type is called.
	r := Record{Version: v16, RMID: rmgr.Heap, Info: 0x90, Main: unhex(t, "1bff100029001000")}
	got, err := p.AppendLine(nil, &r, false)
	want := "rmgr: Heap        len (rec/tot):      0/     0, tx:          0, lsn: 0/00000000, prev 0/00000000, " +
		"desc: UNKNOWN (90) xmax: 1113883, off: 41, infobits: [KEYS_UPDATED], flags: 0x00\n"
	if err != nil || string(got) != want {
		t.Errorf("got  %q, %v\nwant %q", got, err, want)
	}
}

func TestXactTime(t *testing.T) {
	p := NewPrinter(time.UTC)
	timed := 0
	for _, v := range vectors(t) {
		micros, ok := XactTime(&v.record)
		if !ok {
			continue
		}
		timed++
		// The text has the same time, a fraction before 2000 aside.
		text, err := p.Append(nil, &v.record)
		if err != nil {
			t.Fatal(err)
		}
		want := time.UnixMicro(micros).UTC().Format("2006-01-02 15:04:05.000000 MST")
		if got := string(text); !strings.Contains(got, want) {
			t.Errorf("%s does not have %s", got, want)
		}
	}
	if timed < 8 {
		t.Errorf("%d vectors have a time", timed)
	}
	long := make([]byte, 24)
	for _, c := range []struct {
		version rmgr.Version
		id      rmgr.ID
		info    byte
		main    []byte
		ok      bool
	}{
		{v12, rmgr.Transaction, 0x10, long, false}, // PREPARE prints no time up to 12
		{v13, rmgr.Transaction, 0x10, long, true},
		{v13, rmgr.Transaction, 0x50, long, false},
		{v13, rmgr.Transaction, 0x80, long[:7], false},
		{v95, rmgr.XLOG, 0x90, long, true},
		{v95, rmgr.XLOG, 0xD0, long, false},
		{v14, rmgr.XLOG, 0xD0, long, true},
		{v14, rmgr.XLOG, 0x70, long, false}, // RESTORE_POINT does not print its time
		{v14, rmgr.Heap, 0x00, long, false},
	} {
		r := Record{Version: c.version, RMID: c.id, Info: c.info, Main: c.main}
		if _, ok := XactTime(&r); ok != c.ok {
			t.Errorf("%s, manager %d, info %02X: a time: %v, want %v", c.version, c.id, c.info, ok, c.ok)
		}
	}
}
