#!/usr/bin/env bash
# docs/report.png: the first screens of the report on the WAL that the demo shows.
set -euo pipefail
cd "$(dirname "$0")/.."

page=$PWD/dist/picture.html picture=docs/report.png
dist/walstats report --quiet --replace test/data/demo -o "$page"
chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size=1120,1150 --screenshot="$picture" "file://$page" 2>dist/picture.log ||
  { cat dist/picture.log >&2; exit 1; }
pngquant --force --output "$picture" 64 "$picture" # 64 colours are enough, and a third of the bytes
size=$(stat -c %s "$picture")
[ "$size" -lt 150000 ] || { echo "$picture has $size bytes, and may have 150000: make the window smaller" >&2; exit 1; }
echo "$picture: $size bytes"
