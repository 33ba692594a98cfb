#!/usr/bin/env bash
# Installs what the demo and the tests need beside Go and a compiler, into .cache:
#   tools.sh python   a Python with the stock DuckDB shell and client
#   tools.sh hosts    the DuckDB clients that test/hosts loads the extension into
# Does nothing where it is all there. Prints one line for what it installs.
set -euo pipefail
cd "$(dirname "$0")/.."

duckdb=1.5.5                        # that of duckdb-go in go.mod
clients=(1.3.2 1.4.4 1.5.6 2.0.0)   # the newest of each line that loads the extension

fail() {
  printf 'make: %s\n' "$*" >&2
  exit 1
}

# once FILE COMMAND...: runs the command and makes FILE, unless FILE is there.
once() {
  local stamp=$1
  shift
  [ -e "$stamp" ] && return
  "$@" && touch "$stamp"
}

pip() { .cache/python/bin/python -m pip --disable-pip-version-check --quiet install "$@"; }

python() {
  local stamp=.cache/python/duckdb-$duckdb
  [ -e "$stamp" ] && return
  command -v python3 >/dev/null || fail "python3 is missing; on Debian: apt-get install python3 python3-venv"
  echo "Installing the DuckDB $duckdb shell into .cache/python"
  python3 -m venv .cache/python >/dev/null 2>&1 ||
    fail "python3 cannot make a virtual environment; on Debian: apt-get install python3-venv"
  once "$stamp" pip "duckdb==$duckdb" "duckdb-cli==$duckdb" pytz
}

hosts() {
  python
  local version
  for version in "${clients[@]}"; do
    [ -e ".cache/hosts/$version/duckdb" ] && continue
    echo "Installing the Python client of DuckDB $version into .cache/hosts"
    rm -rf ".cache/hosts/$version.new"
    pip --target ".cache/hosts/$version.new" "duckdb==$version" pytz
    mv ".cache/hosts/$version.new" ".cache/hosts/$version"
  done
}

case "${1-}" in
python | hosts) "$1" ;;
*) fail "usage: build/tools.sh python|hosts" ;;
esac
