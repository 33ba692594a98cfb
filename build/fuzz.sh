#!/usr/bin/env bash
# Runs every fuzz target of the project for as long as its argument says each.
set -euo pipefail
cd "$(dirname "$0")/.."
long=${1:?usage: build/fuzz.sh 10s}

grep -rlE '^func Fuzz' --include='*_test.go' . | xargs -r -n1 dirname | sort -u | while read -r room; do
  grep -hoE '^func Fuzz[A-Za-z0-9]+' "$room"/*_test.go | cut -d' ' -f2 | while read -r target; do
    echo "$room $target"
    go test "$room" -run '^$' -fuzz "^$target\$" -fuzztime "$long"
  done
done
