// Client is the client of Go: client ROUNDS CONNECTIONS, the SQL on stdin; see client.py.
// It links the functions, where the others LOAD them, so its SQL has no LOAD.
package main

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"log"
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/duckdb/duckdb-go/v2"

	"walstats/extension/linked"
)

func main() {
	log.SetFlags(0)
	rounds, err := strconv.Atoi(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	connections, err := strconv.Atoi(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		log.Fatal(err)
	}
	for range rounds {
		if err := round(connections, strings.Split(string(text), ";\n")); err != nil {
			log.Fatal(err)
		}
	}
}

// round asks a new database over so many connections at once.
func round(connections int, statements []string) error {
	connector, err := duckdb.NewConnector("", nil)
	if err != nil {
		return err
	}
	defer connector.Close()
	if err := linked.Register(connector); err != nil {
		return err
	}
	db := sql.OpenDB(connector)
	defer db.Close()
	answers, errs := make([]string, connections), make([]error, connections)
	var asked sync.WaitGroup
	for i := range connections {
		asked.Go(func() { answers[i], errs[i] = ask(db, statements) })
	}
	asked.Wait()
	for i, err := range errs {
		if err != nil {
			return err
		}
		fmt.Print(answers[i])
	}
	return nil
}

func ask(db *sql.DB, statements []string) (string, error) {
	ctx := context.Background()
	conn, err := db.Conn(ctx)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	var answer strings.Builder
	for _, statement := range statements {
		statement = strings.TrimSpace(statement)
		if statement == "" {
			continue
		}
		if !strings.HasPrefix(statement, "SELECT") {
			if _, err := conn.ExecContext(ctx, statement); err != nil {
				return "", err
			}
			continue
		}
		rows, err := conn.QueryContext(ctx, statement)
		if err != nil {
			return "", err
		}
		if err := write(&answer, rows); err != nil {
			return "", err
		}
	}
	return answer.String(), nil
}

func write(w io.Writer, rows *sql.Rows) error {
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	values, targets := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		targets[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			return err
		}
		cells := make([]string, len(values))
		for i, value := range values {
			cells[i] = fmt.Sprint(value)
			if value == nil {
				cells[i] = "NULL"
			}
		}
		fmt.Fprintln(w, strings.Join(cells, "|"))
	}
	return rows.Err()
}
