package desc

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// The times before 2000 are as real records print them, the others as date(1) does.
func TestZone(t *testing.T) {
	for _, c := range []struct {
		zone   string
		micros int64
		want   string
	}{
		{"UTC", 0, "2000-01-01 00:00:00.000000 UTC"},
		{"UTC", 848596663738499, "2026-11-21 17:17:43.738499 UTC"},
		{"UTC", -28670093999211, "1999-02-03 04:05:07.-999211 UTC"},
		{"UTC", -5, "2000-01-01 00:00:00.-00005 UTC"},
		{"Asia/Kathmandu", 0, "2000-01-01 05:45:00.000000 +0545"},
		{"America/Sao_Paulo", 848596663738499, "2026-11-21 14:17:43.738499 -03"},
		{"Europe/Berlin", 848596663738499, "2026-11-21 18:17:43.738499 CET"},
		{"UTC", math.MaxInt64, "294277-01-09 04:00:54.775807 UTC"},
	} {
		loc, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		z := newZone(loc)
		if got := string(z.append(nil, c.micros)); got != c.want {
			t.Errorf("%d in %s: got %q, want %q", c.micros, c.zone, got, c.want)
		}
	}
}

// Times in any order agree with package time's own text, over every change of the clock.
func TestZoneAgreesWithTime(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, name := range []string{"UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "America/Sao_Paulo", "Africa/Casablanca", "Pacific/Apia", "Europe/Dublin"} {
		loc, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		z := newZone(loc)
		var dst []byte
		for range 20000 {
			second := random.Int64N(60 * 366 * secondsOfADay)
			fraction := random.Int64N(microsOfSecond)
			at := time.Unix(second+epoch2000, fraction*1000).In(loc)
			dst = z.append(dst[:0], second*microsOfSecond+fraction)
			abbreviation, _ := at.Zone()
			if want := at.Format("2006-01-02 15:04:05.000000 ") + abbreviation; string(dst) != want {
				t.Fatalf("%s: got %s, want %s", name, dst, want)
			}
		}
	}
}

// An hour before and after each change of the clock in 40 years.
func TestZoneEdges(t *testing.T) {
	loc, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	z := newZone(loc)
	for at := time.Unix(epoch2000, 0).In(loc); at.Year() < 2040; {
		_, end := at.ZoneBounds()
		for _, d := range []time.Duration{-time.Hour, -time.Second, 0, time.Second, time.Hour} {
			u := end.Add(d).In(loc)
			got := string(z.append(nil, (u.Unix()-epoch2000)*microsOfSecond))
			if want := u.Format("2006-01-02 15:04:05.000000 MST"); got != want {
				t.Fatalf("got %s, want %s", got, want)
			}
		}
		at = end
	}
}
