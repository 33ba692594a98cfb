"""WAL of real clusters: what many workers make of it is what one process makes of it, and the proof
sees what is missing, or too much."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb
import pytest
import zstandard
from conftest import WALSTATS
from server import Server
from test_ray import entries, in_process, run, texts, wait_for, walstats_ray, workers
from walstats_ray import clusters, dataset, manifest
from walstats_ray.clusters import WAL
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
        found = session.execute(f"SELECT count(*), sum(hash(t) % 1000000007)::BIGINT FROM (SELECT {COLUMNS} FROM {source} WHERE timeline = {timeline}) t").fetchone()
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
            numbers |= {(system, timeline): found for timeline, found in numbers_of(reader, f"read_wal('{folder}', filename := true)").items()}
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
    return run(output, [archive], how, cluster, **{"size": SIZE, **cut})


def problems(output: Path) -> list[str]:
    return list(manifest.problems(manifest.opened(), output, WAL, look_inside=True, deep=True))


@pytest.mark.parametrize("how_stored", ["plain", "zstd"])
def test_rows_are_those_of_one_process(
    tmp_path: Path, how: How, two_cpus: Cluster, fleet: Path, packed: Path, rows_in: Callable[[Path], Numbers], how_stored: str
) -> None:
    archive = packed if how_stored == "zstd" else fleet / "archive"
    assert len([path for path in archive.rglob("0*") if path.suffix != ".history"]) > 200
    summary = converted(archive, tmp_path / "out", how, two_cpus)
    assert summary.problems == summary.notes == [] and summary.failed == 0 and summary.tasks > 60
    found = rows_of_parts(tmp_path / "out")
    assert found == rows_in(archive) and len(found) == 6
    assert summary.records == sum(count for count, _ in found.values())
    # A part's place says whose it is, to every DuckDB.
    places = duckdb.sql(f"SELECT system_identifier, timeline, count(*) FROM read_parquet('{tmp_path}/out/**/*.parquet', hive_partitioning = true) GROUP BY ALL").fetchall()
    assert {(system, timeline): count for system, timeline, count in places} == {key: count for key, (count, _) in found.items()}
    done = walstats_ray("check", str(tmp_path / "out"), "--deep")
    assert done.returncode == 0 and "/out: complete: 3 clusters, 6 timelines in " in done.stdout, done.stderr
    # However it is cut, it is done.
    again = converted(archive, tmp_path / "out", how, two_cpus, size="1MiB", parts=2)
    assert again.tasks == 0 and again.done_before > 200 and again.problems == []


def test_workers_and_a_driver_that_are_killed_lose_nothing(tmp_path: Path, how: How, two_cpus: Cluster, fleet: Path, rows_in: Callable[[Path], Numbers]) -> None:
    archive, output = fleet / "archive", tmp_path / "out"
    started = subprocess.Popen(
        [sys.executable, "-c", "import sys; from walstats_ray.cli import main; sys.exit(main())", "convert", archive, "-o", output, "--size", SIZE, "--address", address()],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    wait_for(lambda: (output / manifest.MANIFEST).exists() and len(entries(output)) >= 5, started)
    started.kill()
    started.wait()
    killed: set[int] = set()

    def kill(_: Any) -> None:
        """Kill one of the processes that work."""
        for pid in workers():
            if len(killed) < 5 and pid not in killed:
                os.kill(pid, signal.SIGKILL)
                killed.add(pid)
                return

    summary = run(output, [archive], how, two_cpus, kill, size=SIZE)
    assert len(killed) == 5 and (summary.failed, summary.problems) == (0, [])
    assert summary.done_before >= 5 and summary.tasks > 20
    assert rows_of_parts(output) == rows_in(archive)
    assert converted(archive, output, how, two_cpus).tasks == 0  # what they left goes with the next run
    assert [name for name in texts(output) if ".tmp" in name] == [] and problems(output) == []


def address() -> str:
    import ray

    return str(ray.get_runtime_context().gcs_address)


def test_an_archive_that_grows_and_forgets(tmp_path: Path, how: How, two_cpus: Cluster, fleet: Path, rows_in: Callable[[Path], Numbers]) -> None:
    """Night after night: the last record goes on in a segment that comes later, old segments go, and
    the cluster leaves a timeline on which it had written more."""
    db, lost, archive, output = fleet / "archive/db1", fleet / "lost", tmp_path / "archive", tmp_path / "out"
    (archive / "db1").mkdir(parents=True)
    names = sorted(path.name for path in lost.iterdir() if path.name.startswith("00000001"))
    for night in (names[:10], names[10:11], names[11:25], names[25:]):
        for name in night:
            shutil.copyfile(lost / name, archive / "db1" / name)
        for name in names[: max(0, names.index(night[0]) - 2)]:  # the last record may begin in the last one
            (archive / "db1" / name).unlink(missing_ok=True)
        summary = converted(archive, output, how, two_cpus)
        assert summary.problems == [] and summary.tasks > 0, night
        assert converted(archive, output, how, two_cpus).tasks == 0
    everything = copied(lost, tmp_path / "all" / "db1").parent
    assert rows_of_parts(output) == rows_in(everything)
    assert problems(output) == []
    # The new timeline left the old one before its end.
    copied(db, archive / "db1")
    (everything / "db1").rename(tmp_path / "before")
    copied(db, everything / "db1")
    assert converted(archive, output, how, two_cpus).problems == []
    assert rows_of_parts(output) == rows_in(everything) and problems(output) == []
