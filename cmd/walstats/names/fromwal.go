package names

import (
	"context"
	"database/sql"
	"fmt"
)

// An Execer is a database, a connection or a transaction.
type Execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// FromWAL puts the names that WAL itself has into the table relations. from is a call of
// read_wal_relations. What the WAL does not say of a file stays as it was.
func FromWAL(ctx context.Context, db Execer, from string) error {
	_, err := db.ExecContext(ctx, `INSERT INTO relations BY NAME FROM `+from+`
		ON CONFLICT DO UPDATE SET oid = excluded.oid, name = excluded.name, kind = excluded.kind,
			database = coalesce(excluded.database, database), schema = coalesce(excluded.schema, schema),
			table_schema = coalesce(excluded.table_schema, table_schema), table_name = coalesce(excluded.table_name, table_name)`)
	if err != nil {
		return fmt.Errorf("cannot store the names that the WAL has: %w", err)
	}
	return nil
}
