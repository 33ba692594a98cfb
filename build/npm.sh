#!/usr/bin/env bash
# Builds the Node package walstats around extensions of different platforms:
#   npm.sh FOLDER EXTENSION...
# npm writes it: a file of the same bytes whenever it is built.
set -euo pipefail
: "${2:?usage: build/npm.sh FOLDER EXTENSION...}"
mapfile -t extensions < <(realpath "${@:2}")
folder=$(realpath -m "$1")
cd "$(dirname "$0")/.."
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
install -m 644 node/package.json node/README.md node/index.js node/index.d.ts "$stage/"
build/notices.sh ./extension/loadable >"$stage/LICENSE"
for extension in "${extensions[@]}"; do
  said=$(go run ./build/mkextension -show "$extension")
  platform=$(sed -nE 's/.* for ([a-z0-9_]+), C API .*/\1/p' <<<"$said")
  install -D -m 644 "$extension" "$stage/$platform/waldump.duckdb_extension"
done
mkdir -p "$folder"
cd "$stage"
npm pkg set "version=$(head -1 "$OLDPWD/VERSION")"
npm pack --silent --pack-destination "$folder" >/dev/null
echo "$folder: the Node package, with ${#extensions[@]} extensions"
