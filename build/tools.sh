#!/usr/bin/env bash
# Sees that what the build needs is there, and installs what it can into .cache:
#   tools.sh check [c++]   Go, a C compiler, cmake and Python, or what to install
#   tools.sh python        a Python with the stock DuckDB shell and client
#   tools.sh hosts [all]   the DuckDB clients that test/hosts loads the extension into
#   tools.sh libraries     a Python with pandas, polars, Ibis and dbt: test/clients
#   tools.sh plots         what draws the curves of a soak
#   tools.sh lint          ruff, mypy, shellcheck, codespell and hadolint: build/lint.sh
#   tools.sh ray           a Python with Ray, and fleet/ installed into it
#   tools.sh wheel         what builds a Python wheel
#   tools.sh release       zig's C compiler, and arm64's DuckDB shell
# Does nothing where it is all there. Prints one line for what it installs.
set -euo pipefail
cd "$(dirname "$0")/.."

# Suites run side by side. What they install shares folders, so it is one after the other.
mkdir -p .cache
exec {lock}>.cache/tools.lock
flock "$lock"

fail() {
  printf 'make: %s\n' "$@" >&2
  exit 1
}

# The versions of a kind of client; with a second argument, also of those for check-all.
clients() { sed -nE "s/^$1 ([^ ]+)${2:+( all)?}\$/\1/p" test/hosts/clients.txt; }

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
  version=$(clients shell | head -1)
  stamp=.cache/python/duckdb-$version
  [ ! -e "$stamp" ] || return 0
  echo "Installing the DuckDB $version shell into .cache/python"
  python3 -m venv .cache/python >/dev/null 2>&1 || fail "python3 cannot make a virtual environment in .cache/python" \
    "on Debian: apt-get install python3-venv"
  pip "duckdb==$version" "duckdb-cli==$version" "$pytz"
  touch "$stamp"
}

# What fails is said on the standard error.
node_package() { npm install --loglevel=error --no-audit --no-fund --no-save --no-package-lock --prefix .cache/hosts/.new "$@" >/dev/null; }

# host NAME VERSION FOLDER COMMAND...: what COMMAND puts into the folder .new goes to .cache/hosts, whole or not at all.
host() {
  local name=$1 version=$2 folder=.cache/hosts/$3
  shift 3
  [ ! -e "$folder" ] || return 0
  echo "Installing the $name $version into .cache/hosts"
  rm -rf .cache/hosts/.new
  mkdir -p .cache/hosts/.new
  "$@" || fail "the $name $version cannot be installed, for the reason above" "run this again when its registry can be reached"
  mv .cache/hosts/.new "$folder"
}

hosts() { # the names of folders are test/hosts/run.py's, too
  python
  local version
  # What makes a disk that fails, for test/faults.
  host "Python's FUSE" 3.1.1 fuse-3.1.1 pip --target .cache/hosts/.new mfusepy==3.1.1
  for version in $(clients shell "${1-}" | tail -n +2); do
    host "DuckDB shell" "$version" "shell-$version" pip --target .cache/hosts/.new "duckdb-cli==$version"
  done
  for version in $(clients python "${1-}"); do
    # pytz: fetching TIMESTAMP WITH TIME ZONE needs it
    host "Python client of DuckDB" "$version" "$version" pip --target .cache/hosts/.new "duckdb==$version" "$pytz"
  done
  host "Python package fsspec" 2026.9.0 fsspec pip --target .cache/hosts/.new fsspec==2026.9.0
  host "S3 server moto" 5.2.5 moto-5.2.5 pip --target .cache/hosts/.new moto==5.2.5 \
    flask==3.1.3 flask-cors==6.0.5 py-partiql-parser==0.6.3 pyyaml==6.0.4
  for version in $(clients go); do
    host "DuckDB extension httpfs" "$version" "httpfs-$version" pip --target .cache/hosts/.new --no-deps \
      "duckdb-extension-httpfs==$version"
  done
  if command -v node >/dev/null; then
    for version in $(clients node "${1-}"); do
      host "Node client of DuckDB" "$version" "node-$version" node_package "@duckdb/node-api@$version"
    done
  fi
  if command -v java >/dev/null && command -v mvn >/dev/null; then
    for version in $(clients jvm "${1-}"); do
      host "JVM client of DuckDB" "$version" "jvm-$version" mvn -q -B -Dstyle.color=never dependency:copy \
        "-Dartifact=org.duckdb:duckdb_jdbc:$version" "-DoutputDirectory=$PWD/.cache/hosts/.new"
    done
  fi
}

lint() {
  python
  host "linters" "of build/lint.txt" "lint-$(cksum build/lint.txt | cut -d ' ' -f 1)" \
    pip --target .cache/hosts/.new --requirement build/lint.txt
}

libraries() {
  hosts
  local stamp
  stamp=.cache/libraries/$(cksum test/clients/requirements.txt | cut -d ' ' -f 1)
  [ ! -e "$stamp" ] || return 0
  echo "Installing pandas, polars, Ibis and dbt into .cache/libraries"
  python3 -m venv --clear .cache/libraries >/dev/null
  .cache/libraries/bin/python -m pip --disable-pip-version-check --quiet install --requirement test/clients/requirements.txt ||
    fail "the libraries cannot be installed, for the reason above" "run this again when their registry can be reached"
  touch "$stamp"
}

plots() {
  python
  local version
  version=$(sed -n 's/^matplotlib==//p' bench/requirements-full.txt)
  host matplotlib "$version" matplotlib pip --target .cache/hosts/.new "matplotlib==$version"
}

ray() {
  local stamp
  stamp=.cache/ray/$(cksum fleet/requirements.txt | cut -d ' ' -f 1)
  if [ ! -e "$stamp" ]; then
    echo "Installing Ray into .cache/ray"
    python3 -m venv .cache/ray >/dev/null 2>&1 || fail "python3 cannot make a virtual environment in .cache/ray" \
      "on Debian: apt-get install python3-venv"
    .cache/ray/bin/python -m pip --disable-pip-version-check --quiet install --requirement fleet/requirements.txt
    touch "$stamp"
  fi
  .cache/ray/bin/python -m pip --disable-pip-version-check --quiet install --no-deps --no-build-isolation ./fleet
}

wheel() {
  python
  host "wheel builder hatchling" 1.33.0 hatchling-1.33.0 pip --target .cache/hosts/.new hatchling==1.33.0
}

release() {
  wheel
  host "C compiler zig" 0.15.2 zig pip --target .cache/hosts/.new ziglang==0.15.2
  host "DuckDB shell for arm64" 1.5.6 shell-arm64 pip --target .cache/hosts/.new --only-binary :all: --no-deps \
    --platform manylinux2014_aarch64 duckdb-cli==1.5.6
}

case "${1-}" in
check | python | hosts | lint | libraries | plots | ray | wheel | release) "$@" ;;
*) fail "usage: build/tools.sh check|python|hosts|lint|libraries|plots|ray|wheel|release" ;;
esac
