#!/usr/bin/env bash
# Runs every fuzz target of the project for as long as its argument says each:
#   fuzz.sh 10s [PAGE]     PAGE: adds the time to its table, for a target without a finding
set -euo pipefail
cd "$(dirname "$0")/.."
long=${1:?usage: build/fuzz.sh 10s [PAGE]}

mapfile -t targets < <(grep -rE '^func Fuzz' --include='*_test.go' --exclude-dir=.cache . |
  sed -E 's|^(.*)/[^/]*:func (Fuzz[A-Za-z0-9_]*).*|\1 \2|' | sort)
[ ${#targets[@]} -gt 0 ] || { echo "no fuzz target found" >&2; exit 1; }
log=$(mktemp)
trap 'rm -f "$log"' EXIT
for target in "${targets[@]}"; do
  echo "$target"
  # Go's fuzzer may fail with "context deadline exceeded" when its time ends, a race of
  # its own. A real finding also names the failing input.
  if ! go test "${target% *}" -run '^$' -fuzz "^${target#* }\$" -fuzztime "$long" -fuzzminimizetime 20x </dev/null |& tee "$log"; then
    grep -qx ' *context deadline exceeded' "$log" || exit 1
    if grep -qE 'Failing input|panic' "$log"; then exit 1; fi
  fi
  [ $# -lt 2 ] || python3 build/fuzzed.py "$2" "$long" "${target#* }"
done
echo "${#targets[@]} targets, $long each"
