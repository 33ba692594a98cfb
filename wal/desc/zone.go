package desc

import "time"

const (
	epoch2000      = 946684800 // seconds from 1970 to 2000
	secondsOfADay  = 86400
	microsOfSecond = 1000000
)

// A zone prints timestamps as pg_waldump's timestamptz_to_str does: local time,
// microseconds and the zone's abbreviation. It keeps the range between two changes of
// the clock, and the day that it printed last.
type zone struct {
	loc        *time.Location
	start, end int64 // Unix seconds between which offset and name hold
	offset     int64
	name       string
	day        int64 // days since 1970, local
	date       []byte
}

func newZone(loc *time.Location) zone {
	z := zone{loc: loc}
	z.look(0)
	z.day = 0
	z.date = appendDate(make([]byte, 0, 16), 0)
	return z
}

// look finds the range that holds the second.
func (z *zone) look(second int64) {
	t := time.Unix(second, 0).In(z.loc)
	name, offset := t.Zone()
	from, to := t.ZoneBounds()
	z.name, z.offset = name, int64(offset)
	z.start, z.end = -1<<63, 1<<63-1
	if !from.IsZero() {
		z.start = from.Unix()
	}
	if !to.IsZero() {
		z.end = to.Unix()
	}
}

// append appends the microseconds since 2000 as "2026-11-22 17:17:46.465455 UTC".
// Before 2000 the fraction is negative and the second one too high, as in PostgreSQL.
func (z *zone) append(dst []byte, micros int64) []byte {
	second, fraction := micros/microsOfSecond+epoch2000, micros%microsOfSecond
	if second < z.start || second >= z.end {
		z.look(second)
	}
	local := second + z.offset
	day := floorDiv(local, secondsOfADay)
	if day != z.day {
		z.day, z.date = day, appendDate(z.date[:0], day)
	}
	dst = append(dst, z.date...)
	dst = appendClock(dst, int(local-day*secondsOfADay))
	width := 6
	dst = append(dst, '.')
	if fraction < 0 {
		dst = append(dst, '-')
		fraction, width = -fraction, 5
	}
	n := max(digits(uint64(fraction)), width)
	dst = grow(dst, n)
	b := dst[len(dst)-n:]
	for i := range b {
		b[i] = '0'
	}
	putUint(b, uint64(fraction))
	return append(append(dst, ' '), z.name...)
}

// appendDate appends the day's date and a blank.
func appendDate(dst []byte, day int64) []byte {
	// Howard Hinnant's civil_from_days: eras of 400 years that begin on 1 March.
	day += 719468
	era := floorDiv(day, 146097)
	ofEra := day - era*146097
	year := (ofEra - ofEra/1460 + ofEra/36524 - ofEra/146096) / 365
	ofYear := ofEra - (365*year + year/4 - year/100)
	month := (5*ofYear + 2) / 153
	date := int(ofYear - (153*month+2)/5 + 1)
	year += era * 400
	if month += 3; month > 12 {
		month, year = month-12, year+1
	}
	if year < 0 {
		dst, year = append(dst, '-'), -year
	}
	dst = appendUint(dst, uint64(year))
	dst = append(append(dst, '-'), pairs[2*month:2*month+2]...)
	return append(append(append(dst, '-'), pairs[2*date:2*date+2]...), ' ')
}

// appendClock appends hh:mm:ss of a second of the day.
func appendClock(dst []byte, second int) []byte {
	h, m, s := 2*(second/3600), 2*(second/60%60), 2*(second%60)
	return append(dst, pairs[h], pairs[h+1], ':', pairs[m], pairs[m+1], ':', pairs[s], pairs[s+1])
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
