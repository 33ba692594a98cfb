#!/usr/bin/env bash
# Prints the licences of what a Go program has inside: ours, Go's, and each module's.
#   notices.sh PACKAGE
# The texts are files of the modules; build/release.sh has their names in the bill of materials.
set -euo pipefail
: "${1:?usage: build/notices.sh PACKAGE}"
cd "$(dirname "$0")/.."
export CGO_ENABLED=1 # what is linked in for another GOARCH, too

part() { # part NAME FILE...
  printf '%s\n%s\n\n' "$1" "${1//?/=}"
  cat "${@:2}"
  printf '\n\n'
}

part walstats LICENSE
part Go "$(go env GOROOT)/LICENSE"
go list -deps -f '{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}} {{.Dir}}{{end}}{{end}}' "$1" | sort -u |
  while read -r module version folder; do
    mapfile -t files < <(find "$folder" -maxdepth 1 -type f -iregex '.*/\(licen[cs]e\|copying\|notice\)[^/]*' | LC_ALL=C sort)
    [ ${#files[@]} -gt 0 ] || { echo "notices.sh: $module has no licence in $folder" >&2; exit 1; }
    part "$module $version" "${files[@]}"
  done
