# The front door. The build itself is CMakeLists.txt; the verbs are for people and CI alike.
MAKEFLAGS += --no-print-directory
BUILD := .cache/build
DATA ?= ../shared/data
FUZZTIME ?= 60s

.PHONY: help demo test extension walstats bench fuzz oracle clean

help: ## list the verbs
	@grep -hE '^[a-z]+:.*##' Makefile | sed -E 's/^([a-z]+):.*## /\1|/' | while IFS='|' read -r verb what; do printf '  make %-10s %s\n' "$$verb" "$$what"; done

demo: ## build the extension and show it in the stock DuckDB shell, on a real dump
	@build/demo.sh

test: $(BUILD) ## run every suite
	@cmake --build $(BUILD) -- -s
	@ctest --test-dir $(BUILD) --output-on-failure

extension: $(BUILD) ## dist/waldump.duckdb_extension
	@cmake --build $(BUILD) --target extension -- -s

walstats: $(BUILD) ## dist/walstats
	@cmake --build $(BUILD) --target walstats -- -s

bench: extension ## time it beside everything else: bench/results.md (DUMP=file SIZE=1GB RUNS=5 FULL=1)
	@bench/run.sh

fuzz: ## fuzz every target for FUZZTIME (60s)
	@build/fuzz.sh $(FUZZTIME)

oracle: ## compare with pg_waldump's own statistics on all dumps of DATA=folder
	@build/oracle.sh "$(DATA)"

clean: ## remove dist and .cache
	rm -rf dist .cache

$(BUILD): CMakeLists.txt
	@command -v go >/dev/null || { echo "make: Go is missing; on Debian: apt-get install golang (1.26 or later)" >&2; exit 1; }
	@command -v cmake >/dev/null || { echo "make: cmake is missing; on Debian: apt-get install cmake" >&2; exit 1; }
	@command -v cc >/dev/null || { echo "make: a C compiler is missing; on Debian: apt-get install gcc" >&2; exit 1; }
	@cmake -S . -B $(BUILD) >.cache-cmake.log 2>&1 || { cat .cache-cmake.log; rm -f .cache-cmake.log; exit 1; }
	@rm -f .cache-cmake.log
	@touch $(BUILD)
