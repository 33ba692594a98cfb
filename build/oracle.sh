#!/usr/bin/env bash
# Compares what is read with pg_waldump's own statistics and pg_walinspect's rows, on
# every dump of a folder: <version>/default.txt, bkp.txt, stats.txt, stats-record.txt,
# each plain or as .zst. The parser's tests know no zstd, so all is unpacked first.
# Where <version>/wal has the segments, too, they are read and compared with these texts,
# and docs/testing.md gets the table of what was compared.
set -euo pipefail
cd "$(dirname "$0")/.."
fail() {
  printf 'make oracle: %s\n' "$*" >&2
  exit 2
}

data=${1:?usage: build/oracle.sh FOLDER}
[ -d "$data" ] || fail "no folder $data; say where the dumps are: make oracle DATA=folder"
compgen -G "$data/*/stats.txt" >/dev/null || fail "$data has no <version>/stats.txt; test/data/README.md says what it should hold"

plain=.cache/oracle
rm -rf "$plain"
for folder in "$data"/*/; do
  [ -e "$folder/stats.txt" ] || continue
  mkdir -p "$plain/$(basename "$folder")"
  for file in "$folder"*; do
    target=$plain/$(basename "$folder")/$(basename "$file" .zst)
    case $file in
    *.zst)
      command -v zstd >/dev/null || fail "zstd is missing; on Debian: apt-get install zstd"
      zstd --decompress --quiet -o "$target" "$file"
      ;;
    *) [ ! -f "$file" ] || cp "$file" "$target" ;;
    esac
  done
done
if compgen -G "$data/*/wal" >/dev/null; then
  printf 'Comparing with the segments of %s\n' "$data"
  WAL_DATA=$(cd "$data" && pwd) WAL_TABLE=$PWD/docs/testing.md CGO_ENABLED=1 \
    go test -count=1 -timeout 60m ./wal ./extension/linked ./cmd/walstats/dump
fi
printf 'Comparing with the dumps of %s\n' "$(cd "$plain" && echo *)"
WALDUMP_DATA=$PWD/$plain CGO_ENABLED=1 go test -count=1 -timeout 60m ./parser ./extension/linked
