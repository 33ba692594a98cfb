#!/usr/bin/env bash
# What a newcomer sees first: the extension in the stock DuckDB shell, on a real dump.
set -euo pipefail
cd "$(dirname "$0")/.."

bold=$(tput bold 2>/dev/null || true) plain=$(tput sgr0 2>/dev/null || true)
[ -t 1 ] || bold='' plain=''
step() { printf '%s\n' "- $*"; }

step "Building dist/waldump.duckdb_extension"
make extension >/dev/null

# A shell on the PATH is as good, if it can load the extension.
shell=$(command -v duckdb || true)
if [ -z "$shell" ] || ! "$shell" -unsigned -c "LOAD 'dist/waldump.duckdb_extension'" >/dev/null 2>&1; then
  build/tools.sh python | sed 's/^/- /'
  shell=.cache/python/bin/duckdb
fi

dump=dist/wal.dump
gunzip -c test/data/pg14.waldump.gz >$dump
step "Unpacking $dump, what pg_waldump of PostgreSQL 14 printed ($(wc -l <$dump) lines)"
step "Asking $("$shell" -csv -noheader -c "SELECT 'DuckDB ' || version()")"

ask() { # ask TITLE SQL [COMMAND-OF-THE-SHELL]
  printf '\n%s\n' "$bold$1$plain"
  printf '%s\n' "$2" | sed 's/^/  /'
  "$shell" -unsigned -c ".maxwidth 110" -c ".nullvalue ''" -c "LOAD 'dist/waldump.duckdb_extension'" -c "${3-.timer off}" -c "$2"
}

ask "A record is a row" \
  "SELECT * FROM read_waldump('$dump') WHERE start_lsn = '0/6EBFE10';" ".mode line"

ask "As a table" \
  "SELECT start_lsn, xid, resource_manager, record_type, record_length, description, relfilenode
FROM read_waldump('$dump') WHERE relfilenode IS NOT NULL LIMIT 5;"

ask "Which relations make the WAL?" \
  "SELECT reltablespace, reldatabase, relfilenode, count(*) AS records, sum(record_length) AS bytes,
       round(100 * sum(fpi_length) / sum(record_length), 1) AS images_percent
FROM read_waldump('$dump') WHERE relfilenode IS NOT NULL GROUP BY ALL ORDER BY bytes DESC LIMIT 8;"

ask "How much of it is full-page images?" \
  "SELECT resource_manager, count(*) AS records, sum(record_length) AS bytes, sum(fpi_length) AS image_bytes,
       round(100 * sum(fpi_length) / sum(sum(fpi_length)) OVER (), 1) AS percent_of_images
FROM read_waldump('$dump') GROUP BY ALL HAVING sum(fpi_length) > 0 ORDER BY image_bytes DESC LIMIT 8;"

ask "All of it as a table of its own" \
  "CREATE TABLE wal AS FROM read_waldump('$dump');
SELECT count(*) AS records, min(start_lsn) AS first, max(start_lsn) AS last, max(xact_time) AS last_commit FROM wal;" ".timer on"

printf '\nGo on alone:\n\n  %s -unsigned -cmd "LOAD '"'dist/waldump.duckdb_extension'"'"\n  FROM read_waldump('"'$dump'"');\n' "$shell"
