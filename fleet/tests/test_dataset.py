"""A data set in a stock DuckDB, without any extension: read at once, with walstats' views."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import duckdb
import duckdb_extension_ducklake
import pytest
from conftest import WALSTATS, dump, plan
from walstats_ray import ducklake
from walstats_ray.dumps import DUMPS
from walstats_ray.part import convert
from walstats_ray.session import Failed, How
from walstats_ray.sums import views

VIEWS = views()


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
    found = duckdb.sql(
        f"SELECT source, count(*) FROM read_parquet('{output}/**/*.parquet', hive_partitioning = true) GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    assert found == [("pg16", 39880), ("pg18", 39852)]  # as pg_waldump --stats says


@pytest.mark.parametrize("name", ["pg16", "pg18"])
def test_the_views_say_of_a_source_what_they_say_of_its_database(tmp_path: Path, output: Path, name: str) -> None:
    subprocess.run([WALSTATS, "convert", output.parent / f"{name}.waldump", "-o", tmp_path / "wal.duckdb", "--quiet"], check=True)
    session = duckdb.connect()
    session.execute(f"ATTACH '{tmp_path}/wal.duckdb' AS one (READ_ONLY)")
    # As docs/fleet.md has it.
    session.execute(f"CREATE VIEW wal AS FROM read_parquet('{output}/source={name}/*.parquet', hive_partitioning = false)")
    session.execute(VIEWS)
    views = [
        view for (view,) in session.execute("SELECT view_name FROM duckdb_views() WHERE database_name = 'one' AND NOT internal").fetchall()
    ]
    compared = 0
    for view in views:
        text = session.execute("SELECT sql FROM duckdb_views() WHERE database_name = 'one' AND view_name = ?", [view]).fetchone()
        assert text
        if "wal_blocks" in text[0] or "_wal_touches" in text[0]:
            continue  # the blocks are in no data set
        compared += 1
        ours, theirs = f"FROM memory.main.{view}", f"FROM one.main.{view}"
        for one, other in ((ours, theirs), (theirs, ours)):
            assert session.execute(f"SELECT count(*) FROM ({one} EXCEPT ALL {other})").fetchone() == (0,), view
    assert compared > 10


def test_ducklake_has_all_parts_once(tmp_path: Path, output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    catalog, parts = str(tmp_path / "fleet.ducklake"), shutil.copytree(output, tmp_path / "out")
    monkeypatch.setenv("DUCKLAKE_EXTENSION", str(tmp_path / "none.duckdb_extension"))
    with pytest.raises(Failed, match="run INSTALL ducklake in this host's DuckDB, or name its file in DUCKLAKE_EXTENSION"):
        ducklake.register(parts, catalog, DUMPS)
    [extension] = Path(str(duckdb_extension_ducklake.__file__)).parent.rglob("ducklake.duckdb_extension")
    monkeypatch.setenv("DUCKLAKE_EXTENSION", str(extension))

    later = parts / "source=pg18"
    later.rename(tmp_path / "later")
    assert ducklake.register(parts, catalog, DUMPS) == 5
    (tmp_path / "later").rename(later)
    assert ducklake.register(parts, catalog, DUMPS) == 5
    assert ducklake.register(parts, catalog, DUMPS) == 0
    session = duckdb.connect()
    session.execute(f"LOAD '{extension}'; ATTACH 'ducklake:{catalog}' AS lake (READ_ONLY)")
    found = session.execute(
        "SELECT source, count(*), sum(hash(start_lsn, description, filename)::HUGEINT)::HUGEINT FROM lake.wal GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    rows = f"FROM read_parquet('{parts}/*/*.parquet', hive_partitioning = true)"
    assert (
        found
        == session.execute(
            f"SELECT source, count(*), sum(hash(start_lsn, description, filename)::HUGEINT)::HUGEINT {rows} GROUP BY ALL ORDER BY ALL"
        ).fetchall()
    )
    session.close()

    next(later.iterdir()).unlink()
    with pytest.raises(Failed, match="knows parts that have been made again since; remove the catalog"):
        ducklake.register(parts, catalog, DUMPS)
