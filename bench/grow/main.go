// Grow writes a dump of any size from a few real ones:
//
//	grow -size 1000000000 -o big.waldump test/data/pg14.waldump.gz ...
//
// It prints their records one after the other, again and again, with new LSNs:
// each record starts where the one before it ended and points back to it, as in
// one unbroken stretch of WAL. Records whose text a user chose are left out, so
// that programs that read line by line count right, too.
package main

import (
	"bufio"
	"compress/gzip"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"walstats/parser"
	"walstats/record"
)

// Where the grown WAL begins, and how records are aligned in it (MAXALIGN).
const (
	firstLSN = 0x1000028
	align    = 8
)

func main() {
	size := flag.Int64("size", 1e9, "bytes of text")
	out := flag.String("o", "", "file to write")
	flag.Parse()
	if *out == "" || flag.NArg() == 0 {
		fmt.Fprintln(os.Stderr, "usage: grow -size BYTES -o FILE DUMP.gz ...")
		os.Exit(2)
	}
	if err := run(*out, *size, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "grow:", err)
		os.Exit(1)
	}
}

func run(out string, size int64, dumps []string) error {
	var records []record.Record
	for _, path := range dumps {
		more, err := read(path)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		records = append(records, more...)
	}
	if len(records) == 0 {
		return fmt.Errorf("no records in %s", strings.Join(dumps, ", "))
	}
	f, err := os.Create(out + ".part")
	if err != nil {
		return err
	}
	defer f.Close()
	if err := write(f, size, records); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), out)
}

// read returns the records of a gzipped dump, without those that hold a user's text.
func read(path string) ([]record.Record, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(z)
	if err != nil {
		return nil, err
	}
	var index parser.Index
	index.Scan(text, 0, len(text), true)
	var filler parser.Filler
	batch := record.NewBatch()
	var records []record.Record
	for row := 0; row < index.Len(); {
		batch.Reset()
		n, err := filler.Fill(&index, batch, text, row, record.BatchRows)
		if err != nil {
			return nil, err
		}
		for i := range n {
			if r := batch.Record(i); !userText(&r) {
				records = append(records, r)
			}
		}
		row += n
	}
	return records, nil
}

func userText(r *record.Record) bool {
	switch r.ResourceManager + "/" + r.RecordType {
	case "XLOG/RESTORE_POINT", "Transaction/PREPARE", "LogicalMessage/MESSAGE", "Tablespace/CREATE":
		return true
	}
	return false
}

// write prints records, over and over, until the text is about to exceed size.
func write(w io.Writer, size int64, records []record.Record) error {
	b := bufio.NewWriterSize(w, 1<<20)
	lsn, prev := record.LSN(firstLSN), record.LSN(0)
	var line []byte
	for {
		for _, r := range records {
			r.StartLSN, r.PrevLSN = lsn, prev
			line = r.AppendText(line[:0])
			if size -= int64(len(line)); size < 0 {
				return b.Flush()
			}
			if _, err := b.Write(line); err != nil {
				return err
			}
			prev = lsn
			lsn += record.LSN(r.RecordLength+align-1) &^ (align - 1)
		}
	}
}
