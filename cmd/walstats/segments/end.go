package segments

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"walstats/record"
)

// Where WAL ends there is no mark: pg_waldump goes on until what it finds is no
// record, says why, and fails. These are the reasons it then has, from
// src/backend/access/transam/xlogreader.c: zeros, or what an older use of the file
// has left, or no file. A checksum that is wrong is none of them: behind the end
// nothing fits so well that it comes to that.
var endReasons = []string{
	"invalid record length",
	"invalid record offset",
	"record with incorrect prev-link",
	"record with invalid length",
	"invalid resource manager ID",
	"invalid magic number",
	"invalid info bits",
	"unexpected pageaddr",
	"out-of-sequence timeline ID",
	"there is no contrecord flag",
	"invalid contrecord length",
	"contrecord is requested by",
	"missing contrecord",
	"too long",
	"could not find file",
}

const noRecord = "could not find a valid record after"

var (
	errorSegment = regexp.MustCompile(`(?:segment|file) "?([0-9A-F]{24})`)
	errorLSN     = regexp.MustCompile(`\b(?:at|after|LSN) ([0-9A-F]{1,8}/[0-9A-F]{1,8})\b`)
)

// isEnd reports whether what a pg_waldump said when it failed means that it read all
// of its span: it reached the end of the chain's WAL, in its last segment or behind it.
func (c *Chain) isEnd(said string, s span) bool {
	last := c.segments[len(c.segments)-1].begin()
	if strings.Contains(said, noRecord) {
		// Either none starts there, for one that began before fills all; or the first is bad.
		at, found, err := c.firstRecord(c.page(s.begin) + LSN(c.header.pageSize))
		return err == nil && (!found || s.end != 0 && at >= s.end || s.end == 0 && (at >= last || s.begin >= last))
	}
	if s.end != 0 {
		return false
	}
	if !slices.ContainsFunc(endReasons, func(reason string) bool { return strings.Contains(said, reason) }) {
		return false
	}
	if found := errorSegment.FindStringSubmatch(said); found != nil {
		_, high, low, _, _ := parseName(found[1])
		return LSN(high<<32+low*c.header.segmentSize) >= last
	}
	// The place of the last good record comes first, that of the failure last.
	places := errorLSN.FindAllStringSubmatch(said, -1)
	if len(places) == 0 {
		return false
	}
	at, err := record.ParseLSN([]byte(places[len(places)-1][1]))
	return err == nil && at >= last
}

// inOneLine is what a program said, for an error of ours.
func inOneLine(said string) string {
	lines := strings.Split(strings.TrimSpace(said), "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return strconv.Quote(strings.Join(lines, "; "))
}
