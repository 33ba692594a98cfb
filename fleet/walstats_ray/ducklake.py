"""A data set as a table of DuckLake: the parts are registered where they are, none is copied."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb

from . import manifest
from .kind import Kind
from .session import Failed, quoted


def register(output: Path, catalog: str, kind: Kind) -> int:
    """Make the parts known to the catalog's table wal; says how many it did not know."""
    output = output.absolute()
    session = manifest.opened()
    _load(session)
    manifest.load(session, output, kind)
    session.execute(f"ATTACH {quoted(f'ducklake:{os.path.abspath(catalog)}')} AS lake (DATA_PATH {quoted(str(output))})")
    parts = quoted(f"{output}/{kind.folders}/*.parquet")
    session.execute("BEGIN")
    session.execute(
        f"CREATE TABLE IF NOT EXISTS lake.wal AS FROM read_parquet({parts}, hive_partitioning = true, hive_types_autocast = false) WITH NO DATA"
    )
    session.execute(
        f"CREATE TEMP TABLE known AS SELECT substring(data_file, {len(str(output)) + 2}) AS part, data_file_size_bytes AS bytes FROM ducklake_list_files('lake', 'wal')"
    )
    gone = session.execute("SELECT count(*) FROM known WHERE (part, bytes) NOT IN (SELECT (part, bytes) FROM disk)").fetchone()
    if gone != (0,):
        raise Failed(
            f"--ducklake {catalog}: knows parts that have been made again since; remove the catalog, and run this again to register all"
        )
    new = session.execute("SELECT part FROM disk WHERE part NOT IN (SELECT part FROM known) ORDER BY part").fetchall()
    for (part,) in new:
        session.execute("CALL ducklake_add_data_files('lake', 'wal', ?, hive_partitioning => true)", [f"{output}/{part}"])
    session.execute("COMMIT")
    return len(new)


def _load(session: duckdb.DuckDBPyConnection) -> None:
    """LOAD it: the one that is installed, or the file that DUCKLAKE_EXTENSION names."""
    try:
        session.execute(f"LOAD {quoted(os.environ.get('DUCKLAKE_EXTENSION', 'ducklake'))}")
    except duckdb.Error as error:
        cause = str(error).partition("\n")[0]
        raise Failed(f"--ducklake: {cause}; run INSTALL ducklake in this host's DuckDB, or name its file in DUCKLAKE_EXTENSION") from None
