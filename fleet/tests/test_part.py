"""One task, without any engine."""

from __future__ import annotations

import dataclasses
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from conftest import DATA, PACKERS, Rows, dump, plan
from walstats_ray.dumps import DUMPS, totals
from walstats_ray.lines import count_lines
from walstats_ray.manifest import MANIFEST, opened, problems
from walstats_ray.part import Entry, convert
from walstats_ray.ranges import folder_of, source_of
from walstats_ray.session import Failed, How, words


def parts_in(output: Path) -> list[str]:
    """All files there are, by their names; what is not finished has one, too."""
    return sorted(name for _, _, names in os.walk(output) for name in names)


def add_up(entries: list[Entry]) -> bool:
    return sum(e.lines for e in entries) == sum(e.records + e.continuations + e.empty_lines + e.messages + e.rejects for e in entries)


@pytest.mark.parametrize("parts", [1, 2, 7, 64])
@pytest.mark.parametrize("name", ["pg16", "pg14-bkp", "stderr-mixed/pg16.txt"])
def test_ranges_have_the_rows_of_the_whole(tmp_path: Path, how: How, rows_of: Callable[..., Rows], name: str, parts: int) -> None:
    file = tmp_path / "wal.dump"
    text = dump(name)
    file.write_bytes(text)
    entries = [convert(range_, str(tmp_path / "out"), how) for range_ in plan(file, parts)]
    assert len(entries) == parts == len(parts_in(tmp_path / "out"))
    assert rows_of(tmp_path / "out") == rows_of([str(file)])
    assert sum(e.rows for e in entries) == rows_of([str(file)])[0]
    assert add_up(entries) and sum(e.lines for e in entries) == len(text.rstrip(b"\n").split(b"\n"))


@pytest.mark.parametrize("ending", PACKERS)
def test_packed_dumps_have_the_same_rows(tmp_path: Path, how: How, rows_of: Callable[..., Rows], ending: str) -> None:
    file = tmp_path / f"wal.waldump{ending}"
    text = dump("pg18")
    half = text.index(b"\n", len(text) // 2) + 1
    file.write_bytes(PACKERS[ending](text[:half]) + PACKERS[ending](text[half:]))  # two, one after the other
    [entry] = [convert(range_, str(tmp_path / "out"), how) for range_ in plan(file, 1)]
    assert (entry.lines, entry.records) == (39856, 39852) and add_up([entry])
    assert rows_of(tmp_path / "out") == rows_of([str(file)])


def test_a_part_says_its_lsns_and_is_sorted_by_them(
    tmp_path: Path, how: How, rows_of: Callable[..., Rows], reader: duckdb.DuckDBPyConnection
) -> None:
    file = tmp_path / "wal.dump"
    later, earlier = dump("pg16"), dump("slices/pg16")
    file.write_bytes(later + earlier)
    [range_] = plan(file, 1)
    entry = convert(range_, str(tmp_path / "out"), how)
    found = reader.execute(
        f"""SELECT min(start_lsn), max(start_lsn), bool_and(start_lsn >= before) FROM (SELECT start_lsn, lag(start_lsn) OVER (ORDER BY file_row_number) AS before
        FROM read_parquet('{tmp_path}/out/{entry.part}', file_row_number = true))"""
    ).fetchone()
    assert found == (entry.min_lsn, entry.max_lsn, True)
    assert rows_of(tmp_path / "out") == rows_of([str(file)])
    assert reader.execute(
        f"SELECT count(*) FROM read_waldump('{file}', byte_offset := true) WHERE byte_offset > 0 AND start_lsn::UBIGINT < {entry.max_lsn}"
    ).fetchone() != (0,)
    # What it says of itself is there after the sorting, too.
    assert convert(range_, str(tmp_path / "out"), how).before


def test_a_task_that_runs_twice_leaves_one_part(tmp_path: Path, how: How) -> None:
    file = tmp_path / "wal.dump"
    file.write_bytes(dump("slices/pg16"))
    [range_] = plan(file, 1)
    first = convert(range_, str(tmp_path / "out"), how)
    written = (tmp_path / "out" / first.part).stat()
    second = convert(range_, str(tmp_path / "out"), how)
    again = (tmp_path / "out" / first.part).stat()
    assert (written.st_ino, written.st_mtime_ns) == (again.st_ino, again.st_mtime_ns)
    assert second.before and not first.before
    assert dataclasses.replace(second, before=False, seconds=0, cpu=0, finished=0) == dataclasses.replace(
        first, seconds=0, cpu=0, finished=0
    )

    # A part of another state of the file, and one that is damaged, are made again.
    os.utime(file, ns=(1, 1))
    [changed] = plan(file, 1)
    assert not convert(changed, str(tmp_path / "out"), how).before
    (tmp_path / "out" / first.part).write_bytes(b"PAR1")
    assert not convert(changed, str(tmp_path / "out"), how).before
    assert not convert(changed, str(tmp_path / "out"), dataclasses.replace(how, timezone="none")).before
    assert len(parts_in(tmp_path / "out")) == 1


def test_xargs_runs_tasks_side_by_side_and_twice(tmp_path: Path, rows_of: Callable[..., Rows]) -> None:
    (tmp_path / "a:0:1 b.dump").write_bytes(dump("pg16"))
    (tmp_path / "c.waldump.gz").write_bytes((DATA / "pg18.waldump.gz").read_bytes())
    command = f"'{sys.executable}' -m walstats_ray.tasks out '{tmp_path}' --parts 3 > plan; cat plan plan | xargs -0 -n 2 -P 4 '{sys.executable}' -m walstats_ray.part out >> out/{MANIFEST}"
    (tmp_path / "out").mkdir()
    subprocess.run(["bash", "-c", command], cwd=tmp_path, check=True)
    lines = (tmp_path / "out" / MANIFEST).read_text().splitlines()
    assert len(lines) == 8 and len([part for part in parts_in(tmp_path / "out") if part.endswith(".parquet")]) == 4
    session = opened()
    assert list(problems(session, tmp_path / "out", DUMPS, look_inside=True)) == [] and totals(session)[:2] == (2, 4)
    assert rows_of(tmp_path / "out") == rows_of([str(tmp_path / "a:0:1 b.dump"), str(tmp_path / "c.waldump.gz")])


def test_a_dump_that_changes_is_no_part(tmp_path: Path, how: How) -> None:
    file = tmp_path / "wal.dump"
    file.write_bytes(dump("slices/pg16"))
    [range_] = plan(file, 1)
    file.write_bytes(dump("slices/pg16") + b"\n")
    with pytest.raises(Failed, match="has changed since it was planned"):
        convert(range_, str(tmp_path / "out"), how)
    with pytest.raises(Failed, match="the range ends at 999999999: the file is another than the plan's"):
        convert(dataclasses.replace(range_, end=999999999), str(tmp_path / "out"), how)
    assert parts_in(tmp_path / "out") == []


RECORD = b"rmgr: Transaction len (rec/tot):     46/    46, tx:          2, lsn: 0/06EBFE50, prev 0/06EBFE10, desc: COMMIT 2026-11-22 17:59:59.999999 %s\n"


def test_lines_that_are_no_records_are_told(tmp_path: Path, how: How) -> None:
    file = tmp_path / "wal.dump"
    file.write_bytes(RECORD % b"UTC" + b"broken\n\n" + RECORD % b"UTC" + b"cut")
    [range_] = plan(file, 1)
    entry = convert(range_, str(tmp_path / "out"), how)
    assert (entry.lines, entry.records, entry.empty_lines, entry.rejects, entry.rows) == (5, 2, 1, 2, 2)
    assert entry.reject == f'{file}:2 (byte {len(RECORD) + 1}): expected "rmgr: ", found "broken"'


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (b"no dump\n", r'1 \(byte 0\): expected "rmgr: ", found "no dump"; no line is a record'),
        ((DATA / "pg14.stats.txt").read_bytes(), "this is the output of pg_waldump --stats"),
        (RECORD % b"CST", "a time zone with one meaning"),
        (RECORD % b"CST" + b"broken\n", "1 times have no zone that says what they mean"),
    ],
)
def test_what_cannot_be_read_is_no_part(tmp_path: Path, how: How, text: bytes, what: str) -> None:
    file = tmp_path / "wal.dump"
    file.write_bytes(text)
    [range_] = plan(file, 1)
    with pytest.raises((Failed, duckdb.Error)) as error:
        convert(range_, str(tmp_path / "out"), how)
    assert re.search(what, words(error.value))
    assert parts_in(tmp_path / "out") == []


def test_a_zone_that_is_named_is_used(tmp_path: Path, how: How, reader: duckdb.DuckDBPyConnection) -> None:
    file = tmp_path / "wal.dump"
    file.write_bytes(RECORD % b"CST" + b"broken\n")
    [range_] = plan(file, 1)
    entry = convert(range_, str(tmp_path / "out"), dataclasses.replace(how, timezone="Asia/Shanghai"))
    found = reader.execute(f"SELECT epoch(xact_time)::BIGINT FROM '{tmp_path}/out/{entry.part}'").fetchone()
    assert found == (1795341600,)


@pytest.mark.parametrize("text", [b"", b"a", b"a\n", b"a\n\n", b"\n\nb", b"a\nb\nc"])
def test_every_line_is_counted_once(tmp_path: Path, text: bytes) -> None:
    for ending, pack in PACKERS.items():
        file = tmp_path / f"wal{ending}"
        file.write_bytes(pack(text))
        for parts in (1, 2, 3):
            assert sum(map(count_lines, plan(file, parts))) == len(text.splitlines())


@pytest.mark.parametrize(
    ("file", "by", "folder"),
    [
        ("/wal/db1/000000010000000000000001.waldump.zst", "file", "source=000000010000000000000001"),
        ("/wal/db1/000000010000000000000001.waldump.zst", "folder", "source=db1"),
        ("/wal/pg=1/a%b.txt", "folder", "source=pg%3D1"),
        ("/wal/pg=1/a%b.txt", "file", "source=a%25b"),
        ("/wal/.gz", "file", "source=.gz"),
    ],
)
def test_sources(file: str, by: str, folder: str) -> None:
    assert folder_of(source_of(file, by)) == folder
