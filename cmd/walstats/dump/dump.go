// Package dump prints WAL as the pg_waldump of the version that wrote it does: its
// options, its text, its messages and its exit code, for PostgreSQL 9.5 to 19.
//
// [Flags.Run] finds the WAL that the command line means (place.go), and reads it. Most of
// it is read in chunks by several goroutines (chunks.go). The end is read record by record
// by a [wal.Cursor], which stops where pg_waldump stops and says what it says. Each
// goroutine has a printer (printer.go), which filters records, and prints or counts them.
package dump

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"walstats/cmd/walstats/stats"
	"walstats/rmgr"
	"walstats/wal"
)

// A dumper is one run of the command.
type dumper struct {
	*options
	place          *place
	set            *wal.Set
	stdout, stderr io.Writer
	zone           *time.Location

	first   wal.LSN // the first record
	last    wal.LSN // the record read last; 0: none yet
	shown   int
	counts  *counts // of --stats
	printer *printer
}

// Run prints what the flags ask for. Its error is an [*Error], which is not printed yet,
// or one of stdout. After the end of ctx, it stops as pg_waldump does after Ctrl-C.
func (f *Flags) Run(ctx context.Context, args []string, zone *time.Location, stdout, stderr io.Writer) error {
	for _, name := range f.Managers {
		if name == listManagers {
			return list(stdout)
		}
	}
	o, err := f.parse()
	if err != nil {
		return err
	}
	d := &dumper{options: o, stdout: stdout, stderr: stderr, zone: zone}
	if d.place, err = o.find(args); err != nil {
		return err
	}
	err = d.run(ctx)
	if e := (*Error)(nil); errors.As(err, &e) && e.version == 0 {
		e.version = d.place.version
	}
	return err
}

// list prints the names of the built-in resource managers.
func list(w io.Writer) error {
	for _, name := range rmgr.Last.Stats() {
		if _, err := fmt.Fprintln(w, name); err != nil {
			return err
		}
	}
	return nil
}

func (d *dumper) run(ctx context.Context) (err error) {
	if err := d.checkManagers(d.place.version); err != nil {
		return err
	}
	if d.SaveFullPage != "" {
		if err := makeFolder(d.SaveFullPage); err != nil {
			return err
		}
	}
	if d.set, err = d.place.open(); err != nil {
		return err
	}
	if d.Stats != "" {
		d.counts = &counts{}
	}
	d.printer = d.newPrinter()
	c := d.set.Cursor(d.place.start, d.place.end)
	d.first, err = c.First()
	c.Close()
	if err != nil {
		return d.notFound(err)
	}
	if err := d.saySkipped(); err != nil {
		return err
	}
	if d.limit == 0 {
		err = d.readChunks(ctx)
	}
	if err == nil {
		err = d.readRest(ctx)
	}
	if errors.Is(err, errStopped) {
		err = nil
	}
	var e *Error
	if err != nil && (!errors.As(err, &e) || e.atOnce) {
		return err
	}
	if d.counts != nil && !d.Quiet {
		if err := d.writeStats(); err != nil {
			return err
		}
	}
	return err
}

// errStopped ends the reading without an error.
var errStopped = errors.New("stopped")

// notFound returns the error of Cursor.First in pg_waldump's words.
func (d *dumper) notFound(err error) error {
	if e := (*wal.Error)(nil); errors.As(err, &e) {
		return fatal("%s", e.Message)
	}
	return fatal("%s", err.Error())
}

// failure returns the error of Cursor.Next in pg_waldump's words.
func (d *dumper) failure(err error) error {
	var e *wal.Error
	if !errors.As(err, &e) {
		return fatal("%s", err.Error())
	}
	failure := fatal("%s", e.Fatal())
	failure.atOnce = failure.Text == e.Message
	return failure
}

// saySkipped says that the first record is not where the range begins, unless that is a
// segment's first byte.
func (d *dumper) saySkipped() error {
	start := d.place.start
	if d.first == start || start%wal.LSN(d.place.size) == 0 {
		return nil
	}
	v, unit := d.place.version, "bytes"
	if d.first-start == 1 && v >= rmgr.V11 {
		unit = "byte"
	}
	text := fmt.Sprintf("first record is after %s, at %s, skipping over %d %s\n", lsnText(v, start), lsnText(v, d.first), uint32(d.first-start), unit)
	switch {
	case v >= rmgr.V17:
		_, err := io.WriteString(d.stderr, "walstats dump: "+text)
		return err
	case d.JSON:
		_, err := io.WriteString(d.stderr, text)
		return err
	}
	_, err := io.WriteString(d.stdout, text)
	return err
}

// writeStats writes the table. From 15 on, it writes none if no record was counted.
func (d *dumper) writeStats() error {
	v := d.place.version
	rows := d.counts.rows(v, d.perRecord)
	if d.JSON {
		if rows == nil {
			rows = []stats.Row{} // an empty list in JSON
		}
		text := json.NewEncoder(d.stdout)
		text.SetEscapeHTML(false)
		text.SetIndent("", "  ")
		return text.Encode(rows)
	}
	if v >= rmgr.V15 {
		if d.counts.end == 0 {
			return nil
		}
		if _, err := fmt.Fprintf(d.stdout, "WAL statistics between %s and %s:\n", lsnText(v, d.first), lsnText(v, d.counts.end)); err != nil {
			return err
		}
	}
	return stats.Write(d.stdout, rows)
}
