package names

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5" // PostgreSQL's protocol, its authentication and TLS, with libpq's URLs and defaults
	"github.com/jackc/pgx/v5/pgconn"
)

// noDatabase is the error code ERRCODE_UNDEFINED_DATABASE of src/backend/utils/errcodes.txt.
const noDatabase = "3D000"

// timeout is for a connection, and for the query in one database.
const timeout = 30 * time.Second

// readServer asks every database of a server that takes connections. Those that refuse
// (a provider's own, mostly) are skipped, with a warning, but for the URL's own.
func readServer(ctx context.Context, source string, warn func(string)) ([]Relation, error) {
	secrets := secretsOf(source)
	config, err := pgx.ParseConfig(source)
	if err != nil {
		if !strings.Contains(source, "://") {
			return nil, errors.New("the connection cannot be read; expected host=... port=... dbname=... user=..., with single quotes around a value that has blanks")
		}
		if text := err.Error(); strings.Contains(text, "failed to parse as URL") || strings.Contains(text, "invalid port") {
			// These are passwords with a / or an @ mostly, and the text may hold a part of one.
			return nil, errors.New("the server's URL cannot be read; expected postgres://user@host:5432/database, with %40 for an @ in a password, %2F for a /")
		}
		return nil, secrets.redact(fmt.Errorf("the server's URL: %w", err))
	}
	secrets = append(secrets, config.Password)                    // which may come from the environment or ~/.pgpass
	config.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol // poolers take it, and every value is text
	config.RuntimeParams["client_encoding"] = "UTF8"
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = timeout
	}
	const list = `SELECT datname, pg_catalog.has_database_privilege(oid, 'CONNECT') FROM pg_catalog.pg_database WHERE datallowconn ORDER BY datname`
	databases, err := ask(ctx, config, list)
	if missing := (*pgconn.PgError)(nil); errors.As(err, &missing) && missing.Code == noDatabase && cmp.Or(config.Database, config.User) == config.User {
		config.Database = "postgres" // the URL names none, and the role has none of its name
		databases, err = ask(ctx, config, list)
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	} else if err != nil {
		return nil, secrets.redact(fmt.Errorf("cannot read names from the server: %w", err))
	}
	var relations []Relation
	own := config.Database
	for _, database := range databases {
		if database[1] != "t" {
			warn(fmt.Sprintf("database %q is left out: the role %q may not connect to it; its relations keep their numbers", database[0], config.User))
			continue
		}
		config.Database = database[0]
		rows, err := ask(ctx, config, Query)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		} else if err != nil && database[0] == own {
			return nil, secrets.redact(fmt.Errorf("cannot read the names of database %q: %w", database[0], err))
		} else if err != nil {
			warn(secrets.redact(fmt.Errorf("database %q is left out: %w", database[0], err)).Error())
			continue
		}
		for _, row := range rows {
			relation, err := newRelation(row)
			if err != nil {
				return nil, fmt.Errorf("names of database %q: %w", database[0], err)
			}
			relations = append(relations, relation)
		}
	}
	return relations, nil
}

// ask runs a query in a read-only transaction, and gives its rows as texts, "" for NULL.
func ask(ctx context.Context, config *pgx.ConnConfig, query string) (rows [][]string, err error) {
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{AccessMode: pgx.ReadOnly})
	if err != nil {
		return nil, err
	}
	defer tx.Rollback(context.WithoutCancel(ctx))
	if _, err := tx.Exec(ctx, fmt.Sprintf("SET LOCAL statement_timeout = %d", timeout.Milliseconds())); err != nil {
		return nil, err
	}
	result, err := tx.Query(ctx, query)
	if err != nil {
		return nil, err
	}
	defer result.Close()
	for result.Next() {
		var row []string
		for _, value := range result.RawValues() {
			row = append(row, string(value))
		}
		rows = append(rows, row)
	}
	return rows, result.Err()
}

// secrets has texts that no error may show.
type secrets []string

// secretsOf returns the passwords in a URL, as written and decoded.
func secretsOf(source string) (found secrets) {
	parsed, err := url.Parse(source)
	if err != nil {
		return nil
	}
	if password, set := parsed.User.Password(); set {
		_, written, _ := strings.Cut(parsed.User.String(), ":")
		found = append(found, password, written)
	}
	for _, key := range []string{"password", "sslpassword"} {
		password := parsed.Query().Get(key)
		found = append(found, password, url.QueryEscape(password))
	}
	return found
}

// redact returns the error without the secrets. It drops the causes, too, since their
// texts hold the secrets.
func (s secrets) redact(err error) error {
	text := err.Error()
	for _, secret := range s {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "xxxxx")
		}
	}
	return errors.New(text)
}
