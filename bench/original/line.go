package main

import (
	"bytes"
	"context"
	"database/sql/driver"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

const createTable = `CREATE TABLE wal (
	start_lsn UBIGINT, prev_lsn UBIGINT, xid UINTEGER,
	resource_manager VARCHAR, record_type VARCHAR,
	record_length UINTEGER, fpi_length UINTEGER, description VARCHAR, xact_time TIMESTAMPTZ,
	reltablespace UINTEGER, reldatabase UINTEGER, relfilenode UINTEGER,
	relfork VARCHAR, relblocknumber UINTEGER, block_ref VARCHAR)`

// The peers read dumps that were printed with TZ=UTC.
var (
	recordLine = regexp.MustCompile(`^rmgr: (\S+) +len \(rec/tot\): +(\d+)/ *(\d+), tx: +(\d+), lsn: ([0-9A-F]+)/([0-9A-F]{8}), prev ([0-9A-F]+)/([0-9A-F]{8}), desc: (UNKNOWN \([0-9a-f]+\)|\S+) ?(.*?)(?:, (blkref #.*))?$`)
	xactTime   = regexp.MustCompile(`\d{4,}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6} UTC`)
	firstBlock = regexp.MustCompile(`^blkref #\d+: rel (\d+)/(\d+)/(\d+)(?: fork (\w+))? blk (\d+)`)
)

var hasXactTime = map[string]bool{
	"COMMIT": true, "ABORT": true, "PREPARE": true, "COMMIT_PREPARED": true, "ABORT_PREPARED": true,
	"END_OF_RECOVERY": true, "OVERWRITE_CONTRECORD": true,
}

// match turns blocks into rows, in any order.
func match(ctx context.Context, blocks <-chan []byte, cancel context.CancelCauseFunc) <-chan [][]driver.Value {
	batches := make(chan [][]driver.Value, workers)
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for block := range blocks {
				var batch [][]driver.Value
				for line := range bytes.Lines(block) {
					row, err := matchLine(strings.TrimSuffix(string(line), "\n"))
					if err != nil {
						cancel(err)
						return
					}
					if row != nil {
						batch = append(batch, row)
					}
				}
				select {
				case batches <- batch:
				case <-ctx.Done():
					return
				}
			}
		})
	}
	go func() {
		group.Wait()
		close(batches)
	}()
	return batches
}

// matchLine returns the row of a record line; nil for any other line.
func matchLine(line string) ([]driver.Value, error) {
	m := recordLine.FindStringSubmatch(line)
	if m == nil {
		return nil, nil
	}
	var n values
	total := n.decimal(m[3])
	row := []driver.Value{
		n.hex(m[5] + m[6]), n.hex(m[7] + m[8]), n.decimal(m[4]), m[1], m[9],
		total, total - n.decimal(m[2]), m[10],
		nil, nil, nil, nil, nil, nil, nil,
	}
	if at := xactTime.FindString(m[10]); at != "" && hasXactTime[m[9]] {
		row[8] = n.time(at)
	}
	if m[11] != "" {
		row[14] = m[11]
	}
	if b := firstBlock.FindStringSubmatch(m[11]); b != nil {
		row[9], row[10], row[11] = n.decimal(b[1]), n.decimal(b[2]), n.decimal(b[3])
		row[12], row[13] = "main", n.decimal(b[5])
		if b[4] != "" {
			row[12] = b[4]
		}
	}
	if n.err != nil {
		return nil, fmt.Errorf("%q: %w", line, n.err)
	}
	return row, nil
}

// values converts text and keeps the first error.
type values struct{ err error }

func (n *values) decimal(s string) uint32 {
	v, err := strconv.ParseUint(s, 10, 32)
	n.keep(err)
	return uint32(v)
}

func (n *values) hex(s string) uint64 {
	v, err := strconv.ParseUint(s, 16, 64)
	n.keep(err)
	return v
}

func (n *values) time(s string) time.Time {
	v, err := time.Parse("2006-01-02 15:04:05.000000 MST", s)
	n.keep(err)
	return v
}

func (n *values) keep(err error) {
	if n.err == nil {
		n.err = err
	}
}
