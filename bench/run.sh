#!/bin/sh
# Measures read_waldump beside everything else that reads such text, and writes
# bench/results.md. `bench/run.sh --help` lists the options. Needs Go, Python 3.11
# or later, wc and awk; zstd for what is read compressed.
set -eu
cd "$(dirname "$0")/.."
venv=.cache/bench/venv
python=$venv/bin/python
if [ ! -x "$python" ]; then
	mkdir -p .cache/bench
	python3 -m venv "$venv"
fi
# Installs the packages of file $1 once for each of its versions.
install() {
	if ! cmp -s "$1" "$venv/$(basename "$1")"; then
		"$venv/bin/pip" install --quiet --requirement "$1" && cp "$1" "$venv/"
	fi
}
install bench/requirements.txt
case " $* ${FULL:+--full} " in
*" --full "*)
	install bench/requirements-full.txt || echo 'bench: no ClickHouse or plot: the packages of bench/requirements-full.txt do not install here' >&2
	;;
esac
exec "$python" bench/run.py ${FULL:+--full} "$@"
