#!/usr/bin/env bash
# Builds, runs the suites of CMakeLists.txt and prints a table of them:
#   test.sh BUILD [NAME]   NAME: only the suites whose names match
# Two run at once, as many of them wait for servers and clients: a quarter to a third less time on two cores.
set -euo pipefail
cd "$(dirname "$0")/.."
build=${1:?usage: build/test.sh BUILD [NAME]}

cmake --build "$build" -- -s
results=$PWD/$build/tests.xml
rm -f "$results"
status=0
ctest --test-dir "$build" --parallel 2 --output-on-failure --no-tests=error ${2:+-R "$2"} --output-junit "$results" \
  --test-output-size-passed 1000000 --test-output-size-failed 100000000 || status=$?
python3 build/summary.py "$results" || status=1
exit $status
