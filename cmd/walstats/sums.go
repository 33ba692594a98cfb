package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"walstats/cmd/walstats/stats"
	"walstats/rmgr"
)

// sumTables adds up tables that walstats stats --json printed. They are the tables of
// several machines, or of several ranges of a dump. The rows are in pg_waldump's order.
func sumTables(files []string) ([]stats.Row, error) {
	byName := map[string]*stats.Row{}
	types, managers := "", "" // the first file with each kind of row
	for _, file := range files {
		table, err := readTable(file)
		var failed *fs.PathError
		if errors.As(err, &failed) {
			return nil, fmt.Errorf("%s: %w", file, failed.Err)
		} else if err != nil {
			return nil, fmt.Errorf("%s: give a table that walstats stats --json printed: %w", file, err)
		}
		for _, r := range table {
			kind := &managers
			if strings.Contains(r.Name, "/") {
				kind = &types
			}
			*kind = cmp.Or(*kind, file)
			sum := byName[r.Name]
			if sum == nil {
				sum = &stats.Row{Name: r.Name}
				byName[r.Name] = sum
			}
			sum.Count += r.Count
			sum.RecordSize += r.RecordSize
			sum.FPISize += r.FPISize
		}
	}
	if types != "" && managers != "" {
		return nil, fmt.Errorf("%s has record types, and %s has resource managers: make all tables with --per-record, or none", types, managers)
	}
	rows := make([]stats.Row, 0, len(byName)) // an empty list in JSON
	for _, r := range byName {
		rows = append(rows, *r)
	}
	slices.SortFunc(rows, func(a, b stats.Row) int { return rmgr.Compare(a.Name, b.Name) })
	stats.Complete(rows)
	return rows, nil
}

func readTable(file string) (rows []stats.Row, err error) {
	in := os.Stdin
	if file != "-" {
		if in, err = os.Open(file); err != nil {
			return nil, err
		}
		defer in.Close()
	}
	decoder := json.NewDecoder(bufio.NewReader(in))
	if err := decoder.Decode(&rows); errors.Is(err, io.EOF) {
		return nil, errors.New("the file is empty")
	} else if err != nil {
		return nil, err
	}
	for _, r := range rows {
		if r.Name == "" {
			return nil, errors.New(`a row has no "resource_manager/record_type"`)
		}
	}
	return rows, nil
}
