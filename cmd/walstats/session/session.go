// Package session opens the DuckDB that a command of walstats works in.
package session

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/duckdb/duckdb-go/v2"
	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"walstats/extension"
	"walstats/extension/linked"
)

// Options say what a session works on, and how. The zero value is a database in
// memory.
type Options struct {
	// Output is the file of a database, created if it does not exist. It is what statements
	// mean that name no database.
	Output string
	// Extension is a built .duckdb_extension to LOAD instead of the linked
	// functions.
	Extension string
	// Settings are DuckDB's own, for all connections: threads, memory_limit,
	// temp_directory.
	Settings map[string]string
	// MaxRecordSize is the longest record in bytes; 0 for the functions' default. A
	// loaded extension keeps its own.
	MaxRecordSize int64
}

const (
	extensionFlag     = "extension"
	maxRecordSizeFlag = "max-record-size"
)

// AddFlags gives every command of root the flags that Of reads.
func AddFlags(root *cobra.Command) {
	root.PersistentFlags().String(extensionFlag, "", "LOAD this built .duckdb_extension `FILE` instead of what is linked in, to check one:\n"+
		"two Go runtimes in one process, which the Go project does not support")
	_ = root.MarkPersistentFlagFilename(extensionFlag, "duckdb_extension")
	root.PersistentFlags().Var(new(byteSize), maxRecordSizeFlag, "the longest record, in bytes or as 256MiB; a longer one is an error (default 256MiB)")
}

// A byteSize is a flag's number of bytes: 1000000, 256MB or 256MiB.
type byteSize int64

func (b *byteSize) String() string {
	if *b == 0 {
		return ""
	}
	return fmt.Sprint(int64(*b))
}

func (b *byteSize) Type() string { return "SIZE" }

func (b *byteSize) Set(text string) error {
	n, err := humanize.ParseBytes(text)
	if err != nil || n == 0 || n > extension.MaxMaxRecordSize {
		return fmt.Errorf("give a number of bytes from 1 to %d, for example 256MiB", extension.MaxMaxRecordSize)
	}
	*b = byteSize(n)
	return nil
}

// Of returns the options that a command line gives.
func Of(cmd *cobra.Command) Options {
	file, _ := cmd.Flags().GetString(extensionFlag)
	o := Options{Extension: file}
	if flag := cmd.Flags().Lookup(maxRecordSizeFlag); flag != nil {
		o.MaxRecordSize = int64(*flag.Value.(*byteSize))
	}
	return o
}

// Open opens a DuckDB that has read_waldump and its siblings. It installs nothing and
// asks no network. What it spills goes to the system's folder for temporary files,
// unless the settings say otherwise. Closing the result closes the database.
func Open(ctx context.Context, o Options) (_ *sql.DB, err error) {
	// ATTACH takes any file's name; in a DSN ?, # and % mean something.
	use := ""
	if o.Output != "" {
		path, err := filepath.Abs(o.Output) // a name before a colon would be an extension's
		if err != nil {
			return nil, err
		}
		use = "ATTACH IF NOT EXISTS " + Quote(path) + " AS output; USE output"
	}
	connector, err := duckdb.NewConnector("?autoinstall_known_extensions=false&autoload_known_extensions=false"+
		"&allow_unsigned_extensions="+fmt.Sprint(o.Extension != ""),
		func(conn driver.ExecerContext) error {
			if use == "" {
				return nil
			}
			_, err := conn.ExecContext(context.WithoutCancel(ctx), use, nil) // after an interrupt, too
			return err
		})
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector)
	defer func() {
		if err != nil {
			db.Close()
		}
	}()
	settings := map[string]string{"temp_directory": filepath.Join(os.TempDir(), fmt.Sprintf("walstats.%d", os.Getpid()))}
	maps.Copy(settings, o.Settings)
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		if _, err := db.ExecContext(ctx, "SET GLOBAL "+name+" = "+Quote(settings[name])); err != nil {
			return nil, err
		}
	}
	if o.MaxRecordSize > 0 {
		extension.SetDefaultMaxRecordSize(o.MaxRecordSize)
	}
	if o.Extension == "" {
		return db, linked.Register(connector)
	}
	return db, load(ctx, db, o.Extension)
}

// load LOADs a built extension.
func load(ctx context.Context, db *sql.DB, file string) error {
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: no such file; build one with: make extension", file)
	}
	if !strings.HasSuffix(file, ".duckdb_extension") {
		return fmt.Errorf("%s: is no .duckdb_extension; build one with: make extension", file)
	}
	path, err := filepath.Abs(file)
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "LOAD "+Quote(path))
	return err
}

// Quote writes a text as SQL does.
func Quote(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// QuoteName writes a name as SQL does.
func QuoteName(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// List writes texts as a list of SQL, which is how read_waldump takes several files.
func List(texts []string) string {
	quoted := make([]string, len(texts))
	for i, text := range texts {
		quoted[i] = Quote(text)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}
