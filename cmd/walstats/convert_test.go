package main

import (
	"database/sql"
	"fmt"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// query prints what a query finds in a database, or with - in files, a row a line. It
// does not have the extension: sql wal.duckdb 'SELECT count(*) FROM wal'
func query(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: sql DATABASE QUERY")
	}
	source := ""
	if args[0] != "-" {
		source = ts.MkAbs(args[0]) + "?access_mode=read_only"
	}
	rows, err := printed(source, strings.ReplaceAll(args[1], "$WORK", ts.Getenv("WORK")))
	if (err != nil) != neg {
		ts.Fatalf("%s: %v", args[1], err)
	}
	fmt.Fprint(ts.Stdout(), rows)
}

// printed are the rows of a query, a line each, with | between the columns.
func printed(source, query string) (string, error) {
	db, err := sql.Open("duckdb", source)
	if err != nil {
		return "", err
	}
	defer db.Close()
	rows, err := db.Query(query)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	var out strings.Builder
	columns, err := rows.Columns()
	if err != nil {
		return "", err
	}
	for rows.Next() {
		values, places := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			places[i] = &values[i]
		}
		if err := rows.Scan(places...); err != nil {
			return "", err
		}
		for i, value := range values {
			if i > 0 {
				out.WriteByte('|')
			}
			fmt.Fprint(&out, value)
		}
		out.WriteByte('\n')
	}
	return out.String(), rows.Err()
}
