#!/usr/bin/env bash
# Builds the Python package walstats around an extension:
#   wheel.sh EXTENSION FOLDER [GLIBC]   GLIBC: the oldest that the extension runs with, for pip
# hatchling writes it: a wheel of the same bytes whenever it is built.
set -euo pipefail
cd "$(dirname "$0")/.."
: "${2:?usage: build/wheel.sh EXTENSION FOLDER [GLIBC]}"
extension=$(realpath "$1") folder=$(realpath -m "$2")
build/tools.sh wheel
hatchling=$(compgen -G "$PWD/.cache/hosts/hatchling-*")
licences=$(mktemp)
trap 'rm "$licences"' EXIT
build/notices.sh ./extension/loadable >"$licences"
cd python
WALDUMP_EXTENSION=$extension WALSTATS_GLIBC=${3-} WALSTATS_LICENSES=$licences PYTHONPATH=$hatchling \
  ../.cache/python/bin/python -m hatchling build --target wheel --directory "$folder"
