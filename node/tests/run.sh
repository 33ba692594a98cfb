#!/usr/bin/env bash
# Builds the Node package, installs it as npm does and runs walstats.test.cjs with each Node client of DuckDB:
#   run.sh [PACKAGE.tgz]   a package that is there, such as the release's
set -euo pipefail
package=${1:+$(realpath "$1")}
cd "$(dirname "$0")/../.."
root=$PWD
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
  echo "node: there is no Node or npm here"
  exit 0
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ -z "$package" ]; then
  build/npm.sh "$folder" dist/waldump.duckdb_extension
  package=$(compgen -G "$folder/walstats-*.tgz")
fi
# Without its peer, DuckDB's client, which is in .cache/hosts.
npm install --silent --offline --no-audit --no-fund --legacy-peer-deps --prefix "$folder/installed" "$package"
mapfile -t versions < <(sed -nE 's/^node ([^ ]+)$/\1/p' test/hosts/clients.txt)
for version in "${versions[@]}"; do
  (cd "$folder" && NODE_PATH=$root/.cache/hosts/node-$version/node_modules:$folder/installed/node_modules ROOT=$root \
    node --test "$root/node/tests/walstats.test.cjs") >"$folder/said" 2>&1 || { cat "$folder/said"; exit 1; }
  echo "ok   Node's DuckDB $version: $(sed -n 's/^. pass //p' "$folder/said") tests"
done
[ ${#versions[@]} -gt 0 ] || { echo "test/hosts/clients.txt has no Node client"; exit 1; }
