package segments

import "fmt"

// versions are PostgreSQL's major versions by the number in every page of their WAL
// (XLOG_PAGE_MAGIC in src/include/access/xlog_internal.h). A pg_waldump reads that of
// its own version alone.
var versions = map[uint16]string{
	0xD087: "9.5",
	0xD093: "9.6",
	0xD097: "10",
	0xD098: "11",
	0xD101: "12",
	0xD106: "13",
	0xD10D: "14",
	0xD110: "15",
	0xD113: "16",
	0xD116: "17",
	0xD118: "18",
}

// Version is the major version of the PostgreSQL that wrote the WAL.
func (c *Chain) Version() (string, error) {
	version, known := versions[c.header.magic]
	if !known {
		return "", fmt.Errorf("%s: is WAL of an unknown version of PostgreSQL (page magic %04X); known are 9.5 to 18", c.segments[0].path, c.header.magic)
	}
	return version, nil
}
