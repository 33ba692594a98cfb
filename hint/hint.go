// Package hint holds what the readers' errors advise to do. They advise in SQL's words,
// as named parameters of a table function. They cross DuckDB as text, so a program that
// calls these functions finds the advice again here, and says it in words of its own.
package hint

import "strings"

const ignoreErrors = "; pass ignore_errors := true"

// IgnoreErrors returns the end of an error's message: that ignore_errors avoids it, and
// what happens then, as "to skip such lines".
func IgnoreErrors(to string) string { return ignoreErrors + " " + to }

// CutIgnoreErrors returns the message without that end, and whether it had it.
func CutIgnoreErrors(message string) (rest string, avoidable bool) {
	rest, _, avoidable = strings.Cut(message, ignoreErrors)
	return rest, avoidable
}

// OfCommand returns the message with the flags of walstats in the place of the named
// parameters, and with what they do there.
func OfCommand(message string) string { return command.Replace(message) }

var command = strings.NewReplacer(
	"timezone := '", "--timezone '",
	"to read NULL", "to leave such times out",
	"pass a larger max_record_size", "pass a larger --max-record-size",
	"start_lsn := '", "--start '",
)
