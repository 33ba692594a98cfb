package parser

import (
	"bytes"
	"fmt"
	"math/rand"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"walstats/record"
)

// seeded is a source of chance. The test prints its seed where it fails; with
// SEED=number in the environment it is that one again.
func seeded(t testing.TB) *rand.Rand {
	t.Helper()
	seed := time.Now().UnixNano()
	if s := os.Getenv("SEED"); s != "" {
		var err error
		if seed, err = strconv.ParseInt(s, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("SEED=%d", seed)
		}
	})
	return rand.New(rand.NewSource(seed))
}

// A generator makes the records of a dump, each as pg_waldump may print it.
type generator struct {
	*rand.Rand
	details  bool       // --bkp-details
	filtered bool       // some records are left out
	hostile  bool       // users try to look like records; else their text is one line
	user     string     // what users write, instead of bait
	lsn      record.LSN // of the next record
	prev     record.LSN
}

// dump is n records and their text. Descriptions are bytes, as printed.
func (g *generator) dump(n int) (all []record.Record, text []byte) {
	for range n {
		all = append(all, g.record())
	}
	// The end of a prepared transaction's name is told by the record after it.
	all = append(all, g.plain())
	for i := range all {
		text = g.print(text, &all[i])
	}
	return all, text
}

func (g *generator) print(dst []byte, r *record.Record) []byte {
	if g.details {
		return appendBkpDetails(r, dst)
	}
	return r.AppendText(dst)
}

// readable is what reading the records gives: their text as UTF-8.
func readable(all []record.Record) []record.Record {
	want := make([]record.Record, len(all))
	for i, r := range all {
		r.Description = hexed(r.Description)
		want[i] = r
	}
	return want
}

func (g *generator) record() record.Record {
	switch g.Intn(12) {
	case 0, 1:
		return g.userText()
	case 2:
		return g.transaction()
	}
	return g.plain()
}

// next gives r its place in the WAL.
func (g *generator) next(r record.Record) record.Record {
	if g.lsn == 0 {
		g.lsn = record.LSN(g.Intn(5))<<32 + record.LSN(g.Uint32()&^7)
	}
	if g.filtered && g.Intn(3) == 0 {
		g.prev, g.lsn = g.lsn, g.lsn+record.LSN(8*(3+g.Intn(1000)))
	}
	r.StartLSN, r.PrevLSN = g.lsn, g.prev
	r.XID = g.pick32(0, 731, 1_114_566, 4_294_967_295)
	g.prev = g.lsn
	g.lsn += record.LSN(r.RecordLength+7)&^7 + record.LSN(g.Intn(2))*24
	return r
}

func (g *generator) pick(of ...string) string { return of[g.Intn(len(of))] }

func (g *generator) pick32(of ...uint32) uint32 {
	if g.Intn(3) == 0 {
		return g.Uint32()
	}
	return of[g.Intn(len(of))]
}

// plain is a record without user text: its manager, identifier and description.
func (g *generator) plain() record.Record {
	kinds := [...][3]string{
		{"Heap", "INSERT", "off 5 flags 0x00"}, {"Heap", "INSERT+INIT", "off: 1, flags: 0x08"},
		{"Heap", "LOCK", "off 1: xid 733: flags 0x00 LOCK_ONLY EXCL_LOCK "},
		{"Heap2", "PRUNE_VACUUM_CLEANUP", ", isCatalogRel: F, nplans: 0, unused: [3, 4]"},
		{"XLOG", "FPI_FOR_HINT", ""}, {"XLOG", "SWITCH", ""}, {"XLOG", "NEXTOID", "26167"},
		{"XLOG", "RESTORE_POINTLESS", "x"}, {"Tablespace", "DROP", "16400"},
		{"Transaction", "INVALIDATION", "; inval msgs: catcache 63"}, {"Transaction", "PREPARE", ""},
		{"LogicalMessage", "MESSAGE", "transactional message size 5 bytes"},
		{"Btree", "VACUUM", "ndeleted: 1, nupdated: 1, deleted: [1], updated: [{ off: 2, nptids: 1, ptids: [0] }]"},
		{"custom137", "UNKNOWN (f0)", "rmid: 137"}, {"Generic", "Generic", "offset 1, length 2; "},
		{"ReplicationOrigin", "SET", "set 1; lsn 0/1; force: 1"}, {"AVeryLongNameOfAManager", "X", "y, z"},
	}
	k := kinds[g.Intn(len(kinds))]
	rec := g.pick32(24, 54, 8_191, 1_234_567) % 2_000_000_000
	r := record.Record{ResourceManager: k[0], RecordType: k[1], RecordLength: rec, Description: k[2]}
	if g.Intn(3) > 0 {
		g.addBlocks(&r)
	}
	return g.next(r)
}

func (g *generator) addBlocks(r *record.Record) {
	var refs []string
	for id := g.Intn(3); id < 33 && len(refs) < 4; id += 1 + g.Intn(3) {
		tablespace, database := g.pick32(1663, 1664), g.pick32(0, 5, 4294967295)
		node, block, fork := g.pick32(1, 16384), g.pick32(0, 7, 4294967294), g.pick("main", "main", "fsm", "vm", "init")
		if len(refs) == 0 {
			*r = wanted{*r}.block(tablespace, database, node, fork, block, "").Record
		}
		s := fmt.Sprintf("blkref #%d: rel %d/%d/%d", id, tablespace, database, node)
		if g.details || fork != "main" {
			s += " fork " + fork
		}
		s += fmt.Sprintf(" blk %d", block)
		if g.Intn(2) == 0 {
			size := uint32(1 + g.Intn(8192))
			r.FPILength += size
			r.RecordLength += size
			verify := g.pick("", " for WAL verification")
			if !g.details {
				s += " FPW" + verify
			} else {
				s += " (FPW" + verify + "); hole: offset: 28, length: " + strconv.Itoa(8192-int(size))
				if g.Intn(2) == 0 {
					s += ", compression saved: 4000" + g.pick("", ", method: pglz", ", method: lz4", ", method: zstd", ", method: unknown")
				}
			}
		}
		refs = append(refs, s)
	}
	r.BlockRef = strings.Join(refs, ", ")
}

// clock is a time as timestamptz_to_str prints it: seconds since 2000 rounded to
// zero, and the microseconds that are missing, which are negative before 2000.
func (g *generator) clock() (printed string, micros int64) {
	epoch := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	sinceEpoch := g.Int63n(2_000_000_000_000_000) - 500_000_000_000_000
	zone := g.pick("UTC", "GMT", "+0545", "-03", "Z")
	offset := map[string]int64{"+0545": 5*3600 + 45*60, "-03": -3 * 3600}[zone]
	wall := time.Unix(epoch+sinceEpoch/1e6+offset, 0).UTC()
	return fmt.Sprintf("%s.%06d %s", wall.Format("2006-01-02 15:04:05"), sinceEpoch%1e6, zone), epoch*1e6 + sinceEpoch
}

// transaction is a record with a time.
func (g *generator) transaction() record.Record {
	printed, micros := g.clock()
	r := record.Record{ResourceManager: "Transaction", RecordLength: 56, HasTime: true, XactTime: micros}
	switch r.RecordType = g.pick("COMMIT", "ABORT", "COMMIT_PREPARED", "ABORT_PREPARED", "END_OF_RECOVERY"); r.RecordType {
	case "COMMIT", "ABORT":
		r.Description = printed + g.pick("", "; rels: base/5/16384; subxacts: 732", "; sync", "; origin: node 2, lsn 1/2, at 1999-12-31 23:59:59.000000 UTC")
	case "COMMIT_PREPARED", "ABORT_PREPARED":
		r.Description = "731: " + printed
	case "END_OF_RECOVERY":
		r.ResourceManager = "XLOG"
		r.Description = "tli 2; prev tli 1; time " + printed + g.pick("", "; wal_level logical")
	}
	return g.next(r)
}

// userText is a record with text of a user.
func (g *generator) userText() record.Record {
	more := [...]int{0, 0, 0, 3, 5, 8}[g.Intn(6)]
	switch g.Intn(4) {
	case 0:
		return g.next(record.Record{ResourceManager: "XLOG", RecordType: "RESTORE_POINT", RecordLength: 98, Description: withoutMessages(g.bait(63))})
	case 1:
		printed, micros := g.clock()
		return g.next(record.Record{ResourceManager: "Transaction", RecordType: "PREPARE", RecordLength: 300, HasTime: true, XactTime: micros,
			Description: "gid " + g.bait(199) + ": " + printed + g.pick("", "; rels(commit): base/5/16384", "; origin: node 2, lsn 1/2, at 1999-12-31 23:59:59.000000 UTC")})
	case 2:
		path := strings.ReplaceAll(g.bait(1000), "'", "")
		return g.next(record.Record{ResourceManager: "Tablespace", RecordType: "CREATE", RecordLength: userTextLength(4+len(path)+1, more),
			Description: `16400 "` + path + `"`})
	}
	prefix, payload := g.bait(g.Intn(2000)), make([]byte, g.Intn(10)*g.Intn(100))
	g.Read(payload)
	return g.next(record.Record{ResourceManager: "LogicalMessage", RecordType: "MESSAGE", RecordLength: userTextLength(24+len(prefix)+1+len(payload), more),
		Description: fmt.Sprintf(`%stransactional, prefix "%s"; payload (%d bytes): % X`, g.pick("", "non-"), prefix, len(payload), payload)})
}

// bait is at most size bytes of what a user may write.
func (g *generator) bait(size int) string {
	if g.user != "" {
		s := strings.ReplaceAll(g.user, "\x00", "")
		return s[:min(len(s), size)]
	}
	pieces := []string{"a", "b c", `"`, "ü€🎉", "\xff\xe9", "\r", "\u2028", ", blkref #0: rel 1/2/3 blk 4 FPW", ": 2024-01-01 00:00:00.000000 UTC", `"; payload (1 bytes): 61`}
	if g.hostile {
		pieces = append(pieces, "\n", "\n", "\n", "\n\n", "\r\n", "\n"+shortForged, "\n"+forgedCommit("0000100", "0000000"),
			"\npg_waldump: error: x", "\nfirst record is after 0/3000100, at 0/30001C0, skipping over 192 bytes", "\n\tblkref #0: rel 1/2/3 fork main blk 4",
			"\nWAL statistics between 0/1 and 0/2:\n")
		if !g.filtered {
			// As if it were the next record but one.
			pieces = append(pieces, "\n"+strings.TrimSuffix(head("Heap", 54, 54, 731, g.lsn+0x100, g.lsn)+"desc: INSERT off 1, blkref #0: rel 1/2/3 blk 4", "\n"),
				"\n"+shortHead(g.lsn+0x40, g.lsn)+"desc: COMMIT_PREPARED 1: 2024-01-01 00:00:00.000000 UTC")
		}
	}
	var b strings.Builder
	for range g.Intn(8) {
		b.WriteString(pieces[g.Intn(len(pieces))])
	}
	s := b.String()
	return s[:min(len(s), size)]
}

// shortHead is head in as few bytes as are still a header.
func shortHead(start, prev record.LSN) string {
	return fmt.Sprintf("rmgr: X len (rec/tot): 1/1, tx: 1, lsn: %v, prev %v, ", start, prev)
}

// withoutMessages is name without what a message after a restore point would
// look like, or half a record: those are read as such.
func withoutMessages(name string) string {
	lines := strings.Split(name, "\n")
	for i := 1; i < len(lines); i++ {
		if isMessage([]byte(lines[i])) || strings.HasPrefix(lines[i], "r") {
			lines[i] = "x"
		}
	}
	return strings.Join(lines, "\n")
}

// Whatever the generator makes is read as it was made.
func TestGeneratedDumpsAreReadAsMade(t *testing.T) {
	r := seeded(t)
	n := 100
	if testing.Short() {
		n = 10
	}
	for i := range n {
		g := &generator{Rand: r, details: i&1 > 0, filtered: i&2 > 0, hostile: i&4 > 0}
		all, text := g.dump(50)
		want := reading{rows: readable(all)}
		got := readWhole(t, text, false)
		compareRows(t, got.rows, want.rows)
		compareTexts(t, got.others, nil)
		for _, n := range []int{2, 3, 7, 64, 1 + r.Intn(200)} {
			compareReadings(t, readRanges(t, text, false, n), got)
		}
		compareReadings(t, readGrowing(t, r, text, false, 300), got)

		windows := bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n"))
		got = readWhole(t, windows, true)
		compareRows(t, got.rows, want.rows)
		compareReadings(t, readRanges(t, windows, true, 1+r.Intn(200)), got)
		compareReadings(t, readGrowing(t, r, windows, true, 300), got)
		if t.Failed() {
			t.Fatalf("dump %d", i)
		}
	}
}
