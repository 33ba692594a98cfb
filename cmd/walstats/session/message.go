package session

import (
	"strings"

	"walstats/extension"
	"walstats/hint"
)

// Message returns an error for a user: without DuckDB's class, the function's name and
// the line of SQL.
func Message(err error) string {
	text := err.Error()
	for _, function := range extension.Functions() {
		if _, ours, found := strings.Cut(text, function+": "); found {
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
