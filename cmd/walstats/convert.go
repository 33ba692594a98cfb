package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/duckdb/duckdb-go/v2"
	"github.com/spf13/cobra"

	"walstats/extension/linked"
)

func convertCommand() *cobra.Command {
	var out, table string
	var ignoreErrors, replace bool
	cmd := &cobra.Command{
		Use:     "convert FILE... -o OUT.duckdb",
		Short:   "Write the records of dumps into a table of a DuckDB database",
		Example: "  walstats convert 'dumps/*.waldump.zst' -o wal.duckdb",
		Args:    usage(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, files []string) error {
			if out == "" {
				return fmt.Errorf("no output is given: add -o wal.duckdb; %w", errUsage)
			}
			rows, err := convert(cmd.Context(), files, out, table, ignoreErrors, replace)
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s: table %s with %d records\n", out, table, rows)
			return nil
		},
	}
	cmd.Flags().StringVarP(&out, "output", "o", "", "the DuckDB database to write")
	cmd.Flags().StringVar(&table, "table", "wal", "the table's name")
	cmd.Flags().BoolVar(&ignoreErrors, "ignore-errors", false, "skip lines that are no records")
	cmd.Flags().BoolVar(&replace, "replace", false, "replace an output that is there")
	return cmd
}

// convert writes the records of the files into a table of the database out. The
// database is whole or not there: it is made under a temporary name.
func convert(ctx context.Context, files []string, out, table string, ignoreErrors, replace bool) (rows int64, err error) {
	if _, err := os.Stat(out); err == nil && !replace {
		return 0, fmt.Errorf("%s is there already; pass --replace to write it anew", out)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, err
	}
	folder, err := os.MkdirTemp(filepath.Dir(out), "."+filepath.Base(out)+".") // for DuckDB's own log as well
	if errors.Is(err, fs.ErrNotExist) {
		return 0, fmt.Errorf("%s: no such folder; make it first", filepath.Dir(out))
	} else if err != nil {
		return 0, err
	}
	defer os.RemoveAll(folder)
	temporary := filepath.Join(folder, filepath.Base(out))
	if rows, err = createTable(ctx, files, temporary, table, ignoreErrors); err != nil {
		return 0, err
	}
	if err := sync(temporary); err != nil {
		return 0, err
	}
	return rows, os.Rename(temporary, out)
}

// sync waits until a file is on its disk.
func sync(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}

func createTable(ctx context.Context, files []string, database, table string, ignoreErrors bool) (rows int64, err error) {
	connector, err := duckdb.NewConnector(database, nil)
	if err != nil {
		return 0, err
	}
	db := sql.OpenDB(connector) // closes the connector
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := linked.Register(connector); err != nil {
		return 0, err
	}
	// pg_lsn needs the extension; a plain number opens everywhere.
	query := fmt.Sprintf(`CREATE TABLE %s AS SELECT * REPLACE (start_lsn::UBIGINT AS start_lsn, prev_lsn::UBIGINT AS prev_lsn)
		FROM read_waldump([%s], ignore_errors := %t)`, quoted(table, `"`), strings.Join(literals(files), ", "), ignoreErrors)
	if _, err := db.ExecContext(ctx, query); err != nil {
		return 0, err
	}
	err = db.QueryRowContext(ctx, "SELECT count(*) FROM "+quoted(table, `"`)).Scan(&rows)
	return rows, err
}

// literals are texts as SQL writes them.
func literals(texts []string) []string {
	all := make([]string, len(texts))
	for i, text := range texts {
		all[i] = quoted(text, "'")
	}
	return all
}

func quoted(text, quote string) string {
	return quote + strings.ReplaceAll(text, quote, quote+quote) + quote
}
