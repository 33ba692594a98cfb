package outfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
)

// ErrBusy ends an error about an output that another process works on.
var ErrBusy = errors.New("has it open; wait for it, or end it, and run this again")

var holder = regexp.MustCompile(`PID (\d+)`)

// IsFull reports whether an error, of the system or of DuckDB, says that a disk is full.
func IsFull(err error) bool {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return true
	}
	text := err.Error()
	return strings.Contains(text, "No space left") || strings.Contains(text, "Disk quota")
}

// Explain returns an error about an output in words for a user: of the system, or of
// DuckDB without its class and the SQL.
func Explain(output string, err error) error {
	if errors.Is(err, syscall.EPIPE) { // the reader has ended, so a message is of no use
		return err
	}
	if errors.Is(err, fs.ErrNotExist) {
		if folderErr := checkFolder(output); folderErr != nil {
			return folderErr
		}
	}
	text := Cause(err).Error()
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
		return fmt.Errorf("%s: %s %w", output, who, ErrBusy)
	case IsFull(err):
		return fmt.Errorf("%s: the disk is full; free some space and run this again", output)
	case errors.Is(err, fs.ErrPermission) || strings.Contains(text, "Permission denied") || strings.Contains(text, "Read-only file system") || errors.Is(err, syscall.EROFS):
		return fmt.Errorf("%s: no permission to write here; name an output in a folder that you may write to", output)
	case strings.Contains(text, "not a valid DuckDB database"):
		return fmt.Errorf("%s exists and is not a DuckDB database; name another output", output)
	}
	if folderErr := checkFolder(output); folderErr != nil {
		return folderErr
	}
	if _, statErr := os.Stat(filepath.Dir(output)); statErr != nil {
		text = Cause(statErr).Error()
	}
	return fmt.Errorf("%s: %s", output, text)
}

// Cause returns an error without the operation and the path that package os puts
// before it.
func Cause(err error) error {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err
	}
	if link, ok := errors.AsType[*os.LinkError](err); ok {
		return link.Err
	}
	return err
}
