package session

import (
	"strings"

	"walstats/hint"
)

// functions has the prefixes of the extension's errors, longer names first.
var functions = []string{"read_waldump_rejects: ", "read_waldump_blocks: ", "read_waldump: ", "waldump_stats: ", "waldump_lines: ",
	"read_wal_rejects: ", "read_wal_sums: ", "read_wal_relations: ", "read_wal_blocks: ", "read_wal: ", "wal_stats: ", "wal_segments: ", "wal_compression: "}

// Message returns an error for a user: without DuckDB's class, the function's name and
// the line of SQL.
func Message(err error) string {
	text := err.Error()
	for _, function := range functions {
		if _, ours, found := strings.Cut(text, function); found {
			text, _, _ = strings.Cut(ours, "\n\nLINE ")
			return hint.OfCommand(text)
		}
	}
	return text
}

// Avoidable reports whether ignore_errors avoids an error, and returns its message
// without the hint to set it.
func Avoidable(err error) (message string, avoidable bool) {
	return hint.CutIgnoreErrors(Message(err))
}
