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
from conftest import WALSTATS, dump
from server import Server
from test_ray import entries, in_process, run, texts, wait_for, walstats_ray, workers
from walstats_ray import dataset, manifest
from walstats_ray.clusters import WAL
from walstats_ray.scatter import Cluster
from walstats_ray.session import Failed, How

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


def cut_short(path: Path, size: int) -> None:
    path.write_bytes(path.read_bytes()[:size])


TYPED = ("missing", "doubled")  # for which the program is run, too, which takes seconds to start


def doubled(path: Path, text: bytes) -> None:
    path.with_name(f"{path.name}.zst").write_bytes(zstandard.compress(text))


# What is done to a segment in the middle of a cluster, and what has to be said of it then; 1 is the
# exit code where WAL is missing.
NO_PART = "cluster {system}: no part has segments {before} to {name}, 0/"  # the last record before the segment has its rest there
WRONG: dict[str, tuple[Callable[[Path], Any], int, list[str]]] = {
    "missing": (lambda path: path.unlink(), 1, ["{path}: is missing, and later segments are there", NO_PART]),
    "cut": (lambda path: cut_short(path, 300_000), 1, ["{path}: has 300000 bytes, expected 1048576: it was cut; copy it again", "cluster {system}: no part has segment {name}, 0/"]),
    "empty": (lambda path: cut_short(path, 0), 1, ["{path}: has 0 bytes", NO_PART]),
    "damaged": (flipped, 1, ["cluster {system}: no part has segment {name}, 0/"]),
    "doubled": (lambda path: doubled(path, path.read_bytes()), 0, ["{path}.zst: is a second copy of {path}; it is not read"]),
    "doubled, and different": (lambda path: doubled(path, path.read_bytes()[:-1] + b"x"), 1, ["{path}.zst: is the same segment as {path} and has other bytes; keep the right one"]),
    "of another cluster": (lambda path: shutil.copyfile(path.parents[1] / "db2" / path.name, path), 1, ["{path}: is another cluster's WAL: it has PostgreSQL 15", NO_PART]),
    "of another place": (lambda path: shutil.copyfile(segments(path.parent)[0], path), 1, [NO_PART]),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_segment_that_is_wrong_is_named(tmp_path: Path, how: How, two_cpus: Cluster, small: Path, rows_in: Callable[[Path], Numbers], what: str) -> None:
    do, code, said = WRONG[what]
    archive, output = shutil.copytree(small, tmp_path / "archive"), tmp_path / "out"
    path = segments(archive / "db1")[1]
    do(path)
    summary = converted(archive, output, how, two_cpus, size="1MiB")
    [system] = {entry["system_identifier"] for entry in entries(output) if "/db1/" in entry["file"]}
    told = [*(summary.problems or []), *(summary.notes or [])]
    for template in said:
        text = template.format(path=path, name=path.name, before=segments(small / "db1")[0].name, system=system)
        assert any(line.startswith(text) for line in told), told
    assert problems(output) == summary.problems and bool(summary.problems) == bool(code)
    if what in TYPED:
        checked = walstats_ray("check", str(output))
        assert checked.returncode == code
        assert sorted(checked.stderr.splitlines()[: len(told)]) == sorted(f"walstats-ray: {line}" for line in told)
    # The other cluster is whole. When the segment is there, so is this one, and no more is done than what was missing.
    for folder in ("db1", "db2"):
        shutil.rmtree(archive / folder)
        shutil.copytree(small / folder, archive / folder)
    summary = converted(archive, output, how, two_cpus, size="1MiB")
    assert summary.problems == [] and summary.tasks <= 3 and problems(output) == []
    assert rows_of_parts(output) == rows_in(small)


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
    expected = session.execute("SELECT resource_manager, record_type, share, records, bytes, fpi_bytes, images FROM wal_by_record_type ORDER BY bytes DESC, records DESC, 1, 2").fetchall()
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
    assert re.match(rf"walstats-ray: {segments(archive / 'db2')[1]}: LSN .*\nwalstats-ray: 1 of the ranges could not be read", done.stderr), done.stderr
    segments(archive / "db1")[1].unlink()
    done = in_process(command, str(archive), "--quiet")
    assert done.returncode == 1 and done.stdout == ""
    assert re.match(r"walstats-ray: .*: is missing, and later segments are there\nwalstats-ray: WAL is missing, see above", done.stderr), done.stderr


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


Lines = list[dict[str, Any]]


def changed(line: int, **fields: Any) -> Callable[[Path, Lines], Any]:
    return lambda _, lines: lines[line].update({name: lines[line][name] + by if isinstance(by, int) else by for name, by in fields.items()})


# What is done to a data set, and what has to be said of it then.
BROKEN: dict[str, tuple[Callable[[Path, Lines], Any], str]] = {
    "a part is gone": (lambda output, lines: os.remove(output / lines[1]["part"]), "is gone"),
    "a line is gone": (lambda _, lines: lines.pop(1), "no part has segment"),
    "the first line is gone": (lambda _, lines: lines.pop(0), "no part has segment"),
    "the last line is gone": (lambda _, lines: lines.pop(), "no part has segment"),
    "a part is there twice": (
        lambda output, lines: lines.append({**lines[1], "part": str(Path(shutil.copy(output / lines[1]["part"], output / f"{lines[1]['part']}.parquet")).relative_to(output))}),
        "two parts have segment",
    ),
    "a prev link": (changed(1, first_prev_lsn=-8), "the chain is broken at 0/"),
    "a last record": (changed(1, last_lsn=-8), "the chain is broken at 0/"),
    "records that overlap": (changed(1, last_end_lsn=1000), "the chain is broken at 0/"),
    "a range that ends too early": (changed(1, end_lsn=-100), "which are not all in 0/"),
    "a range that ends too late": (changed(1, end_lsn=100), "two parts have segment"),
    "timelines": (changed(0, timeline=5), "before it of timeline 6"),
    "rows": (changed(1, rows=1), " rows, not "),
    "no first record": (lambda _, lines: lines[1].update(first_lsn=None), "does not say which is the first and the last"),
    "a field": (lambda _, lines: lines[1].update(end_lsn=None), "a line of the manifest has no end_lsn"),
    "a time zone": (changed(1, settings="timezone Asia/Kolkata"), "its parts have times of 2 time zones"),
    "the clusters": (lambda output, _: (output / WAL.inputs).unlink(), "_walstats_clusters.jsonl: is gone: it lists the WAL"),
    "a cluster": (lambda output, _: (output / WAL.inputs).write_text((output / WAL.inputs).read_text().splitlines()[0] + "\n"), "has parts, and _walstats_clusters.jsonl does not list it"),
    "all parts of a cluster": (lambda _, lines: lines.__delitem__(slice(0, len(lines) // 2)), "none of its parts is there"),
    "a part more": (lambda output, lines: shutil.copy(output / lines[1]["part"], output / "more.parquet"), "more.parquet: the manifest does not know this part"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_broken_is_found(tmp_path: Path, whole: Path, what: str) -> None:
    output = shutil.copytree(whole, tmp_path / "out")
    lines = sorted(entries(output), key=lambda line: (line["system_identifier"], line["start_lsn"]))
    do, said = BROKEN[what]
    do(output, lines)
    (output / manifest.MANIFEST).write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert said in "\n".join(problems(output))


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory, how: How, two_cpus: Cluster, small: Path) -> Path:
    """A data set that is complete."""
    output = tmp_path_factory.mktemp("whole") / "out"
    assert converted(small, output, how, two_cpus, size="1MiB").problems == [] == problems(output)
    return output
