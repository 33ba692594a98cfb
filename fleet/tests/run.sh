#!/usr/bin/env bash
# Tests walstats-ray as pip installs it, with a local Ray: run.sh [all], with what takes long.
set -euo pipefail
cd "$(dirname "$0")/../.."
build/tools.sh python # the shell, for docs
build/tools.sh ray
python=$PWD/.cache/ray/bin/python
export WALDUMP_EXTENSION=$PWD/dist/waldump.duckdb_extension WALSTATS=$PWD/dist/walstats
(cd fleet && "$python" -m mypy --config-file ../pyproject.toml --no-error-summary --cache-dir ../.cache/ray/mypy walstats_ray tests)
which=(-m "not long")
[ "${1-}" != all ] || which=()
exec "$python" -m pytest -q -p no:cacheprovider -c fleet/pyproject.toml fleet/tests "${which[@]}"
