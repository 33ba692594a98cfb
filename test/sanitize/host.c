// A host in C that LOADs the extension: opens, scans, cancels, errs and closes, again and again.
//
//	host EXTENSION DUMP PACKED BROKEN
//	host overflow|leak|shift     does what the sanitizer has to see
//	host platform                DuckDB's name of this machine
//
// It is built with a sanitizer, as the extension is, and has DuckDB's library inside.
#include <duckdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROUNDS = 5, CANCELS = 6 };

static void fail(const char *what, const char *why) {
	fprintf(stderr, "host: %s: %s\n", what, why ? why : "no reason given");
	exit(1);
}

// What a query has to end with: wanted is a part of its error, NULL for none.
static void run(duckdb_connection connection, const char *sql, const char *wanted) {
	duckdb_result result;
	duckdb_state state = duckdb_query(connection, sql, &result);
	const char *error = duckdb_result_error(&result);
	if (!wanted && state != DuckDBSuccess)
		fail(sql, error);
	if (wanted && (state == DuckDBSuccess || !error || !strstr(error, wanted)))
		fail(sql, error);
	duckdb_destroy_result(&result);
}

// Takes some of the chunks of a result, and leaves the rest where it is.
static void fetch(duckdb_connection connection, const char *sql, int chunks) {
	duckdb_prepared_statement statement;
	duckdb_pending_result pending;
	duckdb_result result;
	if (duckdb_prepare(connection, sql, &statement) != DuckDBSuccess)
		fail(sql, duckdb_prepare_error(statement));
	if (duckdb_pending_prepared_streaming(statement, &pending) != DuckDBSuccess)
		fail(sql, duckdb_pending_error(pending));
	if (duckdb_execute_pending(pending, &result) != DuckDBSuccess)
		fail(sql, duckdb_result_error(&result));
	for (int i = 0; i < chunks; i++) {
		duckdb_data_chunk chunk = duckdb_fetch_chunk(result);
		if (!chunk)
			fail(sql, "no more rows");
		duckdb_destroy_data_chunk(&chunk);
	}
	duckdb_destroy_result(&result);
	duckdb_destroy_pending(&pending);
	duckdb_destroy_prepare(&statement);
}

struct query {
	duckdb_connection connection;
	const char *sql;
};

static void *ask(void *argument) {
	struct query *query = argument;
	duckdb_result result;
	duckdb_query(query->connection, query->sql, &result); // cancelled, or done before
	duckdb_destroy_result(&result);
	return NULL;
}

static void cancel(duckdb_connection connection, const char *sql, int microseconds) {
	struct query query = {connection, sql};
	pthread_t thread;
	if (pthread_create(&thread, NULL, ask, &query))
		fail("pthread_create", "refused");
	usleep(microseconds);
	duckdb_interrupt(connection);
	pthread_join(thread, NULL);
}

static void use(duckdb_connection connection, char **files) {
	static char sql[8][4096];
	const char *dump = files[0], *packed = files[1], *broken = files[2];
	snprintf(sql[0], sizeof sql[0], "SELECT count(*), max(description), max(block_ref), max(xact_time) FROM read_waldump('%s', filename := true, byte_offset := true)", dump);
	snprintf(sql[1], sizeof sql[1], "CREATE OR REPLACE TABLE t AS FROM read_waldump_blocks(['%s', '%s'])", dump, packed);
	snprintf(sql[2], sizeof sql[2], "FROM waldump_stats('%s', per_record := true)", packed);
	snprintf(sql[3], sizeof sql[3], "SELECT count(*), max(line) FROM read_waldump_rejects('%s')", broken);
	snprintf(sql[4], sizeof sql[4], "SELECT sum(len(block_refs(block_ref))), min(start_lsn - prev_lsn), max(start_lsn::VARCHAR::pg_lsn) FROM read_waldump('%s')", dump);
	snprintf(sql[5], sizeof sql[5], "FROM read_waldump('%s')", broken);
	snprintf(sql[6], sizeof sql[6], "FROM read_waldump('%s')", dump);
	snprintf(sql[7], sizeof sql[7], "SELECT error('stop') FROM read_waldump('%s')", packed);

	for (int i = 0; i < 5; i++)
		run(connection, sql[i], NULL);
	run(connection, sql[5], "ignore_errors := true");
	run(connection, sql[7], "stop");
	run(connection, "FROM read_waldump('/no/such.dump')", "no such file");
	run(connection, "FROM read_waldump(NULL)", "the path is NULL");
	run(connection, "FROM read_waldump([1, 2])", "no text");
	run(connection, "FROM read_waldump('x', timezone := 'Mars')", "no time zone");
	run(connection, "FROM 'no-such.waldump'", "no such file");
	run(connection, "SELECT 'x'::pg_lsn", "pg_lsn");
	run(connection, "SELECT TRY_CAST('x' AS pg_lsn), TRY_CAST(NULL AS pg_lsn)", NULL);
	fetch(connection, sql[6], 1);
	fetch(connection, sql[6], 10);
	for (int i = 0; i < CANCELS; i++)
		cancel(connection, sql[i % 5], 1000 << i);
	run(connection, sql[0], NULL);
}

// sink keeps the compiler from taking away what is not used.
static char *volatile sink;

static int canary(const char *which) {
	volatile int many = 40;
	sink = malloc(10);
	if (!strcmp(which, "overflow"))
		return sink[many];
	if (!strcmp(which, "shift"))
		return 1 << many;
	memset((char *)sink, 1, 10);
	sink = NULL; // a leak
	return 0;
}

static int platform(void) {
	duckdb_database database;
	duckdb_connection connection;
	duckdb_result result;
	duckdb_open(NULL, &database);
	duckdb_connect(database, &connection);
	duckdb_query(connection, "PRAGMA platform", &result);
	char *name = duckdb_value_varchar(&result, 0, 0);
	puts(name);
	duckdb_free(name);
	duckdb_destroy_result(&result);
	duckdb_disconnect(&connection);
	duckdb_close(&database);
	return 0;
}

int main(int count, char **arguments) {
	if (count == 2)
		return strcmp(arguments[1], "platform") ? canary(arguments[1]) : platform();
	if (count != 5)
		fail("usage", "host EXTENSION DUMP PACKED BROKEN");
	char load[4096];
	snprintf(load, sizeof load, "LOAD '%s'", arguments[1]);
	for (int i = 0; i < ROUNDS; i++) {
		duckdb_config config;
		duckdb_database database;
		duckdb_connection first, second;
		char *error = NULL;
		duckdb_create_config(&config);
		duckdb_set_config(config, "allow_unsigned_extensions", "true");
		duckdb_set_config(config, "threads", i % 2 ? "1" : "3");
		if (duckdb_open_ext(NULL, &database, config, &error) != DuckDBSuccess)
			fail("open", error);
		duckdb_destroy_config(&config);
		duckdb_connect(database, &first);
		run(first, load, NULL);
		run(first, load, NULL);
		duckdb_connect(database, &second);
		use(first, arguments + 2);
		use(second, arguments + 2);
		duckdb_disconnect(&first);
		duckdb_disconnect(&second);
		duckdb_close(&database);
	}
	printf("%d rounds\n", ROUNDS);
	return 0;
}
