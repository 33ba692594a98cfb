# The front door. The build itself is CMakeLists.txt; the verbs are for people and CI alike.
MAKEFLAGS += --no-print-directory
BUILD := .cache/build
DATA ?= ../shared/data
FUZZTIME ?= 60s

MINUTES ?= 30

.PHONY: help demo test check-all extension walstats picture release bench fuzz sanitize soak oracle clean check

help: ## list the verbs
	@sed -nE 's/^([a-z-]+):.*## (.*)/\1|\2/p' Makefile | while IFS='|' read -r verb what; do printf '  make %-10s %s\n' "$$verb" "$$what"; done

demo: ## show the extension in the stock DuckDB shell and walstats, on real WAL
	@build/demo.sh

test: check $(BUILD)/Makefile ## run every suite (ONLY=sql: those that match)
	@build/test.sh $(BUILD) "$(ONLY)"

check-all: test ## make test, the release twice, every client twenty times, every fault and sanitizer, a minute of soak
	@build/release.sh check
	@MUTATIONS=100 go test ./parser -count=1 -timeout 60m -run 'StrictReading|Glued'
	@build/tools.sh hosts all
	@fleet/tests/run.sh all
	@.cache/python/bin/python test/hosts/run.py --extension dist/release/linux_amd64/waldump.duckdb_extension --all --table docs/clients.md
	@.cache/python/bin/python test/hosts/lsn.py --all
	@.cache/python/bin/python test/hosts/repository.py --all --repository dist/release/repository
	@node/tests/run.sh dist/release/walstats-*.tgz
	@.cache/python/bin/python python/tests/run.py --all --wheel dist/release/walstats-*_x86_64.whl
	@build/tools.sh libraries
	@.cache/libraries/bin/python test/clients/run.py --table docs/clients.md
	@.cache/python/bin/python test/faults/run.py --all --table docs/limits.md
	@for client in .cache/hosts/[0-9]*; do PYTHONPATH=$$client .cache/python/bin/python test/faults/run.py || exit 1; done
	@$(MAKE) sanitize
	@.cache/python/bin/python test/soak/run.py --minutes 1

extension: $(BUILD)/Makefile ## dist/waldump.duckdb_extension
	@cmake --build $(BUILD) --target extension -- -s

walstats: check $(BUILD)/Makefile ## dist/walstats
	@cmake --build $(BUILD) --target walstats -- -s

picture: walstats ## docs/report.png: the report as README shows it (needs chromium and pngquant)
	@build/picture.sh

release: check ## dist/release: what users download
	@build/release.sh $(if $(DUCKDB_PLATFORM),here)

bench: extension walstats ## time it beside everything else: bench/results.md (DUMP=file SIZE=1GB RUNS=5 FULL=1 ONLY=name), bench/wal.md
	@bench/run.sh
	@.cache/bench/venv/bin/python bench/wal.py --runs $(or $(RUNS),5)

fuzz: ## fuzz every target for FUZZTIME (60s), and add it up in docs/testing.md
	@build/fuzz.sh $(FUZZTIME) docs/testing.md

sanitize: check ## run the C code and its boundary with Go under every sanitizer: docs/testing.md
	@build/tools.sh python
	@.cache/python/bin/python test/sanitize/run.py --table docs/testing.md

soak: extension ## queries, cancels and changing files for MINUTES (30): docs/soak.svg
	@build/tools.sh plots
	@PYTHONPATH=.cache/hosts/matplotlib .cache/python/bin/python test/soak/run.py --minutes $(MINUTES) --page docs/testing.md --figure docs/soak.svg

oracle: ## compare with pg_waldump's own statistics on all dumps of DATA=folder
	@build/oracle.sh "$(DATA)"

clean: ## remove dist and .cache
	rm -rf dist .cache

check:
	@build/tools.sh check c++

# CMake itself sees to it that this is up to date.
$(BUILD)/Makefile:
	@build/tools.sh check
	@mkdir -p $(BUILD)
	@cmake -S . -B $(BUILD) -G "Unix Makefiles" >$(BUILD)/configure.log 2>&1 || { cat $(BUILD)/configure.log >&2; exit 1; }

include build/community.mk
