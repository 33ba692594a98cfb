// Package hint holds what the readers' errors advise to do. They advise in SQL's words,
// as named parameters of a table function. They cross DuckDB as text, so a program that
// calls these functions finds the advice again here, and says it in words of its own.
package hint

import (
	"slices"
	"strings"
)

const ignoreErrors = "pass ignore_errors := true"

// IgnoreErrors returns the advice to set ignore_errors, and what happens then, as "to skip
// such lines". It is the last advice of an error.
func IgnoreErrors(to string) string { return ignoreErrors + " " + to }

// Join returns several pieces of advice as one; empty ones are left out.
func Join(advice ...string) string {
	given := slices.DeleteFunc(slices.Clone(advice), func(s string) bool { return s == "" })
	return strings.Join(given, "; ")
}

// CutIgnoreErrors returns a message, or its advice alone, without the advice to set
// ignore_errors, and whether it had it.
func CutIgnoreErrors(message string) (rest string, avoidable bool) {
	rest, _, avoidable = strings.Cut(message, ignoreErrors)
	if avoidable {
		rest = strings.TrimSuffix(rest, "; ")
	}
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
