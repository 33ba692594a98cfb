// Package zone says which time zone the times of a dump were read in, and what to do
// where that is not known.
package zone

import (
	"fmt"
	"strings"
	"time"

	"walstats/parser"
)

// alsoPrintedIn has the places whose zones have an abbreviation that PostgreSQL reads
// otherwise, as offset, and is read so here.
var alsoPrintedIn = map[string]struct{ place, offset string }{
	"PST": {"Asia/Manila", "UTC-08:00"},
	"CDT": {"America/Havana", "UTC-05:00"},
}

// SaysItself reports whether a zone has one meaning for everybody: UTC, or a number.
func SaysItself(name string) bool {
	return name == "" || name == "UTC" || name == "GMT" || name == "Z" || name[0] == '+' || name[0] == '-'
}

// Offset returns how many minutes east of UTC are written: UTC-08:00.
func Offset(minutes int64) string {
	return "UTC" + time.Unix(0, 0).In(time.FixedZone("", int(minutes)*60)).Format("-07:00")
}

// ReadAs says how the times of a zone were read: "PST was read as UTC-08:00; ...". It
// is empty where no other reading is known.
func ReadAs(name, offset string) string {
	also := alsoPrintedIn[name]
	if also.place == "" || also.offset != offset {
		return ""
	}
	return fmt.Sprintf("%s was read as %s; if it is that of %s, add --timezone %s", name, offset, also.place, also.place)
}

// Choice says which zones an abbreviation that cannot be read may be: "IST may be
// Asia/Kolkata, Asia/Jerusalem or Europe/Dublin; add the right one, such as
// --timezone Asia/Kolkata".
func Choice(name string) string {
	places := parser.ZonesOf(name)
	if len(places) == 0 {
		if name == "" {
			return "no zone is printed; add the one that pg_waldump ran in, such as --timezone Asia/Kolkata"
		}
		return name + " is not known; add the zone that pg_waldump ran in, such as --timezone Asia/Kolkata"
	}
	last := len(places) - 1
	either := places[0]
	if last > 0 {
		either = strings.Join(places[:last], ", ") + " or " + places[last]
	}
	return fmt.Sprintf("%s may be %s; add the right one, such as --timezone %s", name, either, places[0])
}
