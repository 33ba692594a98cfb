"""A data set in a stock DuckDB, without any extension: read at once, with walstats' views."""

from __future__ import annotations

import subprocess
from importlib.resources import files
from pathlib import Path

import duckdb
import pytest
from conftest import WALSTATS, dump, plan
from walstats_ray.part import convert
from walstats_ray.session import How

VIEWS = files("walstats_ray").joinpath("views.sql").read_text()


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory, how: How) -> Path:
    """A data set of two servers' WAL."""
    folder = tmp_path_factory.mktemp("servers")
    for name in ("pg16", "pg18"):
        (folder / f"{name}.waldump").write_bytes(dump(name))
        for range_ in plan(folder / f"{name}.waldump", 5):
            convert(range_, str(folder / "out"), how)
    return folder / "out"


def test_all_sources_are_read_at_once(output: Path) -> None:
    found = duckdb.sql(f"SELECT source, count(*) FROM read_parquet('{output}/**/*.parquet', hive_partitioning = true) GROUP BY ALL ORDER BY ALL").fetchall()
    assert found == [("pg16", 39880), ("pg18", 39852)]  # as pg_waldump --stats says


@pytest.mark.parametrize("name", ["pg16", "pg18"])
def test_the_views_say_of_a_source_what_they_say_of_its_database(tmp_path: Path, output: Path, name: str) -> None:
    subprocess.run([WALSTATS, "convert", output.parent / f"{name}.waldump", "-o", tmp_path / "wal.duckdb", "--quiet"], check=True)
    session = duckdb.connect()
    session.execute(f"ATTACH '{tmp_path}/wal.duckdb' AS one (READ_ONLY)")
    # As docs/fleet.md has it.
    session.execute(f"CREATE VIEW wal AS FROM read_parquet('{output}/source={name}/*.parquet', hive_partitioning = false)")
    session.execute(VIEWS)
    views = [view for (view,) in session.execute("SELECT view_name FROM duckdb_views() WHERE database_name = 'one' AND NOT internal").fetchall()]
    compared = 0
    for view in views:
        text = session.execute("SELECT sql FROM duckdb_views() WHERE database_name = 'one' AND view_name = ?", [view]).fetchone()
        assert text
        if "wal_blocks" in text[0]:
            continue  # the blocks are in no data set
        compared += 1
        ours, theirs = f"FROM memory.main.{view}", f"FROM one.main.{view}"
        for one, other in ((ours, theirs), (theirs, ours)):
            assert session.execute(f"SELECT count(*) FROM ({one} EXCEPT ALL {other})").fetchone() == (0,), view
    assert compared > 10
