#!/usr/bin/env bash
# What a newcomer sees first: the extension in the stock DuckDB shell, on real WAL and on
# what pg_waldump printed of other, then walstats.
set -euo pipefail
cd "$(dirname "$0")/.."

bold=$(tput bold 2>/dev/null || true) plain=$(tput sgr0 2>/dev/null || true)
[ -t 1 ] || bold='' plain=''
step() { printf '%s\n' "- $*"; }

step "Building dist/waldump.duckdb_extension"
built=$(make extension 2>&1) || { printf '%s\n' "$built" >&2; exit 1; } # what Go downloads is of no interest

# A shell on the PATH is as good, if it can load the extension.
shell=$(command -v duckdb || true)
if [ -z "$shell" ] || ! "$shell" -unsigned -c "LOAD 'dist/waldump.duckdb_extension'" >/dev/null 2>&1; then
  build/tools.sh python | sed 's/^/- /'
  shell=.cache/python/bin/duckdb
fi

wal=test/data/demo
dump=dist/wal.dump
gunzip -c test/data/pg14.waldump.gz >$dump
step "Taking $wal, three segments of a PostgreSQL 15 with a web shop (1 MB each, compressed)"
step "Unpacking $dump, what pg_waldump of PostgreSQL 14 printed ($(wc -l <$dump) lines)"
step "Asking $("$shell" -csv -noheader -c "SELECT 'DuckDB ' || version()")"

title() { printf '\n%s\n' "$bold$*$plain"; }

run() { # run SQL-OR-COMMAND...: in one session; SQL, which has no ", is shown before its answer
  local part line arguments=()
  for part; do
    if [[ $part != .* ]]; then
      while IFS= read -r line; do arguments+=(-c ".print \"  $line\""); done <<<"$part"
    fi
    arguments+=(-c "$part")
  done
  "$shell" -init /dev/null -unsigned -c ".maxwidth 100" -c ".nullvalue ''" -c "LOAD 'dist/waldump.duckdb_extension'" "${arguments[@]}"
}

title "A record of WAL is a row"
run ".mode line" "SELECT * FROM read_wal('$wal') WHERE start_lsn = '0/00D000D8';"

title "As a table"
run "SELECT start_lsn, xid, resource_manager, record_type, record_length AS length, relfilenode
FROM read_wal('$wal') WHERE relfilenode IS NOT NULL LIMIT 5;"

title "What is in the segments, and where does WAL end?"
run "SELECT parse_filename(filename) AS file, version, records, first_lsn, last_lsn, end_reason FROM wal_segments('$wal');"

title "Which relations make this WAL? Their names are in it, too"
run "FROM read_wal('$wal') JOIN read_wal_relations('$wal') USING (reltablespace, reldatabase, relfilenode)
SELECT schema, name, kind, count(*) AS records, sum(record_length) AS bytes,
       round(100 * sum(fpi_length) / bytes, 1) AS images_percent
GROUP BY ALL ORDER BY bytes DESC LIMIT 8;"

title "The text of pg_waldump has the same columns. How much of it is full-page images?"
run "SELECT resource_manager, count(*) AS records, sum(record_length) AS bytes,
       sum(fpi_length) AS image_bytes,
       round(100 * image_bytes / sum(image_bytes) OVER (), 1) AS percent_of_images
FROM read_waldump('$dump')
GROUP BY ALL HAVING image_bytes > 0 ORDER BY image_bytes DESC LIMIT 8;"

title "All of it as a table of its own, and how long that takes"
run ".timer on" "CREATE TABLE wal AS FROM read_waldump('$dump');" ".timer off" \
  "SELECT count(*) AS records, min(start_lsn) AS first, max(start_lsn) AS last,
       max(xact_time) AS last_commit FROM wal;"

title "The same answers without SQL: walstats top $wal"
built=$(make walstats 2>&1) || { printf '%s\n' "$built" >&2; exit 1; }
COLUMNS=100 dist/walstats top --quiet "$wal" | sed '/^RECORD TYPE/,$d' # its first two parts
dist/walstats report --quiet "$wal" -o dist/report.html
printf '\nAs a page to look at and to send on: file://%s\n' "$PWD/dist/report.html"

printf '\nGo on alone:\n\n  %s -unsigned -cmd "LOAD '"'dist/waldump.duckdb_extension'"'"\n  FROM read_wal('"'$wal'"');\n' "$shell"
