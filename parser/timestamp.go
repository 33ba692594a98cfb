package parser

import (
	"bytes"
	"fmt"
	"strings"
	"time"
	_ "time/tzdata" // hosts without a time zone database read the same times
)

// pg_waldump prints times with timestamptz_to_str of src/bin/pg_waldump/compat.c:
// strftime's `%Y-%m-%d %H:%M:%S`, a point, microseconds, and strftime's %Z, which
// is an abbreviation, in the time zone of the process that ran it.

// A Zone says how to read the times of a dump. A nil Zone knows UTC, numeric
// zones, and the abbreviations of PostgreSQL's default set.
type Zone struct {
	location *time.Location // nil: no other zone is read, every such time is NULL
	lenient  bool           // as a nil Zone, but what that does not know is NULL
}

// lenient returns NULL for unknown zones without an error: to format one takes 80 us,
// and a dump may be full of them.
var lenient = &Zone{lenient: true}

// NewZone returns the time zone of an IANA name. For `none` it returns one that reads
// only times in UTC and in numeric zones, which need no other knowledge.
func NewZone(name string) (*Zone, error) {
	if strings.EqualFold(name, "none") {
		return &Zone{}, nil
	}
	// Go takes "" for UTC and "Local" for the host's zone; a dump has neither.
	if name == "" || name == "Local" {
		return nil, fmt.Errorf("%.80q is no time zone", name)
	}
	location, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("%.80q is no time zone", name)
	}
	return &Zone{location: location}, nil
}

// Location returns the zone's location, nil for none.
func (z *Zone) Location() *time.Location { return z.location }

// xactTime finds the record's own time in its text: where a transaction ended or
// was prepared, or recovery did; nil where the record prints none. The time of a
// replication origin is not the record's.
func xactTime(name, ident, description []byte, flags extentFlags) []byte {
	switch string(name) {
	case "Transaction":
		if flags&flagBkp != 0 { // 9.3 and 9.4: `commit: `, `abort prepared 731: `
			switch string(ident) {
			case "commit", "abort":
				return description
			case "commit prepared", "abort prepared":
				return afterXID(description)
			}
			return nil
		}
		switch string(ident) {
		case "COMMIT", "ABORT":
			return description
		case "COMMIT_PREPARED", "ABORT_PREPARED":
			return afterXID(description)
		case "PREPARE":
			return prepareTime(description)
		}
	case "XLOG":
		if s := string(ident); s == "END_OF_RECOVERY" || s == "OVERWRITE_CONTRECORD" || flags&flagBkp != 0 && s == "end_of_recovery" {
			if _, after, found := bytes.Cut(description, []byte("; time ")); found {
				return after
			}
		}
	}
	return nil
}

// afterXID returns the time in `731: <timestamp>...`.
func afterXID(description []byte) []byte {
	_, after, _ := bytes.Cut(description, []byte(": "))
	return after
}

// prepareTime finds the time in `gid %s: <timestamp>...`: the last that a gid of
// at most maxGID bytes leaves room for, since a gid may look like a time.
func prepareTime(description []byte) []byte {
	if !hasPrefix(description, "gid ") {
		return nil
	}
	text := description[len("gid "):]
	for i := min(maxGID, len(text)-1); i >= 0; i-- {
		if hasPrefix(text[i:], ": ") && isTimestamp(text[i+2:]) {
			return text[i+2:]
		}
	}
	return nil
}

// micros reads the timestamp that s begins with, in microseconds since
// 1970-01-01 00:00:00 UTC. ok is false where there is none. The error says that
// its time zone is not known.
func (z *Zone) micros(s []byte) (us int64, ok bool, err *Error) {
	wall, us, rest, ok := wallClock(s)
	if !ok {
		return 0, false, nil
	}
	if i := bytes.IndexByte(rest, ';'); i >= 0 {
		rest = rest[:i]
	}
	if i := bytes.Index(rest, greenplumGID); i >= 0 {
		rest = rest[:i]
	}
	unix, ok, err := z.unix(wall, bytes.TrimSpace(rest))
	return unix*1e6 + us, ok, err
}

// greenplumGID is what Greenplum 6 prints after the zone: the distributed transaction.
var greenplumGID = []byte(" gid = ")

// wallClock reads `YYYY-MM-DD HH:MM:SS.ffffff`: the seconds since 1970-01-01 that
// a clock in UTC would show, and microseconds. Before 2000 these are negative,
// and the seconds one more (C's integer division rounds to zero); their sum is
// right. 9.x built with floating-point timestamps prints `SS.0.ffffff`.
func wallClock(s []byte) (seconds, us int64, rest []byte, ok bool) {
	if !isTimestamp(s) {
		return 0, 0, nil, false
	}
	year, i, _ := decimal(s, 0)
	two := func(at int) int64 { return int64(s[i+at]-'0')*10 + int64(s[i+at+1]-'0') }
	month, day, hour, minute, second := two(1), two(4), two(7), two(10), two(13)
	// PostgreSQL's timestamps end in the year 294276. 64 bits of microseconds since 1970 end in January 294247.
	date := time.Date(int(min(year, 300000)), time.Month(month), int(day), 0, 0, 0, 0, time.UTC)
	if year > 294246 || int64(date.Month()) != month || int64(date.Day()) != day || hour > 23 || minute > 59 || second > 60 {
		return 0, 0, nil, false
	}
	rest = s[i+len("-dd-dd dd:dd:dd."):]
	negative := hasPrefix(rest, "-")
	if negative || hasPrefix(rest, "0.") {
		rest = bytes.TrimPrefix(bytes.TrimPrefix(rest, []byte("-")), []byte("0."))
	}
	n, end, fits := decimal(rest, 0)
	if end == 0 || end > 6 || !fits {
		return 0, 0, nil, false
	}
	if us = int64(n); negative {
		us = -us
	}
	return date.Unix() + hour*3600 + minute*60 + second, us, rest[end:], true
}

// unix returns the time at which a clock in the zone of that abbreviation shows wall.
func (z *Zone) unix(wall int64, abbreviation []byte) (unix int64, ok bool, err *Error) {
	switch string(abbreviation) {
	case "UTC", "GMT", "Z":
		return wall, true, nil
	}
	if offset, ok := numericZone(abbreviation); ok {
		return wall - offset, true, nil
	}
	if z != nil && !z.lenient {
		if z.location == nil {
			return 0, false, nil
		}
		return unixIn(z.location, wall, abbreviation), true, nil
	}
	meaning, known := abbreviated()[string(abbreviation)]
	switch {
	case !known && z != nil:
		return 0, false, nil
	case !known:
		return 0, false, unknownZone(wall, string(abbreviation))
	case meaning.location != nil:
		return unixIn(meaning.location, wall, abbreviation), true, nil
	}
	return wall - meaning.offset, true, nil
}

// numericZone reads `+HH`, `+HHMM` or `+HH:MM`, as %Z prints a zone without an
// abbreviation, in seconds east of UTC.
func numericZone(s []byte) (offset int64, ok bool) {
	if len(s) < 3 || s[0] != '+' && s[0] != '-' || !isNumber(s[1:3]) {
		return 0, false
	}
	offset = int64(s[1]-'0')*36000 + int64(s[2]-'0')*3600
	if minutes := bytes.TrimPrefix(s[3:], []byte(":")); len(minutes) == 2 && isNumber(minutes) && minutes[0] < '6' {
		offset += int64(minutes[0]-'0')*600 + int64(minutes[1]-'0')*60
	} else if len(s) != 3 {
		return 0, false
	}
	if s[0] == '-' {
		offset = -offset
	}
	return offset, true
}

// unixIn returns when a clock at that location shows wall. A clock that is set back
// shows it twice; the abbreviation tells which time is meant.
func unixIn(location *time.Location, wall int64, abbreviation []byte) int64 {
	const day = 86400
	zone := func(unix int64) (string, int64) {
		name, offset := time.Unix(unix, 0).In(location).Zone()
		return name, int64(offset)
	}
	_, before := zone(wall - day)
	_, after := zone(wall + day)
	if before == after {
		return wall - before
	}
	early, late := wall-before, wall-after
	earlyName, o := zone(early)
	earlyShows := o == before
	lateName, o := zone(late)
	lateShows := o == after
	switch {
	case earlyShows && lateShows && earlyName != string(abbreviation) && lateName == string(abbreviation):
		return late
	case !earlyShows && lateShows:
		return late
	}
	return early
}

// ZonesOf returns the time zones whose times are printed with an abbreviation that too
// many people read otherwise, such as CST, IST or BST; none for any other.
func ZonesOf(abbreviation string) []string { return ambiguous[abbreviation] }

// unknownZone returns the error for an abbreviation that may mean anything. Its hint
// names the zones that it may be of.
func unknownZone(wall int64, abbreviation string) *Error {
	const otherwise = "timezone := 'none' to read NULL"
	zones, known := ambiguous[abbreviation]
	if !known {
		return &Error{Expected: "a time zone", Found: abbreviation, Hint: "pass timezone := '<the TZ pg_waldump ran with>', or " + otherwise}
	}
	var options []string
	for _, name := range zones {
		location, err := time.LoadLocation(name)
		if err != nil {
			continue
		}
		offset := time.Unix(unixIn(location, wall, []byte(abbreviation)), 0).In(location).Format("-07:00")
		options = append(options, fmt.Sprintf("timezone := '%s' (UTC%s)", name, offset))
	}
	return &Error{Expected: "a time zone with one meaning", Found: abbreviation, Hint: "pass " + strings.Join(options, ", ") + ", or " + otherwise}
}
