package wal

import "testing"

// The names that programs give to segments and history files, and names of other files
// that lie beside them.
func TestFileNames(t *testing.T) {
	const sum = "da39a3ee5e6b4b0d3255bfef95601890afd80709"
	segment := FileName{Kind: SegmentFile, Timeline: 1, High: 0x2A, Low: 0xB7}
	partial := segment
	partial.Partial = true
	history := FileName{Kind: HistoryFile, Timeline: 2}
	for name, want := range map[string]FileName{
		"000000010000002A000000B7":                        segment,
		"000000010000002A000000B7.partial":                partial,
		"000000010000002A000000B7.gz":                     segment, // pg_receivewal
		"000000010000002A000000B7.gz.partial":             partial,
		"000000010000002A000000B7.lz4.partial":            partial,
		"000000010000002A000000B7-" + sum:                 segment, // pgBackRest
		"000000010000002A000000B7-" + sum + ".zst":        segment,
		"000000010000002A000000B7.partial-" + sum + ".gz": partial,
		"000000010000002A000000B7.br":                     segment, // WAL-G
		"000000010000002A000000B7.partial.lz4":            partial,
		"00000002.history":                                history,
		"00000002.history.gz":                             history,
		"000000010000002A000000B7.00000028.backup":        {},
		"000000010000002A000000B7.ready":                  {},
		"000000010000002a000000b7":                        {},
		"000000010000002A000000B7-" + sum[1:]:             {},
		"000000010000002A000000B":                         {},
		"00000002.history.partial":                        {},
		"xlogtemp.123":                                    {},
		"000000010000002A000000B7.waldump":                {},
	} {
		if got := ParseFileName(name); got != want {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
}
