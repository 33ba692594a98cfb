package dump

import (
	"encoding/binary"
	"os"
	"strings"
	"time"
)

// LocalZone returns the time zone that the C library takes from the environment: TZ, or
// /etc/localtime if it is not set, or UTC.
func LocalZone() *time.Location {
	name, set := os.LookupEnv("TZ")
	name = strings.TrimPrefix(name, ":")
	switch {
	case !set:
		if _, err := os.Stat("/etc/localtime"); err != nil {
			return time.UTC
		}
		return time.Local
	case name == "":
		return time.UTC
	}
	if strings.HasPrefix(name, "/") {
		if data, err := os.ReadFile(name); err == nil {
			if zone, err := time.LoadLocationFromTZData(name, data); err == nil {
				return zone
			}
		}
	} else if zone, err := time.LoadLocation(name); err == nil {
		return zone
	}
	return ruleZone(name)
}

// ruleZone returns the zone of a rule such as CET-1CEST,M3.5.0,M10.5.0/3. If it is not a
// rule, the C library takes UTC and calls it by the letters that the text begins with.
func ruleZone(rule string) *time.Location {
	abbreviation, offset := rule, ""
	if strings.HasPrefix(rule, "<") {
		abbreviation, offset, _ = strings.Cut(rule[1:], ">")
	} else {
		n := 0
		for n < len(rule) && (rule[n]|0x20 >= 'a' && rule[n]|0x20 <= 'z') {
			n++
		}
		abbreviation, offset = rule[:n], rule[n:]
	}
	if len(abbreviation) < 3 {
		return time.FixedZone("", 0)
	}
	if offset != "" && strings.ContainsAny(offset[:1], "+-0123456789") {
		if zone, err := time.LoadLocationFromTZData(rule, rulesFile(rule)); err == nil {
			return zone
		}
	}
	return time.FixedZone(abbreviation, 0)
}

// rulesFile returns a time zone file (RFC 8536) that has no transitions, so that the rule
// at its end always holds.
func rulesFile(rule string) []byte {
	const name = "\x00"
	header := func(version byte) []byte {
		b := append([]byte("TZif"), version)
		b = append(b, make([]byte, 15)...)
		for _, count := range []uint32{0, 0, 0, 0, 1, uint32(len(name))} { // one type of local time
			b = binary.BigEndian.AppendUint32(b, count)
		}
		return append(append(b, make([]byte, 6)...), name...) // UTC, which is not used
	}
	return append(append(header('2'), header('2')...), "\n"+rule+"\n"...)
}
