package report

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sync/errgroup" // waits for statements, and stops the others when one fails

	"walstats/cmd/walstats/answers"
	"walstats/cmd/walstats/names"
	"walstats/cmd/walstats/outfile"
	"walstats/cmd/walstats/progress"
	"walstats/cmd/walstats/session"
)

// A Source is where the records of a report come from.
type Source struct {
	// Database is a file that walstats convert wrote; it is only read.
	Database string
	// Table is the table of records in it.
	Table string
	// Dumps are files to read instead: of pg_waldump's text or, if the first one is CSV or
	// Parquet, of pg_walinspect's rows. Lines that are no records are left out, and counted.
	Dumps []string
	// WAL is whether these are not dumps but WAL: segments and folders.
	WAL bool
	// Part is which WAL: more arguments of read_wal, each after a comma.
	Part string
	// NamesPart is from which WAL relations get their names, as Part; OwnNames is whether that is
	// the same WAL, so that one reading of it is enough.
	NamesPart string
	OwnNames  bool
	// Relations is a Parquet file of names: those found before are read from it, if it is
	// there, and all are written to it. It may be empty.
	Relations string
	// Timezone is the dumps' own, empty for what they say.
	Timezone string
	// Names are where relations get their names from: see names.Load. Empty for those
	// that the database has.
	Names []string
	// Warn hears of names that could not be read.
	Warn func(text string)
	// AllowOverlap keeps one copy of the records that several dumps have. Otherwise
	// they are an error.
	AllowOverlap bool
	// Progress hears how much of dumps or WAL is read; it may be nil.
	Progress progress.Reporter
	// Brief leaves out what only the page shows: hot blocks, points to recover to, and what
	// transactions did.
	Brief bool
	// NoCompression leaves out what wal_compression would save: compressing images takes time.
	NoCompression bool
	// Scratch is the folder for a database of the dumps' records.
	Scratch string
}

// IsDatabase says whether a file is a DuckDB database.
func IsDatabase(path string) bool {
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() { // a pipe's opening waits for its writer
		return false
	}
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer file.Close()
	head := make([]byte, 12)
	_, err = io.ReadFull(file, head)
	return err == nil && string(head[8:]) == "DUCK"
}

// Open makes the views over the source, in a session's memory: in a database that is
// only read there can be none, and those it has may be of another version. Closing
// the result removes what was made.
func Open(ctx context.Context, options session.Options, s Source) (_ *sql.DB, done func() error, err error) {
	plan, err := s.plan()
	if err != nil {
		return nil, nil, err
	}
	end := s.watched(plan)
	defer func() {
		if err != nil {
			end()
		}
	}()
	folder, remove := "", func() error { return nil }
	if s.Database == "" {
		dir, err := outfile.OpenScratch(s.Scratch, ".walstats-report.")
		if err != nil {
			return nil, nil, err
		}
		folder, remove = dir.Path, dir.Remove
	}
	options.Output = ""
	options.Settings = map[string]string{"preserve_insertion_order": "false"}
	db, err := session.Open(ctx, options)
	if err != nil {
		return nil, nil, errors.Join(err, remove())
	}
	done = func() error {
		end()
		return errors.Join(db.Close(), remove())
	}
	scratch := filepath.Join(folder, "wal.duckdb")
	switch {
	case s.Database != "":
		err = attach(ctx, db, s)
	case s.WAL:
		err = s.readWAL(ctx, db, scratch, plan.Bytes)
	case IsWalinspect(s.Dumps[0]):
		err = s.readWalinspect(ctx, db, scratch)
	default:
		err = s.readDumps(ctx, db, scratch)
	}
	if err == nil && !s.WAL {
		err = answers.Create(ctx, db)
	}
	if err != nil {
		err = explained(s, err)
	} else {
		err = nameRelations(ctx, db, s)
	}
	if err != nil {
		return nil, nil, errors.Join(err, db.Close(), remove())
	}
	return db, done, nil
}

// blockColumns are what the views ask for of block references.
const blockColumns = "start_lsn::UBIGINT AS start_lsn, reltablespace, reldatabase, relfilenode, relfork, relblocknumber, record_type, record_length, fpi, block_fpi_length"

// readDumps makes the tables of dumps. Of descriptions and block references it keeps
// what the views ask for.
func (s Source) readDumps(ctx context.Context, db *sql.DB, file string) (err error) {
	if s.Dumps, err = s.withoutTwins(ctx, db); err != nil {
		return err
	}
	files := session.List(s.Dumps)
	options := ", ignore_errors := true"
	if s.Timezone != "" {
		options += ", timezone := " + session.Quote(s.Timezone)
	}
	blocks := "read_waldump_blocks(" + files + options
	if err := execAll(ctx, db,
		"ATTACH "+session.Quote(file)+" AS output",
		`CREATE TABLE output.wal AS SELECT start_lsn::UBIGINT AS start_lsn, prev_lsn::UBIGINT AS prev_lsn, xid, resource_manager, record_type,
			record_length, fpi_length, xact_time, reltablespace, reldatabase, relfilenode, filename,
			CASE WHEN `+isEvent+` THEN description ELSE '' END AS description,
			CASE WHEN fpi_length > 0 THEN block_ref END AS block_ref
			FROM read_waldump(`+files+options+`, filename := true)`,
		// Read when it is asked for, and only once: it need not be stored.
		"CREATE VIEW wal_blocks AS SELECT "+blockColumns+" FROM "+blocks+")",
		"CREATE TABLE rejects AS SELECT * REPLACE (line[:1000] AS line) FROM read_waldump_rejects("+files+")",
		"CREATE VIEW wal AS FROM output.wal",
		"CREATE TABLE inputs AS SELECT unnest("+files+") AS path, 0 AS rejects",
	); err != nil {
		return err
	}
	return s.readOnce(ctx, db, blocks)
}

const isEvent = "resource_manager IN (" + answers.EventManagers + ")"

// sumsInMemory is of how much WAL in bytes the sums may lie in memory, where they take a
// quarter of it at most; a file of its own takes them twice as long.
const sumsInMemory = 2 << 30

// walColumns are what the views ask for of records.
const walColumns = `start_lsn::UBIGINT AS start_lsn, prev_lsn::UBIGINT AS prev_lsn, xid, resource_manager, record_type,
	record_length, fpi_length, reltablespace, reldatabase, relfilenode, filename, xact_time, description, block_ref`

// readWAL makes the tables of WAL. One pass over it stores what its records add up to, and
// those whose text or times the views read. What needs the others reads them when it is asked.
// The WAL has so many bytes.
func (s Source) readWAL(ctx context.Context, db *sql.DB, file string, size int64) error {
	files := session.List(s.Dumps)
	options := files + ", ignore_errors := true" + s.Part
	const ofType = "resource_manager, record_type, reltablespace, reldatabase, relfilenode"
	if size <= sumsInMemory {
		file = ":memory:"
	}
	if err := execAll(ctx, db, "ATTACH "+session.Quote(file)+" AS output"); err != nil {
		return err
	}
	group, inGroup := errgroup.WithContext(ctx)
	group.Go(func() error {
		return execAll(inGroup, db, `CREATE TABLE output.sums AS SELECT * REPLACE (start_lsn::UBIGINT AS start_lsn, last_lsn::UBIGINT AS last_lsn,
				CASE WHEN `+isEvent+` THEN description ELSE '' END AS description)
			FROM read_wal_sums(`+options+s.sumOptions()+")")
	})
	group.Go(func() error {
		return execAll(inGroup, db,
			// The views are made over empty tables: over functions it would take longer, as each looks at
			// the files again.
			"CREATE TABLE wal AS SELECT "+walColumns+" FROM read_wal("+options+", filename := true) LIMIT 0",
			"CREATE TABLE wal_blocks AS SELECT "+blockColumns+" FROM read_wal_blocks("+options+") LIMIT 0",
			s.views(),
			"DROP TABLE wal", "DROP TABLE wal_blocks",
			"CREATE VIEW wal AS SELECT "+walColumns+" FROM read_wal("+options+", filename := true)",
			"CREATE VIEW wal_blocks AS SELECT "+blockColumns+" FROM read_wal_blocks("+options+")",
		)
	})
	if err := group.Wait(); err != nil {
		return err
	}
	if err := execAll(ctx, db,
		"CREATE TABLE inputs AS SELECT unnest("+files+") AS path, 0 AS rejects",
		`CREATE OR REPLACE VIEW wal_events AS SELECT start_lsn, xid, resource_manager, record_type, xact_time, record_length, description
			FROM output.sums WHERE kind = 'record' AND `+isEvent,
		"CREATE OR REPLACE VIEW _wal_sums AS SELECT start_lsn, last_lsn, "+ofType+`, records, record_length AS bytes, fpi_length AS fpi_bytes, images
			FROM output.sums WHERE kind = 'sum'`,
		`CREATE OR REPLACE VIEW _wal_xid_sums AS SELECT start_lsn, last_lsn, xid, records, record_length AS bytes, fpi_length AS fpi_bytes
			FROM output.sums WHERE kind = 'transaction'`,
		`CREATE OR REPLACE VIEW _wal_xid_changes AS SELECT start_lsn, xid, `+ofType+`, records FROM output.sums WHERE kind = 'change'`,
		`CREATE OR REPLACE VIEW _wal_database_marks AS SELECT start_lsn
			FROM output.sums WHERE kind = 'record' AND resource_manager = 'Heap' AND record_type = 'INPLACE' AND reldatabase = 0`,
		`CREATE OR REPLACE VIEW _wal_short_transactions AS SELECT 'committed' AS status, transactions, record_length AS bytes
			FROM output.sums WHERE kind = 'transactions'`,
		`CREATE OR REPLACE VIEW _wal_ends AS SELECT top_xid AS xid, start_lsn, outcome, xact_time FROM wal_transaction_records WHERE outcome IS NOT NULL
			UNION ALL SELECT xid, last_lsn, CASE record_type WHEN 'COMMIT' THEN 'committed' ELSE 'aborted' END, xact_time
			FROM output.sums WHERE kind = 'transaction' AND record_type IS NOT NULL`,
		`CREATE OR REPLACE VIEW _wal_touches AS SELECT start_lsn, reltablespace, reldatabase, relfilenode, relfork, relblocknumber, record_type, kind = 'image' AS is_image, fpi_length AS bytes
			FROM output.sums WHERE kind = 'image' OR kind = 'init' -- which matters only where the page has an image, too
				AND (relfilenode, relblocknumber) IN (SELECT (relfilenode, relblocknumber) FROM output.sums WHERE kind = 'image')`,
	); err != nil {
		return err
	}
	return s.readDamage(ctx, db, files)
}

// views returns the statements that make the views which are asked.
func (s Source) views() string {
	if s.Brief {
		return answers.Topics("lsn", "tables", "relations", "transactions", "times", "checkpoints", "images")
	}
	return answers.SQL
}

// sumOptions returns what is asked of read_wal_sums.
func (s Source) sumOptions() (sql string) {
	sql = fmt.Sprintf(", steps := %d", maxSteps-1)
	if s.OwnNames {
		sql += ", names := true"
	}
	if !s.Brief {
		sql += ", changes := true"
	}
	if sample := s.sample(); sample > 0 {
		sql += fmt.Sprintf(", sample := %d", sample)
	}
	return sql
}

// readDamage makes the table rejects, of the places where WAL is damaged or missing. Where WAL
// ends is no such place.
func (s Source) readDamage(ctx context.Context, db *sql.DB, files string) error {
	var damaged bool
	if err := db.QueryRowContext(ctx, "SELECT count(*) > 0 FROM output.sums WHERE kind = 'damage'").Scan(&damaged); err != nil {
		return err
	}
	only := " LIMIT 0"
	if damaged {
		only = ""
		if _, err := db.ExecContext(ctx, answers.Topics("gaps")); err != nil {
			return err
		}
	}
	return execAll(ctx, db, `CREATE TABLE rejects AS SELECT filename, 0 AS line_number, byte_offset, 'reject' AS kind, 'LSN ' || start_lsn::VARCHAR AS line, error
		FROM read_wal_rejects(`+files+s.Part+") WHERE kind NOT IN ('end', 'incomplete')"+only)
}

// execAll runs the statements, up to the first that fails.
func execAll(ctx context.Context, db *sql.DB, statements ...string) error {
	for _, statement := range statements {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// attach makes the tables of a database that walstats convert wrote known.
func attach(ctx context.Context, db *sql.DB, s Source) error {
	path, err := filepath.Abs(s.Database) // a name before a colon would be an extension's
	if err != nil {
		return err
	}
	if _, err := db.ExecContext(ctx, "ATTACH "+session.Quote(path)+" AS output (READ_ONLY)"); err != nil {
		return err
	}
	tables, err := list(ctx, db, "SELECT table_name FROM duckdb_tables() WHERE database_name = 'output' AND schema_name = 'main'",
		func(name *string) []any { return []any{name} })
	if err != nil {
		return err
	}
	there := map[string]bool{}
	for _, name := range tables {
		there[name] = true
	}
	if !there[s.Table] {
		return fmt.Errorf("no table %s is there; name the table of records with --table, or write one with: walstats convert", s.Table)
	}
	statements := []string{"CREATE VIEW wal AS FROM output." + session.QuoteName(s.Table)}
	if there[s.Table+"_blocks"] {
		statements = append(statements, "CREATE VIEW wal_blocks AS FROM output."+session.QuoteName(s.Table+"_blocks"))
	}
	if there["relations"] {
		statements = append(statements, "CREATE VIEW known_relations AS FROM output.relations")
	}
	if there["_walstats_inputs"] {
		statements = append(statements, "CREATE VIEW inputs AS SELECT path, rejects FROM output._walstats_inputs WHERE table_name = "+session.Quote(s.Table))
	}
	return execAll(ctx, db, statements...)
}

// nameRelations fills the table relations: with the names that the database or the WAL
// has, and over these those of s.Names.
func nameRelations(ctx context.Context, db *sql.DB, s Source) error {
	known, err := has(ctx, db, "known_relations")
	if err != nil {
		return err
	}
	if known {
		if _, err := db.ExecContext(ctx, "INSERT INTO relations BY NAME FROM known_relations"); err != nil {
			return err
		}
	}
	if s.Relations != "" {
		if _, err := os.Stat(s.Relations); err == nil {
			if err := execAll(ctx, db, "INSERT INTO relations BY NAME FROM read_parquet("+session.Quote(s.Relations)+")"); err != nil {
				return err
			}
		}
	}
	if s.WAL {
		from := `(SELECT reltablespace, reldatabase, relfilenode, oid, database, schema, name, relation_kind AS kind, table_schema, table_name
			FROM output.sums WHERE kind = 'relation')`
		if !s.OwnNames {
			from = "read_wal_relations(" + session.List(s.Dumps) + s.NamesPart + ")"
		}
		if err := names.FromWAL(ctx, db, from); err != nil {
			return err
		}
	}
	if len(s.Names) > 0 {
		if err := names.Load(ctx, db, s.Names, s.Warn); err != nil {
			return err
		}
	}
	if s.Relations == "" {
		return nil
	}
	return execAll(ctx, db, "COPY relations TO "+session.Quote(s.Relations)+" (FORMAT parquet)")
}

// has says whether the session's own database has a table or view of that name.
func has(ctx context.Context, db *sql.DB, name string) (there bool, err error) {
	err = db.QueryRowContext(ctx, "SELECT count(*) > 0 FROM information_schema.tables WHERE table_catalog = 'memory' AND table_name = ?", name).Scan(&there)
	return there, err
}

// explained says what to do about an error of DuckDB's.
func explained(s Source, err error) error {
	switch text := err.Error(); {
	case s.Database == "":
		return err
	case strings.Contains(text, "Conflicting lock"):
		return fmt.Errorf("%s: another process is writing it; wait for it, or end it, and run this again", s.Database)
	case strings.Contains(text, "Binder Error"):
		_, text, _ = strings.Cut(text, "Binder Error: ")
		text, _, _ = strings.Cut(text, "\n")
		return fmt.Errorf("%s: table %s is not as walstats convert writes it: %s; convert the dumps again, without --columns", s.Database, s.Table, text)
	}
	return fmt.Errorf("%s: %w", s.Database, err)
}
