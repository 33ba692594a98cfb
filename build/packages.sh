#!/usr/bin/env bash
# Packs walstats and the extension as a .deb and an .rpm, as build/nfpm.yaml says:
#   packages.sh ARCH FOLDER OUT [PROGRAM]
# FOLDER has walstats and waldump.duckdb_extension for ARCH, which is amd64 or arm64. PROGRAM is a
# walstats that runs on this machine; it writes the man pages and the completion.
set -euo pipefail
: "${3:?usage: build/packages.sh ARCH FOLDER OUT [PROGRAM]}"
nfpm=github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.45.2
folder=$(realpath "$2") out=$(realpath -m "$3")
program=$(realpath "${4:-$folder/walstats}")
cd "$(dirname "$0")/.."
root=$PWD
VERSION=$(head -1 VERSION)
export ARCH=$1 VERSION GLIBC=${GLIBC:-2.28} MAINTAINER=${MAINTAINER:-walstats@localhost}

stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
mkdir -p "$stage/completion" "$out"
install -m 755 "$folder/walstats" "$stage/"
install -m 644 "$folder/waldump.duckdb_extension" "$stage/"
GOARCH=$ARCH build/notices.sh ./cmd/walstats >"$stage/LICENSE" # it has all that the extension has
chmod 644 "$stage/LICENSE"
"$program" man "$stage/man"
chmod 644 "$stage"/man/*
gzip --best --no-name "$stage"/man/*
for shell in bash fish zsh; do "$program" completion "$shell" >"$stage/completion/$shell"; done
chmod 644 "$stage"/completion/*

for packager in deb rpm; do
  said=$(cd "$stage" && go run "$nfpm" package --config "$root/build/nfpm.yaml" --packager "$packager" --target "$out/" 2>&1) || {
    printf 'packages.sh: nfpm: %s\n' "$said" >&2
    exit 1
  }
done
echo "$out: walstats $VERSION for $ARCH, as .deb and .rpm"
