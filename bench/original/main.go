// Original is what read_waldump replaces: a Go program that matches every line
// with a regular expression and puts the rows into DuckDB through its Appender.
//
//	original -db out.duckdb wal.dump
//
// One goroutine reads the file in blocks of whole lines, two match them, one
// appends. The table has the columns of read_waldump, with the same types. It
// prints the rows and the seconds from opening the database to the end of its
// checkpoint.
package main

import (
	"bytes"
	"context"
	"database/sql/driver"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/duckdb/duckdb-go/v2"
)

const (
	blockSize = 1 << 20
	workers   = 2
)

func main() {
	db := flag.String("db", "", "database to write")
	flag.Parse()
	if *db == "" || flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: original -db FILE.duckdb DUMP")
		os.Exit(2)
	}
	begin := time.Now()
	rows, err := convert(context.Background(), flag.Arg(0), *db)
	if err != nil {
		fmt.Fprintln(os.Stderr, "original:", err)
		os.Exit(1)
	}
	fmt.Printf("{\"rows\": %d, \"seconds\": %.6f}\n", rows, time.Since(begin).Seconds())
}

func convert(ctx context.Context, dump, db string) (int, error) {
	f, err := os.Open(dump)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	connector, err := duckdb.NewConnector(db, nil)
	if err != nil {
		return 0, err
	}
	defer connector.Close()
	conn, err := connector.Connect(ctx)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	if err := exec(ctx, conn, createTable); err != nil {
		return 0, err
	}
	appender, err := duckdb.NewAppenderFromConn(conn, "", "wal")
	if err != nil {
		return 0, err
	}

	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	rows := 0
	for batch := range match(ctx, read(ctx, cancel, f), cancel) {
		for _, row := range batch {
			if err := appender.AppendRow(row...); err != nil {
				return 0, err
			}
		}
		rows += len(batch)
	}
	if err := context.Cause(ctx); err != nil {
		return 0, err
	}
	if err := appender.Close(); err != nil {
		return 0, err
	}
	return rows, exec(ctx, conn, "CHECKPOINT")
}

func exec(ctx context.Context, conn driver.Conn, sql string) error {
	_, err := conn.(driver.ExecerContext).ExecContext(ctx, sql, nil)
	return err
}

// read sends the file as blocks that end with a line.
func read(ctx context.Context, cancel context.CancelCauseFunc, r io.Reader) <-chan []byte {
	blocks := make(chan []byte, workers)
	go func() {
		defer close(blocks)
		var rest []byte
		for {
			block := make([]byte, len(rest)+blockSize)
			n, err := io.ReadFull(r, block[copy(block, rest):])
			block = block[:len(rest)+n]
			last := err == io.EOF || err == io.ErrUnexpectedEOF
			if err != nil && !last {
				cancel(err)
				return
			}
			end := len(block)
			if !last {
				end = bytes.LastIndexByte(block, '\n') + 1
			}
			rest = bytes.Clone(block[end:])
			select {
			case blocks <- block[:end]:
			case <-ctx.Done():
				return
			}
			if last {
				return
			}
		}
	}()
	return blocks
}
