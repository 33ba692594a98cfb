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
)

const createTable = `CREATE TABLE wal (
	start_lsn UBIGINT, prev_lsn UBIGINT, xid UINTEGER,
	resource_manager VARCHAR, record_type VARCHAR,
	record_length UINTEGER, fpi_length UINTEGER, description VARCHAR,
	reltablespace UINTEGER, reldatabase UINTEGER, relfilenode UINTEGER,
	relfork VARCHAR, relblocknumber UINTEGER, block_ref VARCHAR)`

var (
	recordLine = regexp.MustCompile(`^rmgr: (\S+) +len \(rec/tot\): +(\d+)/ *(\d+), tx: +(\d+), lsn: ([0-9A-F]+)/([0-9A-F]{8}), prev ([0-9A-F]+)/([0-9A-F]{8}), (?:bkp: [01]{4}, )?desc: (UNKNOWN \([0-9a-f]+\)|\S+) ?(.*?)(?:, (blkref #.*))?$`)
	firstBlock = regexp.MustCompile(`^blkref #\d+: rel (\d+)/(\d+)/(\d+)(?: fork (\w+))? blk (\d+)`)
)

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

// matchLine is the row of a record line, nil for any other line.
func matchLine(line string) ([]driver.Value, error) {
	m := recordLine.FindStringSubmatch(line)
	if m == nil {
		return nil, nil
	}
	var n numbers
	total := n.decimal(m[3])
	row := []driver.Value{
		n.hex(m[5] + m[6]), n.hex(m[7] + m[8]), n.decimal(m[4]), m[1], m[9],
		total, total - n.decimal(m[2]), m[10],
		nil, nil, nil, nil, nil, nil,
	}
	if m[11] != "" {
		row[13] = m[11]
	}
	if b := firstBlock.FindStringSubmatch(m[11]); b != nil {
		row[8], row[9], row[10] = n.decimal(b[1]), n.decimal(b[2]), n.decimal(b[3])
		row[11], row[12] = "main", n.decimal(b[5])
		if b[4] != "" {
			row[11] = b[4]
		}
	}
	if n.err != nil {
		return nil, fmt.Errorf("%q: %w", line, n.err)
	}
	return row, nil
}

// numbers converts text and keeps the first error.
type numbers struct{ err error }

func (n *numbers) decimal(s string) uint32 {
	v, err := strconv.ParseUint(s, 10, 32)
	n.keep(err)
	return uint32(v)
}

func (n *numbers) hex(s string) uint64 {
	v, err := strconv.ParseUint(s, 16, 64)
	n.keep(err)
	return v
}

func (n *numbers) keep(err error) {
	if n.err == nil {
		n.err = err
	}
}
