package rmgr

// A Version is a major version of PostgreSQL. Versions compare in their order.
// The zero Version is unknown.
type Version uint8

// The major versions whose WAL or text can be read. 9.3 and 9.4 have a text but no
// resource managers' identifiers; their WAL is not read.
const (
	V93 Version = 1 + iota
	V94
	V95
	V96
	V10
	V11
	V12
	V13
	V14
	V15
	V16
	V17
	V18
	V19

	First = V93
	Last  = V19
)

// versions has each version's name and the magic number of its WAL pages
// (XLOG_PAGE_MAGIC in src/include/access/xlog_internal.h). 19 is a beta and its number
// may still change.
var versions = [...]struct {
	name  string
	magic uint16
}{
	V93: {"9.3", 0xD075},
	V94: {"9.4", 0xD07E},
	V95: {"9.5", 0xD087},
	V96: {"9.6", 0xD093},
	V10: {"10", 0xD097},
	V11: {"11", 0xD098},
	V12: {"12", 0xD101},
	V13: {"13", 0xD106},
	V14: {"14", 0xD10D},
	V15: {"15", 0xD110},
	V16: {"16", 0xD113},
	V17: {"17", 0xD116},
	V18: {"18", 0xD118},
	V19: {"19", 0xD121},
}

// String returns the version as PostgreSQL names it: "9.6", "15".
func (v Version) String() string { return versions[v].name }

// Magic returns xlp_magic, the number that begins each page of the version's WAL.
func (v Version) Magic() uint16 { return versions[v].magic }

// VersionOf returns the version whose pages begin with magic. ok is false for any
// other number.
func VersionOf(magic uint16) (v Version, ok bool) {
	for v := First; v <= Last; v++ {
		if versions[v].magic == magic {
			return v, true
		}
	}
	return 0, false
}
