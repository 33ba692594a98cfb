package linked_test

import (
	"fmt"
	"strings"
	"testing"
)

// utcTimes is what xact_time has to be in a dump made with TZ=UTC: the one time that
// a COMMIT prints at its beginning, a PREPARE after its gid (which may hold others),
// and the two of XLOG after `; time `.
const utcTimes = `SELECT start_lsn, CASE
	WHEN resource_manager = 'Transaction' AND record_type IN ('COMMIT', 'ABORT') THEN make_timestamptz_utc(regexp_extract(description, '^(\S+ \S+) UTC', 1))
	WHEN resource_manager = 'Transaction' AND record_type IN ('COMMIT_PREPARED', 'ABORT_PREPARED') THEN make_timestamptz_utc(regexp_extract(description, '^\d+: (\S+ \S+) UTC', 1))
	WHEN resource_manager = 'Transaction' AND record_type = 'PREPARE' THEN make_timestamptz_utc(regexp_extract(description, '(?s)^gid .*: (\d{4}-\S+ \d\d:\d\d:\d\d\.\d{6}) UTC', 1))
	WHEN resource_manager = 'XLOG' AND record_type IN ('END_OF_RECOVERY', 'OVERWRITE_CONTRECORD') THEN make_timestamptz_utc(regexp_extract(description, '; time (\S+ \S+) UTC', 1))
	END FROM `

const utcMacro = `CREATE MACRO make_timestamptz_utc(t) AS epoch_us(nullif(t, '')::TIMESTAMP)`

// The time of a record is the one that its text prints.
func TestXactTimeIsTheTimeInTheText(t *testing.T) {
	each(t, func(t *testing.T, c corpus) {
		s := open(t)
		s.exec(utcMacro)
		for _, kind := range []string{"default", "bkp"} {
			if c.has(kind) {
				from := "read_waldump(" + quote(c.path(t, kind)) + ")"
				s.same("SELECT start_lsn, epoch_us(xact_time) FROM "+from, utcTimes+from)
			}
		}
		from := "read_waldump(" + quote(c.path(t, "default")) + ")"
		if s.value("SELECT count(xact_time) FROM "+from) != s.value("SELECT count(*) FROM "+from+` WHERE record_type IN
			('COMMIT', 'ABORT', 'COMMIT_PREPARED', 'ABORT_PREPARED', 'END_OF_RECOVERY', 'OVERWRITE_CONTRECORD') OR record_type = 'PREPARE' AND description <> ''`) {
			t.Error("a record that prints a time has none")
		}
	}, "default")
}

// The same WAL under another TZ has the same times.
func TestXactTimeInAnotherTimeZone(t *testing.T) {
	each(t, func(t *testing.T, c corpus) {
		s := open(t)
		utc := "SELECT start_lsn, xact_time FROM read_waldump(" + quote(c.path(t, "default")) + ")"
		for _, test := range []struct{ kind, option string }{
			{"Asia_Kolkata", ", timezone := 'Asia/Kolkata'"},
			{"America_New_York", ", timezone := 'America/New_York'"},
			{"America_New_York", ""}, // EST is in PostgreSQL's own set of abbreviations
			{"default", ", timezone := 'Asia/Kolkata'"},
		} {
			s.same("SELECT start_lsn, xact_time FROM read_waldump("+quote(c.path(t, test.kind))+test.option+")", utc)
		}
		for _, kind := range []string{"Asia_Kolkata", "America_New_York"} {
			from := "read_waldump(" + quote(c.path(t, kind)) + ", timezone := 'none')"
			if n := s.value("SELECT count(xact_time) FROM " + from); n != 0 {
				t.Errorf("%s, timezone := 'none': %d times", kind, n)
			}
		}

		// IST is India's, Israel's and Ireland's.
		kolkata := c.path(t, "Asia_Kolkata")
		_, err := s.try("SELECT max(xact_time) FROM read_waldump(%s)", kolkata)
		if err == nil {
			t.Fatal("IST without timezone: no error")
		}
		for _, want := range []string{
			"read_waldump: " + kolkata + ":", "IST", "timezone := 'Asia/Kolkata' (UTC+05:30)", "timezone := 'Asia/Jerusalem' (UTC+02:00)", "timezone := 'Europe/Dublin'", "timezone := 'none'",
		} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("error %q does not say %q", err, want)
			}
		}
		// Who does not ask for the time has no trouble with it.
		s.same("SELECT * EXCLUDE (xact_time, description) FROM read_waldump("+quote(kolkata)+")",
			"SELECT * EXCLUDE (xact_time, description) FROM read_waldump("+quote(c.path(t, "default"))+")")
		if n := s.value("SELECT count(xact_time) FROM read_waldump(%s, ignore_errors := true)", kolkata); n != 0 {
			t.Errorf("IST with ignore_errors: %d times", n)
		}
	}, "default", "Asia_Kolkata", "America_New_York")
}

// commits is a dump of commits at these times.
func commits(times ...string) string {
	var b strings.Builder
	for i, time := range times {
		fmt.Fprintf(&b, "rmgr: Transaction len (rec/tot):     34/    34, tx: %10d, lsn: 0/%08X, prev 0/%08X, desc: COMMIT %s\n", 700+i, 0x1000+i*0x28, 0x1000+(i-1)*0x28, time)
	}
	return b.String()
}

// What a clock shows and what time that is; the expected times are worked out by
// hand from the zones' rules.
func TestXactTimeOfWallClocks(t *testing.T) {
	s := open(t)
	for _, test := range []struct{ zone, time, want string }{
		// The same hour twice, when summer time ends; only the abbreviation tells which.
		{"America/New_York", "2026-11-01 01:30:00.000000 EDT", "2026-11-01 05:30:00"},
		{"America/New_York", "2026-11-01 01:30:00.000000 EST", "2026-11-01 06:30:00"},
		{"Europe/Berlin", "2026-10-25 02:59:59.999999 CEST", "2026-10-25 00:59:59.999999"},
		{"Europe/Berlin", "2026-10-25 02:00:00.000000 CET", "2026-10-25 01:00:00"},
		{"Europe/Berlin", "2026-10-25 03:00:00.000000 CET", "2026-10-25 02:00:00"},
		{"Europe/Berlin", "2026-07-01 12:00:00.000000 CEST", "2026-07-01 10:00:00"},
		{"Europe/London", "2026-10-25 01:30:00.000000 BST", "2026-10-25 00:30:00"},
		{"Europe/London", "2026-10-25 01:30:00.000000 GMT", "2026-10-25 01:30:00"},
		{"America/Chicago", "2026-07-01 07:00:00.000000 CDT", "2026-07-01 12:00:00"},
		{"Asia/Shanghai", "2026-07-01 20:00:00.000000 CST", "2026-07-01 12:00:00"},
		// A zone whose offset changed, and one with half an hour of summer time.
		{"Asia/Kathmandu", "2026-07-01 17:45:00.000000 +0545", "2026-07-01 12:00:00"},
		{"Australia/Lord_Howe", "2026-04-05 01:45:00.000000 +11", "2026-04-04 14:45:00"},
		{"Australia/Lord_Howe", "2026-04-05 01:45:00.000000 +1030", "2026-04-04 15:15:00"},
		// Numbers and UTC speak for themselves, whatever zone is given.
		{"", "2026-07-01 09:00:00.000000 -03", "2026-07-01 12:00:00"},
		{"Europe/Berlin", "2026-07-01 09:00:00.000000 -03", "2026-07-01 12:00:00"},
		{"Europe/Berlin", "2026-07-01 12:00:00.000000 UTC", "2026-07-01 12:00:00"},
		{"none", "2026-07-01 12:00:00.000000 UTC", "2026-07-01 12:00:00"},
		{"none", "2026-07-01 12:00:00.000000 -03", "2026-07-01 15:00:00"},
		{"none", "2026-07-01 12:00:00.000000 CEST", "NULL"},
		{"none", "2026-07-01 12:00:00.000000 ", "NULL"},
		// PostgreSQL's default set.
		{"", "2026-07-01 12:00:00.000000 CEST", "2026-07-01 10:00:00"},
		{"", "2026-07-01 12:00:00.000000 CDT", "2026-07-01 17:00:00"},
		{"", "2026-01-01 12:00:00.000000 PST", "2026-01-01 20:00:00"},
		{"", "2026-01-01 12:00:00.000000 EST", "2026-01-01 17:00:00"},
		{"", "2026-01-01 12:00:00.000000 JST", "2026-01-01 03:00:00"},
		{"", "2026-01-01 12:00:00.000000 MSK", "2026-01-01 09:00:00"},
		{"", "2012-01-01 12:00:00.000000 MSK", "2012-01-01 08:00:00"}, // Moscow was at +04 from 2011 to 2014
		// An abbreviation that is not one, where the zone is known.
		{"Europe/Berlin", "2026-07-01 12:00:00.000000 bogus", "2026-07-01 10:00:00"},
		{"Europe/Berlin", "2026-07-01 12:00:00.000000 ", "2026-07-01 10:00:00"},
		{"Europe/Berlin", "2026-07-01 12:00:00.000000 Mitteleuropäische Sommerzeit", "2026-07-01 10:00:00"},
		// Before 2000 microseconds are negative, printed with %06d, and the seconds one too many.
		{"", "1999-12-31 23:59:59.-500000 UTC", "1999-12-31 23:59:58.5"},
		{"", "2000-01-01 00:00:00.-00001 UTC", "1999-12-31 23:59:59.999999"},
		{"", "2000-01-01 00:00:00.000000 UTC", "2000-01-01 00:00:00"},
		{"", "1970-01-01 00:00:00.-00001 UTC", "1969-12-31 23:59:59.999999"},
		// Floating-point timestamps of 9.x, and years of five digits.
		{"", "2016-07-01 12:00:00.0.123456 UTC", "2016-07-01 12:00:00.123456"},
		{"", "12026-07-01 12:00:00.000001 UTC", "12026-07-01 12:00:00.000001"},
		// What follows the zone.
		{"", "2026-07-01 12:00:00.000000 UTC; inval msgs: catcache 51", "2026-07-01 12:00:00"},
		{"Europe/Berlin", "2026-07-01 12:00:00.000000 ; subxacts: 5 6; origin: node 1, lsn 0/1, at 2001-01-01 00:00:00.000000 UTC", "2026-07-01 10:00:00"},
		// What is no time.
		{"", "", "NULL"},
		{"", "2026-13-01 12:00:00.000000 UTC", "NULL"},
		{"", "2026-02-30 12:00:00.000000 UTC", "NULL"},
		{"", "2026-07-01 12:00:00.0000001 UTC", "NULL"},
		{"", "2026-07-01 12:00:00 UTC", "NULL"},
		{"", "999999-07-01 12:00:00.000000 UTC", "NULL"},
	} {
		option := ""
		if test.zone != "" {
			option = ", timezone := " + quote(test.zone)
		}
		path := write(t, commits(test.time))
		if got := s.rows("SELECT make_timestamp(epoch_us(xact_time))::VARCHAR FROM read_waldump(" + quote(path) + option + ")"); len(got) != 1 || got[0] != test.want {
			t.Errorf("%q in %q: got %q, want %q", test.time, test.zone, got, test.want)
		}
	}
}

// A zone that cannot be known is an error of its line, and only if the column is wanted.
func TestXactTimeErrors(t *testing.T) {
	s := open(t)
	utc := "2026-07-01 12:00:00.000000 UTC"
	for _, test := range []struct {
		time string
		want []string
	}{
		{"2026-01-01 12:00:00.000000 CST", []string{"America/Chicago' (UTC-06:00)", "Asia/Shanghai' (UTC+08:00)", "America/Havana' (UTC-05:00)"}},
		{"2026-07-01 12:00:00.000000 IST", []string{"Asia/Kolkata' (UTC+05:30)", "Europe/Dublin' (UTC+01:00)"}},
		{"2026-07-01 12:00:00.000000 BST", []string{"Europe/London' (UTC+01:00)", "Asia/Dhaka' (UTC+06:00)"}},
		{"2026-07-01 12:00:00.000000 bogus", []string{"bogus", "timezone := '"}},
		{"2026-07-01 12:00:00.000000 ", []string{"timezone := '"}},
	} {
		path := write(t, commits(utc, utc, test.time, utc))
		_, err := s.try("SELECT xact_time FROM read_waldump(%s)", path)
		if err == nil {
			t.Errorf("%q: no error", test.time)
			continue
		}
		for _, want := range append(test.want, fmt.Sprintf("%s:3 (byte %d)", path, len(commits(utc, utc))), "timezone := 'none'", "ignore_errors := true") {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%q: error %q does not say %q", test.time, err, want)
			}
		}
		for query, want := range map[string]int64{
			"SELECT count(*) FROM read_waldump(%s)":                                  4,
			"SELECT count(description) FROM read_waldump(%s)":                        4,
			"SELECT count(xact_time) FROM read_waldump(%s, ignore_errors := true)":   3,
			"SELECT count(xact_time) FROM read_waldump(%s, timezone := 'none')":      3,
			"SELECT count(xact_time) FROM read_waldump(%s, timezone := 'Asia/Aden')": 4,
			"SELECT count(*) FROM waldump_stats(%s, per_record := true)":             1,
		} {
			if got := s.value(query, path); got != want {
				t.Errorf("%q: %s: got %d, want %d", test.time, query, got, want)
			}
		}
	}
}
