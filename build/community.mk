# What the workflows of DuckDB's community repository call, beside `make release` with
# DUCKDB_PLATFORM: they leave build/release/extension/waldump/waldump.duckdb_extension.
# The extension is of no one DuckDB's version and needs none of its sources.
.PHONY: set_duckdb_version set_duckdb_tag configure_ci test_release

set_duckdb_version set_duckdb_tag configure_ci:

test_release:
	@build/tools.sh python
	@.cache/python/bin/python test/sql/run.py --extension build/release/waldump.duckdb_extension
