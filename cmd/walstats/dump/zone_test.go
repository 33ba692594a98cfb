package dump

import (
	"os/exec"
	"testing"
	"time"
)

// Times are in the zone that the C library takes from TZ: here what date prints.
func TestLocalZone(t *testing.T) {
	if _, err := exec.LookPath("date"); err != nil {
		t.Skip("no program date")
	}
	for _, tz := range []string{
		"UTC", "", ":UTC", "Asia/Kolkata", "America/New_York", "EST5EDT", "<-03>3", "CET-1CEST,M3.5.0,M10.5.0/3",
		"bogus", "Europe/Nowhere", "x", "/usr/share/zoneinfo/Asia/Tokyo",
	} {
		t.Run(tz, func(t *testing.T) {
			t.Setenv("TZ", tz)
			zone := LocalZone()
			for _, at := range []string{"1700000000", "1720000000"} {
				seconds := map[string]int64{"1700000000": 1700000000, "1720000000": 1720000000}[at]
				want, err := exec.Command("date", "-d", "@"+at, "+%F %T %Z").Output()
				if err != nil {
					t.Skip("date has no -d")
				}
				name, _ := time.Unix(seconds, 0).In(zone).Zone()
				if got := time.Unix(seconds, 0).In(zone).Format("2006-01-02 15:04:05 ") + name + "\n"; got != string(want) {
					t.Errorf("got %q, want %q", got, want)
				}
			}
		})
	}
}
