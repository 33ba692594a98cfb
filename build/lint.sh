#!/usr/bin/env bash
# Runs one of the linters over all files that it is for; pyproject.toml has their settings:
#   lint.sh ruff|mypy|shellcheck|codespell|hadolint
set -euo pipefail
cd "$(dirname "$0")/.."
tools=.cache/hosts/lint-$(cksum build/lint.txt | cut -d ' ' -f 1)
export PYTHONPATH=$PWD/$tools
python=.cache/python/bin/python

# Files with a name or first line like that. In an unpacked release there is no git.
files() {
  find . \( -name .cache -o -name .git -o -name dist \) -prune -o -type f -print | sort
}

case "${1-}" in
ruff)
  "$python" -m ruff check --quiet .
  "$python" -m ruff format --quiet --check .
  echo "ruff: $(files | grep -c '\.py$') files"
  ;;
mypy)
  # Each folder alone: several have a module of the name run.
  status=0
  folders=$(files | grep '\.py$' | grep -v '^\./fleet/' | xargs -n 1 dirname | uniq)
  for folder in $folders; do # fleet/tests/run.sh asks of fleet, which needs its packages
    "$python" -m mypy --no-error-summary --cache-dir .cache/mypy "$folder"/*.py || status=1
  done
  [ $status -ne 0 ] || echo "mypy: $(wc -w <<<"$folders") folders"
  exit $status
  ;;
shellcheck)
  mapfile -t scripts < <(files | xargs grep -lE '^#!.*\b(ba)?sh$' --binary-files=without-match)
  "$tools/bin/shellcheck" "${scripts[@]}"
  echo "shellcheck: ${#scripts[@]} scripts"
  ;;
codespell)
  "$python" -m codespell_lib .
  echo "codespell: nothing misspelt"
  ;;
hadolint)
  mapfile -t dockerfiles < <(files | grep '/Dockerfile$')
  "$tools/bin/hadolint" "${dockerfiles[@]}"
  echo "hadolint: ${dockerfiles[*]}"
  ;;
*)
  echo "usage: build/lint.sh ruff|mypy|shellcheck|codespell|hadolint" >&2
  exit 2
  ;;
esac
