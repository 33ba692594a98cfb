"""WAL of real clusters, and what one process reads of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb
import pytest
import zstandard
from server import Server
from walstats_ray import dataset, manifest
from walstats_ray.clusters import WAL
from walstats_ray.plan import Cut
from walstats_ray.scatter import Cluster
from walstats_ray.session import How

SIZE = "3MiB"


def copied(from_: Path, to: Path, *, packed: bool = False) -> Path:
    """Copies segments and history files."""
    to.mkdir(parents=True, exist_ok=True)
    for path in sorted(from_.iterdir()):
        if path.is_dir():
            continue
        if packed and path.suffix != ".history":
            (to / f"{path.name}.zst").write_bytes(zstandard.ZstdCompressor(level=1).compress(path.read_bytes()))
        else:
            shutil.copyfile(path, to / path.name)
    return to


@pytest.fixture(scope="session")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder a cluster: three clusters, each promoted once, 200 segments of 1 MB and more. Beside
    them is lost, with what the first of them wrote on the timeline that it left."""
    root = tmp_path_factory.mktemp("fleet")

    def made(name: str, lost: int) -> None:
        server = Server()
        try:
            server.write(30)
            left = server.promote(lost)
            if lost:
                copied(left, root / "lost")
            server.write(30)
            server.stop()
            copied(server.wal, root / "archive" / name)
        finally:
            server.remove()

    with ThreadPoolExecutor() as pool:  # servers wait, too
        list(pool.map(made, ("db1", "db2", "db3"), (10, 0, 0)))
    yield root
    shutil.rmtree(root)


@pytest.fixture(scope="session")
def packed(fleet: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same clusters, each segment packed with zstd."""
    root = tmp_path_factory.mktemp("packed")
    for folder in (fleet / "archive").iterdir():
        copied(folder, root / folder.name, packed=True)
    return root


Numbers = dict[tuple[int, int], tuple[int, int]]  # of each cluster and timeline: how many rows there are, and a sum of them


COLUMNS = "* EXCLUDE filename REPLACE (start_lsn::UBIGINT AS start_lsn, prev_lsn::UBIGINT AS prev_lsn, end_lsn::UBIGINT AS end_lsn)"


def numbers_of(session: duckdb.DuckDBPyConnection, source: str) -> dict[int, tuple[int, int]]:
    """Returns the numbers of the rows of a table, by timeline."""
    numbers = {}
    for (timeline,) in session.execute(f"SELECT DISTINCT timeline FROM {source}").fetchall():
        found = session.execute(
            f"SELECT count(*), sum(hash(t) % 1000000007)::BIGINT FROM (SELECT {COLUMNS} FROM {source} WHERE timeline = {timeline}) t"
        ).fetchone()
        assert found
        numbers[timeline] = found
    return numbers


@pytest.fixture(scope="session")
def rows_in(reader: duckdb.DuckDBPyConnection) -> Callable[[Path], Numbers]:
    """What one process reads of clusters, a folder each."""

    def of(archive: Path) -> Numbers:
        numbers: Numbers = {}
        for folder in sorted(archive.iterdir()):
            [(system,)] = reader.execute(f"SELECT DISTINCT system_identifier FROM wal_segments('{folder}') WHERE records > 0").fetchall()
            numbers |= {
                (system, timeline): found for timeline, found in numbers_of(reader, f"read_wal('{folder}', filename := true)").items()
            }
        return numbers

    return of


def rows_of_parts(output: Path) -> Numbers:
    """What a data set has, as every DuckDB reads it."""
    numbers: Numbers = {}
    for folder in output.glob("system_identifier=*"):
        found = numbers_of(duckdb.connect(), f"read_parquet('{folder}/*/*.parquet', hive_partitioning = false)")
        numbers |= {(int(folder.name.partition("=")[2]), timeline): numbers for timeline, numbers in found.items()}
    return numbers


def converted(archive: Path, output: Path, how: How, cluster: Cluster, **cut: Any) -> dataset.Summary:
    """A run of walstats-ray convert."""
    return dataset.run(output, Cut([str(archive)], **{"size": SIZE, **cut}), how, cluster, lambda tasks, bytes_: None, lambda outcome: None)


def problems(output: Path) -> list[str]:
    return list(manifest.problems(manifest.opened(), output, WAL, look_inside=True, deep=True))


@pytest.fixture(scope="session")
def small(fleet: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some segments of two clusters, around their promotions."""
    root = tmp_path_factory.mktemp("small")
    for name in ("db1", "db2"):
        (root / name).mkdir()
        paths = sorted((fleet / "archive" / name).iterdir())
        middle = next(i for i, path in enumerate(paths) if path.name.startswith("000000020"))
        for path in [*paths[middle - 5 : middle + 4], fleet / "archive" / name / "00000002.history"]:
            shutil.copyfile(path, root / name / path.name)
    return root


def segments(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if len(path.name) == 24)


def flipped(path: Path) -> None:
    text = bytearray(path.read_bytes())
    text[len(text) // 2] ^= 1
    path.write_bytes(text)
