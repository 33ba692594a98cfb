#!/usr/bin/env bash
# Sees that what the build needs is there, and installs what it can into .cache:
#   tools.sh check [c++]   Go, a C compiler, cmake and Python, or what to install
#   tools.sh python        a Python with the stock DuckDB shell and client
#   tools.sh hosts         the DuckDB clients that test/hosts loads the extension into
# Does nothing where it is all there. Prints one line for what it installs.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
  printf 'make: %s\n' "$@" >&2
  exit 1
}

# The versions of a kind of client.
clients() { sed -n "s/^$1 //p" test/hosts/clients.txt; }

# Everything that is missing, at once, with the line that installs it.
check() {
  local missing=() packages=()
  need() {
    missing+=("$1")
    packages+=("$2")
  }
  if ! command -v cc >/dev/null; then
    need "a C compiler" gcc
  elif ! echo '#include <stdlib.h>' | cc -E - >/dev/null 2>&1; then
    need "C's header files" libc6-dev
  fi
  # DuckDB, which walstats has inside, is C++.
  if [ "${1-}" = c++ ] && [ ! -e "$(cc -print-file-name=libstdc++.so 2>/dev/null)" ]; then
    need "C++'s library" g++
  fi
  command -v cmake >/dev/null || need cmake cmake
  command -v python3 >/dev/null || need "Python 3" python3
  python3 -c 'import venv, ensurepip' >/dev/null 2>&1 || need "Python's venv" python3-venv
  [ ${#missing[@]} -eq 0 ] ||
    fail "missing: $(printf '%s, ' "${missing[@]}" | sed 's/, $//')" "on Debian: apt-get install ${packages[*]}"

  local wanted found
  wanted=$(sed -n 's/^go //p' go.mod)
  command -v go >/dev/null || fail "Go is missing: install $wanted or later from go.dev (Debian's package golang is older)"
  # From 1.21 on, go fetches a later Go itself, or says that it must not.
  found=$(go env GOVERSION) || fail "Go $wanted or later is needed"
  case $found in
  go1.? | go1.?.* | go1.1? | go1.1?.* | go1.20*) fail "Go $wanted or later is needed, and this is $found: install one from go.dev" ;;
  esac
}

pytz=pytz==2026.6 # what the client fetches a TIMESTAMPTZ with
pip() { .cache/python/bin/python -m pip --disable-pip-version-check --quiet install "$@"; }

python() {
  local version stamp
  version=$(clients shell)
  stamp=.cache/python/duckdb-$version
  [ ! -e "$stamp" ] || return 0
  echo "Installing the DuckDB $version shell into .cache/python"
  python3 -m venv .cache/python >/dev/null 2>&1 || fail "python3 cannot make a virtual environment in .cache/python" \
    "on Debian: apt-get install python3-venv"
  pip "duckdb==$version" "duckdb-cli==$version" "$pytz"
  touch "$stamp"
}

hosts() {
  python
  local version
  for version in $(clients python); do
    [ ! -e ".cache/hosts/$version/duckdb" ] || continue
    echo "Installing the Python client of DuckDB $version into .cache/hosts"
    rm -rf ".cache/hosts/$version.new"
    # pytz: fetching TIMESTAMP WITH TIME ZONE needs it
    pip --target ".cache/hosts/$version.new" "duckdb==$version" "$pytz"
    mv ".cache/hosts/$version.new" ".cache/hosts/$version"
  done
}

case "${1-}" in
check | python | hosts) "$@" ;;
*) fail "usage: build/tools.sh check|python|hosts" ;;
esac
