package batch

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"walstats/cmd/walstats/outfile"
	"walstats/cmd/walstats/session"
)

// classify returns an inputError for an error of an input, and an error in words for
// one of the output.
func classify(o *Options, group []task, err error) error {
	var bad *inputError
	if err == nil || errors.As(err, &bad) || errors.Is(err, context.Canceled) {
		return err
	}
	text := session.Message(err)
	if text == err.Error() {
		if kind, rest, found := strings.Cut(text, " Error: "); found && o.Where != "" && (kind == "Binder" || kind == "Parser") {
			rest, _, _ = strings.Cut(rest, "\n")
			return fmt.Errorf("--where %s: %s", o.Where, rest)
		}
		return outfile.Explain(o.Output, err)
	}
	for i := range group {
		if strings.Contains(text, group[i].Path) {
			return &inputError{group[i].Name, errors.New(group[i].message(err))}
		}
	}
	if w := group[0].wal; w != nil {
		for _, path := range w.Segments {
			if strings.Contains(text, path) && isGone(path) {
				return &inputError{group[0].Name, removed(path)}
			}
		}
	}
	return &inputError{"", errors.New(text)}
}

// An inputError is an error of an input, not of the output.
type inputError struct {
	name string
	err  error
}

func (e *inputError) Error() string { return e.err.Error() }
func (e *inputError) Unwrap() error { return e.err }
