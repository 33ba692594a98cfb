#!/usr/bin/env bash
# Lays out a repository of extensions, for DuckDB's INSTALL waldump FROM 'FOLDER' or FROM 'http://...':
#   repository.sh FOLDER EXTENSION...   the extensions are of different platforms
# DuckDB asks for VERSION/PLATFORM/waldump.duckdb_extension.gz, on a web server and in a folder.
# VERSION is DuckDB's own, although one file serves them all. So the files are in v1.2.0, the
# version of the C API that they need, and each later version is a link to it.
set -euo pipefail
: "${2:?usage: build/repository.sh FOLDER EXTENSION...}"
mapfile -t extensions < <(realpath -m "${@:2}")
folder=$(realpath -m "$1")
cd "$(dirname "$0")/.."
# DuckDB's releases since then; a later one needs its link: ln -s v1.2.0 v2.0.2
versions=(1.2.1 1.2.2 1.3.0 1.3.1 1.3.2 1.4.0 1.4.1 1.4.2 1.4.3 1.4.4 1.4.5
  1.5.0 1.5.1 1.5.2 1.5.3 1.5.4 1.5.5 1.5.6 2.0.0 2.0.1)

for extension in "${extensions[@]}"; do
  said=$(go run ./build/mkextension -show "$extension")
  platform=$(sed -nE 's/.* for ([a-z0-9_]+), C API v1\.2\.0,.*/\1/p' <<<"$said")
  [ -n "$platform" ] || { echo "repository.sh: $extension must need the C API v1.2.0: $said" >&2; exit 1; }
  mkdir -p "$folder/v1.2.0/$platform"
  gzip --best --no-name <"$extension" >"$folder/v1.2.0/$platform/waldump.duckdb_extension.gz"
done
for version in "${versions[@]}"; do ln -sfn v1.2.0 "$folder/v$version"; done
echo "$folder: ${#extensions[@]} platforms, $((${#versions[@]} + 1)) versions of DuckDB"
