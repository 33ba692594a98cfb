package session

import "strings"

// functions are those of the extension that read files, the longer names first.
var functions = []string{"read_waldump_rejects: ", "read_waldump_blocks: ", "read_waldump: ", "waldump_stats: ", "waldump_lines: ",
	"read_wal_rejects: ", "read_wal_blocks: ", "read_wal: ", "wal_stats: ", "wal_segments: "}

// Words is what a person needs of an error of DuckDB's: without its kind and the
// function's name before it, and the line of SQL, which is ours, behind it.
func Words(err error) string {
	text := err.Error()
	for _, function := range functions {
		if _, ours, found := strings.Cut(text, function); found {
			text, _, _ = strings.Cut(ours, "\n\nLINE ")
			return text
		}
	}
	return text
}

// Avoidable is Words of an error that ignore_errors would have avoided, without the
// hint to set it, which is one for SQL; false for any other error.
func Avoidable(err error) (words string, avoidable bool) {
	words, _, avoidable = strings.Cut(Words(err), "; pass ignore_errors := true")
	return words, avoidable
}
