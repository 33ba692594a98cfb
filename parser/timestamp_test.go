package parser

import (
	"strings"
	"testing"
	"time"

	"walstats/record"
)

// readTime is xact_time of a record with that text; zone as the option timezone.
func readTime(t testing.TB, manager, desc, zone string) (us int64, valid bool, err error) {
	t.Helper()
	b := record.NewBatch()
	b = &record.Batch{XactTime: b.XactTime}
	var f Filler
	if zone != "" {
		var err error
		if f.Zone, err = NewZone(zone); err != nil {
			t.Fatal(err)
		}
	}
	text := []byte(line(1, manager, desc))
	var x Index
	x.Scan(text, 0, len(text), true)
	n, err := f.Fill(&x, b, text, 0, 1)
	if err == nil && n != 1 {
		t.Fatalf("%d rows of %q", n, text)
	}
	return b.XactTime.Values[0], record.IsValid(b.XactTime.Valid, 0), err
}

// In which zone a time is: what it is in UTC, empty for an error.
var zoneTests = []struct{ time, zone, utc string }{
	// These speak for themselves, whatever the option says.
	{"2026-11-22 17:09:47.793095 UTC", "", "2026-11-22 17:09:47.793095"},
	{"2026-11-22 17:09:47.793095 UTC", "Asia/Kolkata", "2026-11-22 17:09:47.793095"},
	{"2026-11-22 17:09:47.793095 UTC", "none", "2026-11-22 17:09:47.793095"},
	{"2026-11-22 17:09:47.000000 GMT", "", "2026-11-22 17:09:47"},
	{"2026-11-22 17:09:47.000001 Z", "", "2026-11-22 17:09:47.000001"},
	{"2026-11-22 17:09:47.793095 -03", "", "2026-11-22 20:09:47.793095"},
	{"2026-11-22 17:09:47.793095 -03", "Europe/Berlin", "2026-11-22 20:09:47.793095"},
	{"2026-11-22 17:09:47.793095 +0545", "none", "2026-11-22 11:24:47.793095"},
	{"2026-11-22 17:09:47.793095 -0930", "", "2026-11-23 02:39:47.793095"},
	{"2026-11-22 17:09:47.793095 +00", "", "2026-11-22 17:09:47.793095"},
	{"2026-11-22 17:09:47.793095 +1400", "", "2026-11-22 03:09:47.793095"},

	// Abbreviations of PostgreSQL's default set.
	{"2026-11-22 17:09:47.793095 CET", "", "2026-11-22 16:09:47.793095"},
	{"2026-07-22 17:09:47.793095 CEST", "", "2026-07-22 15:09:47.793095"},
	{"2026-11-22 17:09:47.793095 PST", "", "2026-11-23 01:09:47.793095"},
	{"2026-11-22 17:09:47.793095 EST", "", "2026-11-22 22:09:47.793095"},
	{"2026-07-22 17:09:47.793095 EDT", "", "2026-07-22 21:09:47.793095"},
	{"2026-07-22 17:09:47.793095 CDT", "", "2026-07-22 22:09:47.793095"},
	{"2026-11-22 17:09:47.793095 MST", "", "2026-11-23 00:09:47.793095"},
	{"2026-11-22 17:09:47.793095 NZDT", "", "2026-11-22 04:09:47.793095"},
	{"2026-11-22 17:09:47.793095 JST", "", "2026-11-22 08:09:47.793095"},
	{"2013-11-22 17:09:47.793095 MSK", "", "2013-11-22 13:09:47.793095"}, // four hours from 2011 to 2014
	{"2026-11-22 17:09:47.793095 MSK", "", "2026-11-22 14:09:47.793095"},

	// The option's zone, and the hour that clocks show twice.
	{"2026-11-22 17:09:47.793095 IST", "Asia/Kolkata", "2026-11-22 11:39:47.793095"},
	{"2026-11-22 17:09:47.793095 IST", "Asia/Jerusalem", "2026-11-22 15:09:47.793095"},
	{"2026-07-22 17:09:47.793095 IST", "Europe/Dublin", "2026-07-22 16:09:47.793095"},
	{"2026-11-22 17:09:47.793095 CST", "Asia/Shanghai", "2026-11-22 09:09:47.793095"},
	{"2026-07-22 17:09:47.793095 BST", "Europe/London", "2026-07-22 16:09:47.793095"},
	{"2026-10-25 01:59:59.999999 CEST", "Europe/Berlin", "2026-10-24 23:59:59.999999"},
	{"2026-10-25 02:00:00.000000 CEST", "Europe/Berlin", "2026-10-25 00:00:00"},
	{"2026-10-25 02:59:59.999999 CEST", "Europe/Berlin", "2026-10-25 00:59:59.999999"},
	{"2026-10-25 02:00:00.000000 CET", "Europe/Berlin", "2026-10-25 01:00:00"},
	{"2026-10-25 02:59:59.999999 CET", "Europe/Berlin", "2026-10-25 01:59:59.999999"},
	{"2026-10-25 03:00:00.000000 CET", "Europe/Berlin", "2026-10-25 02:00:00"},
	{"2026-11-01 01:30:00.000000 EDT", "America/New_York", "2026-11-01 05:30:00"},
	{"2026-11-01 01:30:00.000000 EST", "America/New_York", "2026-11-01 06:30:00"},
	{"2026-11-01 01:30:00.000000 EDT", "", "2026-11-01 05:30:00"},
	{"2026-11-01 01:30:00.000000 EST", "", "2026-11-01 06:30:00"},
	{"2026-03-29 01:59:59.000000 CET", "Europe/Berlin", "2026-03-29 00:59:59"},
	{"2026-03-29 03:00:00.000000 CEST", "Europe/Berlin", "2026-03-29 01:00:00"},
	{"2026-04-05 01:45:00.000000 +1030", "Australia/Lord_Howe", "2026-04-04 15:15:00"},
	{"2026-11-22 17:09:47.793095 Mitteleuropäische Zeit", "Europe/Berlin", "2026-11-22 16:09:47.793095"},
	{"2026-11-22 17:09:47.793095 bogus", "Europe/Berlin", "2026-11-22 16:09:47.793095"},
	{"2026-11-22 17:09:47.793095 ", "Europe/Berlin", "2026-11-22 16:09:47.793095"},

	// Before 2000 the seconds are one more, and the microseconds negative.
	{"1999-12-31 23:59:59.-500000 UTC", "", "1999-12-31 23:59:58.5"},
	{"2000-01-01 00:00:00.-00001 UTC", "", "1999-12-31 23:59:59.999999"}, // %06d of -1
	{"1970-01-01 00:00:00.-999999 CET", "", "1969-12-31 22:59:59.000001"},
	{"2000-01-01 00:00:00.000000 UTC", "", "2000-01-01 00:00:00"},
	{"0001-01-01 00:00:00.000000 UTC", "", "0001-01-01 00:00:00"},

	// Builds with floating-point timestamps.
	{"2017-08-30 12:00:00.0.123456 UTC", "", "2017-08-30 12:00:00.123456"},
	{"2017-08-30 12:00:00.0.000000 CEST", "", "2017-08-30 10:00:00"},
	{"1999-08-30 12:00:00.-0.250000 UTC", "", "1999-08-30 11:59:59.75"},

	// CST, IST and BST have several meanings in use, the others have none.
	{"2026-11-22 17:09:47.793095 CST", "", ""},
	{"2026-11-22 17:09:47.793095 IST", "", ""},
	{"2026-11-22 17:09:47.793095 BST", "", ""},
	{"2026-11-22 17:09:47.793095 bogus", "", ""},
	{"2026-11-22 17:09:47.793095 Mitteleuropäische Zeit", "", ""},
	{"2026-11-22 17:09:47.793095 ", "", ""},
	{"2026-11-22 17:09:47.793095", "", ""},
	{"2026-11-22 17:09:47.793095 +5", "", ""},
	{"2026-11-22 17:09:47.793095 +0560", "", ""},
	{"2026-11-22 17:09:47.793095 +05450", "", ""},
	{"2026-11-22 17:09:47.793095 cet", "", ""},
}

func TestTimeZones(t *testing.T) {
	for _, tt := range zoneTests {
		for _, more := range []string{"", "; rels: base/5/16384", "; sync; origin: node 2, lsn 1/2, at 1999-12-31 23:59:59.000000 UTC"} {
			us, valid, err := readTime(t, "Transaction", "COMMIT "+tt.time+more, tt.zone)
			switch {
			case tt.utc == "":
				if err == nil {
					t.Errorf("%q: got %d (%v), want an error", tt.time, us, valid)
				}
			case err != nil || !valid || us != utc(tt.utc):
				t.Errorf("%q in %q: got %v (%v), %v; want %s", tt.time, tt.zone, time.UnixMicro(us).UTC(), valid, err, tt.utc)
			}
		}
		if tt.utc == "" {
			if us, valid, err := readTime(t, "Transaction", "COMMIT "+tt.time, "none"); valid || err != nil {
				t.Errorf("%q with none: got %d (%v), %v; want NULL", tt.time, us, valid, err)
			}
		}
	}
}

// Years of five and six digits, up to the last that PostgreSQL has.
func TestLongYears(t *testing.T) {
	for _, tt := range []struct {
		time string
		want time.Time
	}{
		{"10000-01-01 00:00:00.000001 UTC", time.Date(10000, 1, 1, 0, 0, 0, 1000, time.UTC)},
		{"12345-06-07 08:09:10.111213 CET", time.Date(12345, 6, 7, 7, 9, 10, 111213000, time.UTC)},
		{"294246-12-31 23:59:59.999999 UTC", time.Date(294246, 12, 31, 23, 59, 59, 999999000, time.UTC)},
	} {
		us, valid, err := readTime(t, "Transaction", "COMMIT "+tt.time, "")
		if want := tt.want.Unix()*1e6 + int64(tt.want.Nanosecond()/1000); err != nil || !valid || us != want {
			t.Errorf("%q: got %d (%v), %v; want %d", tt.time, us, valid, err, want)
		}
	}
}

// What is no time has none, and is no error.
func TestTimesThatDoNotParse(t *testing.T) {
	for _, s := range []string{
		"", "2026-11-22", "2026-11-22 17:09:47", "2026-11-22 17:09:47. UTC", "2026-11-22 17:09:47.x UTC",
		"2026-13-22 17:09:47.793095 UTC", "2026-00-22 17:09:47.793095 UTC", "2026-11-31 17:09:47.793095 UTC", "2025-02-29 17:09:47.793095 UTC",
		"2026-11-00 17:09:47.793095 UTC", "2026-11-22 24:09:47.793095 UTC", "2026-11-22 17:60:47.793095 UTC", "2026-11-22 17:09:61.793095 UTC",
		"2026-11-22T17:09:47.793095 UTC", "226-11-22 17:09:47.793095 UTC", "99999999999-11-22 17:09:47.793095 UTC",
		"2026-11-22 17:09:47.7930951 UTC", "2026-11-22 17:09:47.--1 UTC", "at 2026-11-22 17:09:47.793095 UTC", "731: 2026-11-22 17:09:47.793095 UTC",
	} {
		if us, valid, err := readTime(t, "Transaction", "COMMIT "+s, ""); valid || err != nil {
			t.Errorf("%q: got %d (%v), %v; want NULL", s, us, valid, err)
		}
	}
}

// Which records have a time of their own.
func TestWhoseTimeItIs(t *testing.T) {
	const own, other = "2026-11-22 17:09:47.793095 UTC", "1999-12-31 23:59:59.000000 UTC"
	for _, tt := range []struct {
		manager, desc string
		valid         bool
	}{
		{"Transaction", "COMMIT " + own, true},
		{"Transaction", "ABORT " + own + "; rels: base/5/16384; origin: node 2, lsn 1/2, at " + other, true},
		{"Transaction", "COMMIT_PREPARED 731: " + own + "; origin: node 2, lsn 1/2, at " + other, true},
		{"Transaction", "ABORT_PREPARED 731: " + own, true},
		{"Transaction", "PREPARE gid a: " + own + "; origin: node 2, lsn 1/2, at " + other, true},
		{"Transaction", "PREPARE gid a: " + other + ": " + own, true},
		{"Transaction", "PREPARE gid " + other + ": " + own, true},
		{"Transaction", "PREPARE gid x: " + other + "; y\nz: " + other + ": " + own, true},
		{"Transaction", "PREPARE ", false},
		{"Transaction", "COMMIT_PREPARED " + own, false},
		{"Transaction", "ASSIGNMENT xtop 731: subxacts: 732", false},
		{"Transaction", "INVALIDATION ; inval msgs: catcache 63", false},
		{"XLOG", "END_OF_RECOVERY tli 2; prev tli 1; time " + own, true},
		{"XLOG", "END_OF_RECOVERY tli 2; prev tli 1; time " + own + "; wal_level logical", true},
		{"XLOG", "OVERWRITE_CONTRECORD lsn 0/8FFFFE0; time " + own, true},
		{"XLOG", "RESTORE_POINT x; time " + own, false},
		{"XLOG", "RESTORE_POINT " + own, false},
		{"XLOG", "CHECKPOINT_ONLINE redo 0/8FFFFE0; time " + own, false},
		{"CommitTs", "SETTS set " + own + "/0 for: 5", false},
		{"Heap", "COMMIT " + own, false},
		{"Xact", "COMMIT " + own, false},
	} {
		us, valid, err := readTime(t, tt.manager, tt.desc, "")
		if err != nil || valid != tt.valid || valid && us != utc("2026-11-22 17:09:47.793095") {
			t.Errorf("%s/%s: got %v (%v), %v", tt.manager, tt.desc, time.UnixMicro(us).UTC(), valid, err)
		}
	}
}

// An error says what to type instead.
func TestZoneErrors(t *testing.T) {
	for abbreviation, want := range map[string][]string{
		"CST":   {`xact_time: `, `"CST"`, "timezone := 'America/Chicago' (UTC-06:00)", "timezone := 'Asia/Shanghai' (UTC+08:00)", "timezone := 'none'"},
		"IST":   {`"IST"`, "timezone := 'Asia/Kolkata' (UTC+05:30)", "timezone := 'Asia/Jerusalem' (UTC+02:00)", "'Europe/Dublin'", "timezone := 'none'"},
		"BST":   {`"BST"`, "'Europe/London'", "timezone := 'Asia/Dhaka' (UTC+06:00)", "timezone := 'none'"},
		"bogus": {`"bogus"`, "timezone := '", "timezone := 'none'"},
		"":      {`""`, "timezone := '", "timezone := 'none'"},
	} {
		_, _, err := readTime(t, "Transaction", "COMMIT 2026-11-22 17:09:47.793095 "+abbreviation, "")
		for _, w := range want {
			if err == nil || !strings.Contains(err.Error(), w) {
				t.Errorf("%s: %v; want %s in it", abbreviation, err, w)
			}
		}
	}
	for _, name := range []string{"", "Nowhere/Land", "Local", "../etc/passwd", "UTC+1"} {
		if z, err := NewZone(name); err == nil {
			t.Errorf("NewZone(%q) = %v", name, z)
		}
	}
}

// The error comes with the column only, and not with IgnoreErrors.
func TestZoneErrorsOnlyWhereAskedFor(t *testing.T) {
	text := []byte(line(1, "Transaction", "COMMIT 2026-11-22 17:09:47.793095 CST"))
	var x Index
	x.Scan(text, 0, len(text), true)
	all := record.NewBatch()
	var f Filler
	if _, err := f.Fill(&x, &record.Batch{RecordType: all.RecordType, Description: all.Description}, text, 0, 1); err != nil {
		t.Error(err)
	}
	if _, err := f.Fill(&x, all, text, 0, 1); err == nil {
		t.Error("no error")
	}
	f.IgnoreErrors = true
	if _, err := f.Fill(&x, all, text, 0, 1); err != nil || record.IsValid(all.XactTime.Valid, 0) {
		t.Errorf("%v; valid: %v", err, record.IsValid(all.XactTime.Valid, 0))
	}
}
