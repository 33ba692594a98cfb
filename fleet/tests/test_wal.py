"""WAL of real clusters: what many workers make of it is what one process makes of it."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from clusters import SIZE, Numbers, converted, copied, flipped, problems, rows_of_parts, segments
from conftest import WALSTATS, dump
from test_ray import entries, in_process, run, texts, wait_for, walstats_ray, workers
from walstats_ray import manifest
from walstats_ray.clusters import pieces_of
from walstats_ray.scatter import Cluster
from walstats_ray.session import Failed, How, insert


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
    places = duckdb.sql(
        f"SELECT system_identifier, timeline, count(*) FROM read_parquet('{tmp_path}/out/**/*.parquet', hive_partitioning = true) GROUP BY ALL"
    ).fetchall()
    assert {(system, timeline): count for system, timeline, count in places} == {key: count for key, (count, _) in found.items()}
    done = walstats_ray("check", str(tmp_path / "out"), "--deep")
    assert done.returncode == 0 and "/out: complete: 3 clusters, 6 timelines in " in done.stdout, done.stderr
    # However it is cut, it is done.
    again = converted(archive, tmp_path / "out", how, two_cpus, size="1MiB", parts=2)
    assert again.tasks == 0 and again.done_before > 200 and again.problems == []


def test_workers_and_a_driver_that_are_killed_lose_nothing(
    tmp_path: Path, how: How, two_cpus: Cluster, fleet: Path, rows_in: Callable[[Path], Numbers]
) -> None:
    archive, output = fleet / "archive", tmp_path / "out"
    started = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys; from walstats_ray.cli import main; sys.exit(main())",
            "convert",
            archive,
            "-o",
            output,
            "--size",
            SIZE,
            "--address",
            address(),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
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


def test_an_archive_that_grows_and_forgets(
    tmp_path: Path, how: How, two_cpus: Cluster, fleet: Path, rows_in: Callable[[Path], Numbers]
) -> None:
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
    summary = converted(archive, output, how, two_cpus)
    assert summary.problems == [] and [note for note in summary.notes or [] if ": is of timeline 1 after 0/" in note] == summary.notes != []
    assert rows_of_parts(output) == rows_in(everything) and problems(output) == []


def test_stats_and_top_are_those_of_one_process(tmp_path: Path, two_cpus: Cluster, small: Path) -> None:
    one = [str(small / "db1"), "--json"]
    for flags in ([], ["--per-record"]):
        ours = in_process("stats", str(small / "db1"), "--size", "2MiB", "--json", "--quiet", *flags)
        theirs = subprocess.run([WALSTATS, "stats", *one, *flags], capture_output=True, text=True, check=True)
        assert json.loads(ours.stdout) == json.loads(theirs.stdout) and ours.returncode == 0, ours.stderr
    top = json.loads(in_process("top", *one, "--size", "2MiB").stdout)
    database = tmp_path / "wal.duckdb"
    subprocess.run([WALSTATS, "convert", small / "db1", "-o", database, "--quiet"], check=True)
    session = duckdb.connect(str(database), read_only=True)
    expected = session.execute(
        "SELECT resource_manager, record_type, share, records, bytes, fpi_bytes, images FROM wal_by_record_type ORDER BY bytes DESC, records DESC, 1, 2"
    ).fetchall()
    assert [tuple(row.values()) for row in top["record_types"]] == expected and len(expected) > 10
    # Two clusters may have relations of the same number: they stay apart.
    both = json.loads(in_process("top", str(small), "--json", "--size", "2MiB").stdout)["clusters"]
    assert len(both) == 2 and {"system_identifier", "relations", "record_types"} == set(both[0])
    assert top in [{name: cluster[name] for name in top} for cluster in both]
    text = in_process("top", str(small), "--quiet").stdout
    assert [text.count(f"Cluster {cluster['system_identifier']}\n\nRELATION ") for cluster in both] == [1, 1]


@pytest.mark.parametrize("command", ["stats", "top"])
def test_sums_of_wal_that_is_not_whole(tmp_path: Path, two_cpus: Cluster, small: Path, command: str) -> None:
    archive = shutil.copytree(small, tmp_path / "archive")
    flipped(segments(archive / "db2")[1])
    done = in_process(command, str(archive), "--size", "1MiB", "--quiet")
    assert done.returncode == 1 and done.stdout == "" and "ignore_errors" not in done.stderr
    assert re.match(
        rf"walstats-ray: {segments(archive / 'db2')[1]}: LSN .*\nwalstats-ray: 1 of the ranges could not be read", done.stderr
    ), done.stderr
    segments(archive / "db1")[1].unlink()
    done = in_process(command, str(archive), "--quiet")
    assert done.returncode == 1 and done.stdout == ""
    assert re.match(r"walstats-ray: .*: is missing, and later segments are there\nwalstats-ray: WAL is missing, see above", done.stderr), (
        done.stderr
    )


def test_other_engines_get_tasks(tmp_path: Path, small: Path, rows_in: Callable[[Path], Numbers]) -> None:
    """The line of docs/fleet.md, on WAL: each process writes a part, and check knows what must be there."""
    module = f"{sys.executable} -m walstats_ray"
    script = f"{module}.tasks wal {small} --size 4MiB | xargs -0 -r -n 2 -P 2 {module}.part wal >> wal/_walstats_manifest.jsonl"
    (tmp_path / "wal").mkdir()
    for _ in range(2):  # the second one has nothing to do
        done = subprocess.run(["bash", "-o", "pipefail", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    assert problems(tmp_path / "wal") == [] and len(entries(tmp_path / "wal")) > 5
    assert rows_of_parts(tmp_path / "wal") == rows_in(small)
    (tmp_path / "wal" / entries(tmp_path / "wal")[1]["part"]).unlink()
    done = subprocess.run(script, shell=True, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "parts that are to be made again: 1; remove _walstats_manifest.jsonl, and run this again" in done.stderr
    (tmp_path / "wal" / manifest.MANIFEST).unlink()
    subprocess.run(script, shell=True, cwd=tmp_path, check=True)
    assert problems(tmp_path / "wal") == [] and sum(not entry["before"] for entry in entries(tmp_path / "wal")) == 1


def test_a_data_set_is_of_wal_or_of_dumps(tmp_path: Path, how: How, two_cpus: Cluster, small: Path) -> None:
    (tmp_path / "a.dump").write_bytes(dump("slices/pg16"))
    assert run(tmp_path / "out", [tmp_path / "a.dump"], how, two_cpus).problems == []
    with pytest.raises(Failed, match="/out: is of dumps, and the input is WAL; give it a folder of its own"):
        converted(small, tmp_path / "out", how, two_cpus)
    with pytest.raises(Failed, match="--source folder: is for dumps; WAL says itself which cluster it is of"):
        converted(small, tmp_path / "other", how, two_cpus, source="folder")


def test_what_is_to_do_is_what_no_part_has() -> None:
    """Ranges and parts by chance, compared LSN by LSN."""
    chance = random.Random(1)

    def intervals(most: int) -> list[tuple[int, int, int]]:
        found = []
        for system in (1, 2, 3):
            cuts = sorted(chance.sample(range(100), 2 * chance.randrange(most)))
            found += [(system, begin, end) for begin, end in zip(cuts[::2], cuts[1::2], strict=True)]
        return found

    def lsns(found: list[tuple[int, int, int]]) -> set[tuple[int, int]]:
        return {(system, lsn) for system, begin, end in found for lsn in range(begin, end)}

    session = duckdb.connect()
    for _ in range(100):
        good, whole = intervals(8), intervals(12)
        if chance.random() < 0.5:  # parts that meet
            good = [(system, lsn, lsn + 1) for system, lsn in sorted(lsns(good))]
        session.execute("CREATE OR REPLACE TABLE good (system_identifier BIGINT, start_lsn BIGINT, end_lsn BIGINT)")
        session.execute('CREATE OR REPLACE TABLE whole (system_identifier BIGINT, "begin" BIGINT, "end" BIGINT, number BIGINT)')
        insert(session, "good", good)
        insert(session, "whole", ((*row, number) for number, row in enumerate(whole)))
        pieces = [(whole[number], begin, end) for number, begin, end in pieces_of(session)]
        assert all(of[1] <= begin < end <= of[2] for of, begin, end in pieces)
        assert lsns([(of[0], begin, end) for of, begin, end in pieces]) == lsns(whole) - lsns(good)
        assert sum(end - begin for _, begin, end in pieces) == len(lsns(whole) - lsns(good))
