package parser

import (
	"bytes"
	"fmt"
	"math"
	"math/rand"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"walstats/record"
)

// textTests are all tables of texts.
func textTests() []textTest {
	return slices.Concat(trapTests, eraTests, detailTests, userTextTests, prepareTests, cutTests, byteTests, numberTests)
}

// FuzzScan reads arbitrary bytes: no line is lost, all text is UTF-8, ranges and
// columns agree.
func FuzzScan(f *testing.F) {
	for _, tt := range textTests() {
		f.Add([]byte(tt.text), false)
		f.Add([]byte(strings.ReplaceAll(tt.text, "\n", "\r\n")), true)
	}
	f.Fuzz(func(t *testing.T, text []byte, crlf bool) {
		readDamaged(t, text, crlf)
		r := rand.New(rand.NewSource(int64(len(text))))
		compareReadings(t, readGrowing(t, r, text, crlf, 1+len(text)/5), readWhole(t, text, crlf))
	})
}

// FuzzRoundTrip prints generated records whose users write what the fuzzer
// thinks of, and reads them.
func FuzzRoundTrip(f *testing.F) {
	for i, tt := range slices.Concat(userTextTests, prepareTests, trapTests) {
		f.Add(int64(i), tt.text, i%2 == 0)
		for _, r := range tt.rows {
			f.Add(int64(i), r.Description, i%2 == 0)
		}
	}
	f.Fuzz(func(t *testing.T, seed int64, user string, details bool) {
		g := &generator{Rand: rand.New(rand.NewSource(seed)), details: details, user: user}
		var all []record.Record
		var text []byte
		for range 4 {
			for range 1 + g.Intn(2) {
				all = append(all, g.userText())
			}
			all = append(all, g.record())
		}
		all = append(all, g.plain())
		for i := range all {
			text = g.print(text, &all[i])
		}
		got := readWhole(t, text, false)
		compareRows(t, got.rows, readable(all))
		compareTexts(t, got.others, nil)
	})
}

var headerExpression = regexp.MustCompile(`^rmgr: ([^\s\v]+) +len \(rec/tot\): +(\d+)/ *(\d+), tx: +(\d+), lsn: ([0-9A-F]{1,8})/([0-9A-F]{8}), prev ([0-9A-F]{1,8})/([0-9A-F]{8}), (bkp: [01]{4}, )?desc: `)

// FuzzHeader tests a header by words, by bytes, and by expression, with and
// without knowing the line before.
func FuzzHeader(f *testing.F) {
	for _, tt := range textTests() {
		for line := range strings.Lines(tt.text) {
			f.Add([]byte(line), []byte(insert(1).text))
		}
	}
	f.Fuzz(func(t *testing.T, line, before []byte) {
		if len(line) > math.MaxUint16 {
			return // a longer name is not a name; an expression cannot say so
		}
		m := headerExpression.FindSubmatch(line)
		var slow extent
		err := headerSlow(line, &slow)
		if (err == nil) != (m != nil) {
			t.Fatalf("%q: headerSlow says %v, the expression %v", line, err, m != nil)
		}
		check := func(e *extent, how string) {
			if *e != slow {
				t.Errorf("%q: %s says %+v, headerSlow %+v", line, how, *e, slow)
			}
		}
		padded := append(bytes.Clone(line), make([]byte, fastHeader)...)
		var e, fast extent
		c, known := noLSN, noLSN
		header(append(bytes.Clone(before), make([]byte, fastHeader)...), &e, &known)
		for i, cache := range []*lsnCache{&c, &known} {
			if e = (extent{}); header(padded, &e, cache) != (err == nil) {
				t.Errorf("%q: header (%d) says %v, headerSlow %v", line, i, err != nil, err)
			} else if err == nil {
				check(&e, "header")
			}
		}
		if c := noLSN; hasPrefix(line, "rmgr: ") && headerFast(padded[:fastHeader], &fast, &c) {
			if err != nil {
				t.Fatalf("%q: headerFast takes it, headerSlow says %v", line, err)
			}
			check(&fast, "headerFast")
		}
		if err != nil {
			return
		}
		want := extent{desc: uint32(len(m[0])), nameLen: uint16(len(m[1]))}
		number := func(s []byte, flag extentFlags) uint32 {
			n, err := strconv.ParseUint(string(s), 10, 32)
			if err != nil {
				want.flags |= flag
			}
			return uint32(n)
		}
		want.rec, want.tot, want.xid = number(m[2], flagRecRange), number(m[3], flagTotRange), number(m[4], flagXIDRange)
		want.startLSN, want.prevLSN = hex(m[5])<<32|hex(m[6]), hex(m[7])<<32|hex(m[8])
		if len(m[9]) > 0 {
			want.flags |= flagBkp
			if bytes.IndexByte(m[9], '1') >= 0 {
				want.flags |= flagImage
			}
		}
		check(&want, "the expression")
	})
}

func hex(s []byte) uint64 {
	n, err := strconv.ParseUint(string(s), 16, 64)
	if err != nil {
		panic(err)
	}
	return n
}

const (
	newBlock = `blkref #\d+: rel \d+/\d+/\d+(?: fork (?:main|fsm|vm|init))? blk \d+` +
		`(?: \(FPW(?: for WAL verification)?\); hole: offset: \d+, length: \d+(?:, compression saved: \d+(?:, method: (?:pglz|lz4|zstd|unknown))?)?| FPW(?: for WAL verification)?)?`
	oldBlock = `backup bkp #\d+; rel \d+/\d+/\d+; fork: (?:main|fsm|vm|init); block: \d+; hole: offset: \d+, length: \d+`
)

var (
	oneBlock    = regexp.MustCompile(`^(?:` + newBlock + `|` + oldBlock + `)$`)
	shortBlock  = `blkref #\d+: rel \d+/\d+/\d+(?: fork (?:main|fsm|vm|init))? blk \d+(?: FPW(?: for WAL verification)?)?`
	blocksAtEnd = regexp.MustCompile(`^(?s:.*?), (` + shortBlock + `(?:, ` + shortBlock + `)*)$`)
	tooLargeID  = regexp.MustCompile(`#0*(?:25[6-9]|2[6-9]\d|[3-9]\d\d|\d{4,})`)
)

// FuzzBlockRefs reads block references, one and many, as expressions do.
func FuzzBlockRefs(f *testing.F) {
	for _, tt := range textTests() {
		for line := range strings.Lines(tt.text) {
			f.Add([]byte(strings.TrimSpace(line)), []byte(strings.TrimSpace(insert(1).text)))
		}
		for _, r := range tt.rows {
			f.Add([]byte(r.BlockRef), []byte(", "+r.BlockRef))
		}
	}
	f.Fuzz(func(t *testing.T, s, before []byte) {
		var r, again BlockRef
		n := ParseBlockRef(s, &r)
		if n < 0 || n > len(s) {
			t.Fatalf("%q: %d bytes", s, n)
		}
		if n > 0 {
			if ParseBlockRef(s[:n], &again) != n || again != r {
				t.Errorf("%q: %+v, alone %+v", s[:n], r, again)
			}
		}
		if tooLargeID.Match(s) {
			return
		}
		if whole := n > 0 && n == len(s); whole != oneBlock.Match(s) {
			t.Errorf("%q is a block reference: %v", s, whole)
		}
		checkLines(t, s, before)
	})
}

// checkLines reads a record whose line ends in s, with and without knowing the
// references before, whatever follows in memory.
func checkLines(t *testing.T, s, before []byte) {
	t.Helper()
	if bytes.IndexByte(s, '\n') >= 0 || bytes.IndexByte(before, '\n') >= 0 {
		return
	}
	scan := func(prefix, suffix []byte, more string) (*Index, []byte) {
		text := bytes.Clone(prefix)
		for _, tail := range [][]byte{prefix, suffix} {
			text = append(append(append(text, head("Heap", 54, 54, 731, lsn(2), lsn(1))+"desc: INSERT off 5"...), tail...), '\n')
		}
		x := &Index{}
		x.Scan(append(text, more...)[:len(text)], len(prefix), len(text), true)
		return x, text
	}
	var first *Index
	for _, prefix := range [][]byte{nil, before} {
		for _, more := range []string{"", strings.Repeat(" ", 300), strings.Repeat("7", 300)} {
			x, text := scan(prefix, s, more)
			skipped := len(prefix) + bytes.IndexByte(text[len(prefix):], '\n') + 1
			if n := x.Len(); n == 0 || int(x.extents[n-1].begin) < skipped {
				if first != nil && first.Len() > 0 {
					t.Errorf("%q after %q: no record", s, prefix)
				}
				continue
			}
			e := x.extents[x.Len()-1]
			line := text[e.desc:e.end]
			m := blocksAtEnd.FindSubmatchIndex(line)
			if (e.refs > 0) != (m != nil) || m != nil && int(e.refs-e.desc) != m[2] {
				t.Errorf("%q after %q: block references at %d, by expression at %v", line, prefix, e.refs-e.desc, m)
			}
			if image := m != nil && bytes.Contains(line[m[2]:], []byte("FPW")); image != (e.flags&flagImage != 0) {
				t.Errorf("%q: an image: %v", line, !image)
			}
			if first == nil {
				first = x
			}
		}
	}
}

var timeExpression = regexp.MustCompile(`^(\d{4}-\d\d-\d\d \d\d:\d\d:[0-5]\d)\.(-?)(?:0\.)?(\d{1,6}) (?:UTC|GMT|Z) *(?:;|$)`)

// FuzzTimestamp reads times, and those that clocks in some zone show.
func FuzzTimestamp(f *testing.F) {
	for i, tt := range zoneTests {
		f.Add(tt.time, int64(i)*1e12, i*30)
	}
	f.Add("294276-12-31 23:59:59.999999 UTC", int64(math.MaxInt64), 840)
	zones := map[string]*Zone{"default": nil, "none": {}}
	for _, name := range []string{"Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"} {
		zones[name], _ = NewZone(name)
	}
	f.Fuzz(func(t *testing.T, s string, micros int64, minutes int) {
		for _, z := range zones {
			z.micros([]byte(s))
		}
		us, ok, err := (*Zone)(nil).micros([]byte(s))
		if m := timeExpression.FindStringSubmatch(s); m != nil {
			want, parseErr := time.Parse("2006-01-02 15:04:05", m[1])
			if ok != (parseErr == nil) || err != nil {
				t.Errorf("%q: %v, %v; time.Parse says %v", s, ok, err, parseErr)
			}
			fraction, _ := strconv.ParseInt(m[2]+m[3], 10, 64)
			if ok && us != want.Unix()*1e6+fraction {
				t.Errorf("%q: %d, not %d", s, us, want.Unix()*1e6+fraction)
			}
		}

		// The years 1 to 9999.
		unix := (micros%8_000_000_000_000_000_000)/1e6%125_000_000_000 + 94_000_000_000
		at := time.Unix(unix, 0).UTC()
		for name, z := range zones {
			local, zone := at, "UTC"
			if z != nil && z.location != nil {
				local = at.In(z.location)
				zone, _ = local.Zone()
			} else {
				minutes %= 15 * 60
				local = at.In(time.FixedZone("", minutes*60))
				zone = local.Format("-0700")
			}
			printed := fmt.Sprintf("%s.%06d %s", local.Format("2006-01-02 15:04:05"), 123456, zone)
			if us, ok, err := z.micros([]byte(printed)); !ok || err != nil || us != unix*1e6+123456 {
				t.Errorf("%q in %s: %v, %v, %v; not %v", printed, name, time.UnixMicro(us).UTC(), ok, err, at)
			}
		}
	})
}
