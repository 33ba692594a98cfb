package batch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"walstats/cmd/walstats/session"
)

// named tells the errors of inputs from those of the output.
func named(o *Options, group []task, err error) error {
	var bad *inputError
	if err == nil || errors.As(err, &bad) || errors.Is(err, context.Canceled) {
		return err
	}
	text := session.Words(err)
	if text == err.Error() {
		if kind, rest, found := strings.Cut(text, " Error: "); found && o.Where != "" && (kind == "Binder" || kind == "Parser") {
			rest, _, _ = strings.Cut(rest, "\n")
			return fmt.Errorf("--where %s: %s", o.Where, rest)
		}
		return readable(o.Output, err)
	}
	for i := range group {
		if strings.Contains(text, group[i].Path) {
			return &inputError{group[i].Name, errors.New(group[i].words(err))}
		}
	}
	return &inputError{"", errors.New(text)}
}

// errBusy is what to do where another process works on the output.
var errBusy = errors.New("has it open; wait for it, or end it, and run this again")

var holder = regexp.MustCompile(`PID (\d+)`)

// readable is what a person needs of an error of DuckDB's about the output.
func readable(output string, err error) error {
	text := err.Error()
	if _, rest, found := strings.Cut(text, " Error: "); found {
		text = rest
	}
	text, _, _ = strings.Cut(text, "\n\nLINE ")
	switch {
	case strings.Contains(text, "Conflicting lock"):
		who := "another process"
		if pid := holder.FindStringSubmatch(text); pid != nil {
			who += " (PID " + pid[1] + ")"
		}
		return fmt.Errorf("%s: %s %w", output, who, errBusy)
	case strings.Contains(text, "No space left") || strings.Contains(text, "Disk quota"):
		return fmt.Errorf("%s: the disk is full; free some space and run this again: what is finished is kept", output)
	case strings.Contains(text, "Permission denied") || strings.Contains(text, "Read-only file system"):
		return fmt.Errorf("%s: it may not be written here; name an output in a folder that you may write", output)
	case strings.Contains(text, "not a valid DuckDB database"):
		return fmt.Errorf("%s: is there already and is no DuckDB database; name another output", output)
	}
	if _, statErr := os.Stat(filepath.Dir(output)); errors.Is(statErr, fs.ErrNotExist) {
		return fmt.Errorf("%s: no such folder; make it first", filepath.Dir(output))
	}
	return fmt.Errorf("%s: %s", output, text)
}
