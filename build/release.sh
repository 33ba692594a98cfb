#!/usr/bin/env bash
# Builds what users download into dist/release:
#   release.sh         all of it; checks which glibc it needs, runs arm64's under qemu, and
#                      installs the packages
#   release.sh check   and again, elsewhere and with empty caches: the same bytes
#   release.sh here    one extension by this machine's compiler, where DuckDB's community
#                      repository looks for it: build/release/extension/waldump/
set -euo pipefail
cd "$(dirname "$0")/.."
glibc=2.28 # RHEL 8's and Debian 10's; Ubuntu 20.04 has 2.31
version=$(head -1 VERSION)
out=dist/release
sbom=github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0

fail() {
  printf 'make release: %s\n' "$@" >&2
  exit 1
}

# cross PLATFORM ARGUMENTS...: go build by zig's compiler, the same bytes wherever it runs.
cross() {
  local arch=${1#linux_} cpu gxx
  shift
  case $arch in
  amd64) cpu=x86_64 gxx=g++ ;;
  arm64) cpu=aarch64 gxx=aarch64-linux-gnu-g++ ;;
  esac
  GOARCH=$arch CGO_ENABLED=1 CC=$PWD/build/zigcc TARGET=$cpu-linux-gnu.$glibc GXX=$gxx \
    go build -buildvcs=false -trimpath "$@"
}

footer() { go run ./build/mkextension "$@"; }

build() { # build PLATFORM: its extension and its walstats
  local folder=$out/$1
  cross "$1" "-ldflags=-s -buildid=" -buildmode=c-shared -o "$folder/waldump.so" ./extension/loadable
  footer -version "$version" -platform "$1" -o "$folder/waldump.duckdb_extension" "$folder/waldump.so"
  rm "$folder/waldump.so" "$folder/waldump.h"
  cross "$1" "-ldflags=-s -buildid= -X main.version=$version" -o "$folder/walstats" ./cmd/walstats
}

# bill NAME PACKAGE: what is in it, as CycloneDX: the modules and Go's library.
bill() {
  local file=$out/$1.cdx.json log commit
  log=$(GOFLAGS=-buildvcs=false go run -trimpath "$sbom" app -json -std -licenses -noserial -notimestamp \
    -main "$2" -output "$file" 2>&1) || fail "$log"
  # It names our module by git's commit.
  commit=$(sed -nE 's|.*"pkg:golang/walstats@([^?]*)\?.*|\1|p' "$file" | head -1)
  sed -i "s/$commit/v$version/g" "$file"
}

all() {
  local missing=()
  command -v g++ >/dev/null || missing+=(g++)
  command -v objdump >/dev/null || missing+=(binutils)
  command -v npm >/dev/null || missing+=(npm)
  command -v aarch64-linux-gnu-g++ >/dev/null || missing+=(g++-aarch64-linux-gnu)
  [ ${#missing[@]} -eq 0 ] || fail "on Debian: apt-get install ${missing[*]}"
  build/tools.sh release
  rm -rf "$out"
  build linux_amd64
  build linux_arm64
  # Python's builds up to 1.2 have another name for both. The code is the same.
  local arch
  for arch in amd64 arm64; do
    footer -platform "linux_${arch}_gcc4" -o "$out/linux_${arch}_gcc4/waldump.duckdb_extension" "$out/linux_$arch/waldump.duckdb_extension"
  done
  build/repository.sh "$out/repository" "$out"/linux_*/waldump.duckdb_extension
  awk 'FNR == 1 && NR > 1 { print "" } 1' cmd/walstats/answers/views/*.sql >"$out/waldump_views.sql"
  sed "s/@VERSION@/$version/; /^#/d" build/description.yml >"$out/description.yml"
  build/wheel.sh "$out/linux_amd64/waldump.duckdb_extension" "$out" "$glibc"
  build/wheel.sh "$out/linux_arm64/waldump.duckdb_extension" "$out" "$glibc"
  build/npm.sh "$out" "$out/linux_amd64/waldump.duckdb_extension" "$out/linux_arm64/waldump.duckdb_extension"
  for arch in amd64 arm64; do # what walstats says of itself is the same in both
    GLIBC=$glibc build/packages.sh "$arch" "$out/linux_$arch" "$out" "$out/linux_$(go env GOHOSTARCH)/walstats"
  done
  build/notices.sh ./extension/loadable >"$out/waldump.licenses.txt"
  build/notices.sh ./cmd/walstats >"$out/walstats.licenses.txt"
  bill waldump extension/loadable
  bill walstats cmd/walstats
  # shellcheck disable=SC2094 # find leaves out the file that is written
  (cd "$out" && find . -type f ! -name SHA256SUMS -printf '%P\n' | LC_ALL=C sort | xargs sha256sum >SHA256SUMS)
}

# older FILE: no symbol of a later glibc, and no C++ library but the one inside.
older() {
  local symbols newest
  symbols=$(objdump -T "$1")
  newest=$(grep -oE 'GLIBC_[0-9.]+' <<<"$symbols" | sort -V | tail -1)
  [ -n "$newest" ] || fail "$1: objdump -T shows no version of glibc"
  [ "$(printf '%s\n' "$newest" "GLIBC_$glibc" | sort -V | tail -1)" = "GLIBC_$glibc" ] ||
    fail "$1 needs $newest, and may need $glibc:" "$(grep -F "$newest" <<<"$symbols" | head -5)"
  ! grep -qE 'GLIBCXX_|CXXABI_' <<<"$symbols" || fail "$1 needs libstdc++.so"
  echo "$1: $newest at most"
}

# Does arm64's load, and count as this machine's does?
run_arm64() {
  command -v qemu-aarch64 >/dev/null || { echo "linux_arm64: built, not run (on Debian: apt-get install qemu-user)"; return; }
  local emulate=(qemu-aarch64 -L /usr/aarch64-linux-gnu) folder counted
  folder=$(mktemp -d)
  gunzip -c test/data/pg14.waldump.gz >"$folder/wal.dump"
  counted=$("${emulate[@]}" .cache/hosts/shell-arm64/duckdb_cli/duckdb -init /dev/null -unsigned -csv -noheader \
    -c "LOAD '$out/linux_arm64/waldump.duckdb_extension'" \
    -c "SELECT (SELECT extension_version FROM duckdb_extensions() WHERE extension_name = 'waldump'), count(*),
        sum(record_length) FROM read_waldump('$folder/wal.dump')")
  [ "$counted" = "$version,38399,22690211" ] || fail "linux_arm64: the extension says $counted"
  counted=$("${emulate[@]}" "$out/linux_arm64/walstats" convert "$folder/wal.dump" -o "$folder/wal.duckdb" 2>&1)
  [[ $counted == *" 38399 records"* ]] || fail "linux_arm64: walstats says $counted"
  rm -r "$folder"
  echo "linux_arm64: the extension loads and counts under qemu, and so does walstats"
}

# links FOLDER: the links in it, which SHA256SUMS does not have.
links() { (cd "$1" && find . -type l -printf '%P -> %l\n' | LC_ALL=C sort); }

# Builds a copy of the tree in another folder, with no cache, and compares.
again() {
  local copy
  copy=$(mktemp -d)
  git ls-files -z --cached --others --exclude-standard | tar --null --ignore-failed-read -T - -c | tar -x -C "$copy"
  git -C "$copy" init -q
  git -C "$copy" -c user.name=release -c user.email=release commit -q --allow-empty -m release # the bill asks for one
  mkdir -p "$copy/.cache"
  ln -s "$PWD/.cache/python" "$PWD/.cache/hosts" "$copy/.cache/"
  (cd "$copy" && GOCACHE=$copy/.cache/go build/release.sh >/dev/null)
  diff "$out/SHA256SUMS" "$copy/$out/SHA256SUMS" || fail "two builds differ; the other one is $copy/$out"
  diff <(links "$out") <(links "$copy/$out") || fail "two builds have other links; the other one is $copy/$out"
  rm -r "$copy"
  echo "twice the same bytes: $(wc -l <"$out/SHA256SUMS") files"
}

here() {
  local folder=build/release/extension/waldump platform=${DUCKDB_PLATFORM:-$(go env GOOS)_$(go env GOARCH)}
  CGO_ENABLED=1 go build -buildvcs=false -trimpath "-ldflags=-s -buildid=" -buildmode=c-shared -o "$folder/waldump.so" ./extension/loadable
  footer -version "$version" -platform "${platform/darwin/osx}" -o "$folder/waldump.duckdb_extension" "$folder/waldump.so"
  rm "$folder/waldump.so" "$folder/waldump.h"
  cp "$folder/waldump.duckdb_extension" build/release/
}

checked() {
  all
  local file
  for file in "$out"/linux_*/*; do older "$file"; done
  run_arm64
  .cache/python/bin/python test/packages/run.py --packages "$out"
}

case "${1-}" in
'') checked ;;
check) checked && again ;;
here) here ;;
*) fail "usage: build/release.sh [check|here]" ;;
esac
