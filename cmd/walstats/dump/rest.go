package dump

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"slices"
	"time"

	"walstats/wal"
	"walstats/wal/desc"
)

// What pg_waldump does where it follows WAL, and where the next segment is missing.
const (
	followDelay   = time.Second
	missingDelay  = time.Second / 2
	missingTrials = 10
)

// flushSize is how much text is written at once.
const flushSize = 64 << 10

// asksOfStop is after how many records the context is looked at.
const asksOfStop = 256

// readRest reads the records after d.last, to where pg_waldump stops.
func (d *dumper) readRest(ctx context.Context) error {
	err := d.readOn(ctx)
	if flushed := d.flush(); flushed != nil {
		return flushed
	}
	return err
}

func (d *dumper) readOn(ctx context.Context) error {
	c, err := d.cursor()
	defer func() { c.Close() }()
	missing := 0
	for n := 0; err == nil; n++ {
		if n%asksOfStop == 0 && ctx.Err() != nil {
			return errStopped
		}
		var r *desc.Record
		if r, err = c.Next(); err == nil {
			missing, d.last = 0, r.LSN
			if err := d.show(r, c.EndLSN()); err != nil {
				return err
			}
			continue
		}
		if err == io.EOF {
			return nil
		}
		if !d.Follow {
			break
		}
		// The server may go on: in this segment, or in a new one.
		delay, gone := followDelay, d.isMissing(err)
		if gone {
			if missing++; missing > missingTrials {
				break
			}
			delay = missingDelay
		}
		if err := d.wait(ctx, delay); err != nil {
			return err
		}
		if err = nil; gone {
			c.Close()
			if err := d.reopen(); err != nil {
				return err
			}
			c, err = d.cursor()
		}
	}
	return d.failure(err)
}

// cursor returns a cursor that has read d.last.
func (d *dumper) cursor() (*wal.Cursor, error) {
	if d.last == 0 {
		c := d.set.Cursor(d.first, d.place.end)
		_, err := c.First()
		return c, err
	}
	c := d.set.Cursor(d.last, d.place.end)
	if _, err := c.First(); err != nil {
		return c, err
	}
	_, err := c.Next()
	return c, err
}

// isMissing reports whether the error is that there is no such segment.
func (d *dumper) isMissing(err error) bool {
	var e *wal.Error
	return errors.As(err, &e) && (errors.Is(err, fs.ErrNotExist) ||
		!slices.ContainsFunc(d.set.Segments, func(s wal.Segment) bool { return s.Path == e.Path }))
}

// wait writes the text so far and sleeps.
func (d *dumper) wait(ctx context.Context, delay time.Duration) error {
	if err := d.flush(); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return errStopped
	case <-time.After(delay):
		return nil
	}
}

// reopen looks for the segments again.
func (d *dumper) reopen() (err error) {
	rest := *d.place
	rest.start = max(d.first, d.last)
	d.set, err = rest.open()
	return err
}

// show prints or counts the record, if it is chosen. It is errStopped after the last
// record of -n.
func (d *dumper) show(r *desc.Record, end wal.LSN) error {
	if !d.filter.record(r) {
		return nil
	}
	if err := d.printer.show(r, end); err != nil {
		return err
	}
	if len(d.printer.text) >= flushSize {
		if err := d.flush(); err != nil {
			return err
		}
	}
	if d.shown++; d.shown == d.limit {
		return errStopped
	}
	return nil
}

// flush writes the printer's text, and takes over what it counted.
func (d *dumper) flush() error {
	p := d.printer
	if p.counts != nil {
		d.counts.take(p.counts)
	}
	text := p.text
	p.text = p.text[:0]
	_, err := d.stdout.Write(text)
	return err
}
