package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"walstats/cmd/walstats/session"
	"walstats/extension"
	"walstats/extension/source"
	"walstats/record"
	"walstats/wal"
)

// wholeWAL reports whether the inputs of a command are WAL, which read_wal reads, and not
// dumps. What is in them tells it: see [isWAL]. It is an error to give both.
func wholeWAL(names []string) (bool, error) {
	first, firstName := false, ""
	for i, name := range names {
		if source.IsURL(name) && !strings.HasPrefix(strings.ToLower(name), "file:") {
			return false, fmt.Errorf("%s: is a URL, and walstats reads the files of this machine; copy it to a disk, or query it in DuckDB: LOAD httpfs, then read_wal or read_waldump", name)
		}
		is := isWAL(name)
		if !is && source.IsFolder(name) { // it may have WAL that this user may not see
			if _, err := extension.FindWAL([]string{name}); errors.Is(err, fs.ErrPermission) {
				return false, err
			}
		}
		if i == 0 {
			first, firstName = is, name
		} else if is != first {
			if is {
				firstName, name = name, firstName
			}
			return false, fmt.Errorf("%s is WAL and %s is not; give them to a command each", firstName, name)
		}
	}
	return first, nil
}

// isWAL reports whether a path or pattern means WAL: a data directory or a folder that has
// segments in it, a segment by its name or by its first page.
func isWAL(path string) bool {
	if path == "-" {
		return false
	}
	if !source.IsFolder(path) {
		files, err := source.Expand(nil, []string{path})
		if err != nil || len(files) == 0 {
			return false
		}
		path = files[0]
	}
	switch info, err := os.Stat(path); {
	case err != nil || !info.IsDir() && !info.Mode().IsRegular():
		return isSegmentName(filepath.Base(path))
	case info.IsDir():
		return extension.HasWAL(path)
	}
	return isSegmentName(filepath.Base(path)) || extension.IsSegment(path)
}

func isSegmentName(name string) bool {
	n := wal.ParseFileName(name)
	return n.Kind == wal.SegmentFile
}

// A walPart says which part of WAL a command reads.
type walPart struct {
	start, end string
	timeline   uint32
}

func (p *walPart) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&p.start, "start", "", "of WAL, the records from this `LSN` on")
	cmd.Flags().StringVar(&p.end, "end", "", "of WAL, the records before this `LSN`")
	cmd.Flags().Uint32Var(&p.timeline, "timeline", 0, "of WAL, this timeline instead of the newest")
}

// check returns an error if a part of what is not WAL is wanted.
func (p *walPart) check(isWAL bool) error {
	if *p != (walPart{}) && !isWAL {
		return fmt.Errorf("--start, --end and --timeline are for WAL; of a dump, query read_waldump; %w", errUsage)
	}
	for _, lsn := range []string{p.start, p.end} {
		if _, err := record.ParseLSN([]byte(lsn)); err != nil && lsn != "" {
			return fmt.Errorf("%w, found %q; %w", err, lsn, errUsage)
		}
	}
	return nil
}

// lsns returns the part's LSNs, 0 where it is open.
func (p *walPart) lsns() (start, end record.LSN) {
	start, _ = record.ParseLSN([]byte(p.start)) // check has read them
	end, _ = record.ParseLSN([]byte(p.end))
	return start, end
}

// options returns the part as further arguments of read_wal.
func (p *walPart) options() (sql string) {
	if p.start != "" {
		sql += ", start_lsn := " + session.Quote(p.start)
	}
	if p.end != "" {
		sql += ", end_lsn := " + session.Quote(p.end)
	}
	if p.timeline != 0 {
		sql += fmt.Sprintf(", timeline := %d", p.timeline)
	}
	return sql
}
