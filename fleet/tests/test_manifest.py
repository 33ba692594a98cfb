"""What proves a data set complete must see whatever is missing, or too much."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import duckdb
import pytest
from conftest import dump, plan
from walstats_ray import dumps, manifest
from walstats_ray.dumps import DUMPS
from walstats_ray.part import convert
from walstats_ray.session import How

Lines = list[dict[str, Any]]


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory, how: How) -> Path:
    """A data set that is complete: of two dumps, one of them in four ranges."""
    folder = tmp_path_factory.mktemp("whole")
    output = folder / "out"
    output.mkdir()
    for name, text, parts in (("a.dump", dump("slices/pg16-bkp"), 4), ("b.dump", dump("slices/pg16") + b"broken\n", 1)):
        (folder / name).write_bytes(text)
        ranges = plan(folder / name, parts)
        with manifest.Appended(output / manifest.MANIFEST) as lines:
            for range_ in ranges:
                lines.add(json.dumps(asdict(convert(range_, str(output), how))))
        with manifest.Appended(output / DUMPS.inputs) as lines:
            lines.add(json.dumps({"file": ranges[0].file, "source": name, **asdict(ranges[0].identity)}))
    return output


def problems(output: Path, *, deep: bool = False) -> list[str]:
    return list(manifest.problems(manifest.opened(), output, DUMPS, look_inside=True, deep=deep))


def test_a_complete_data_set_has_no_problem(whole: Path) -> None:
    session = manifest.opened()
    assert list(manifest.problems(session, whole, DUMPS, look_inside=True)) == []
    files, parts, lines, records, rejects = dumps.totals(session)
    assert (files, parts, rejects) == (2, 5, 1)
    assert lines == sum((whole.parent / name).read_bytes().count(b"\n") for name in ("a.dump", "b.dump")) > records


def changed(field: str, by: int) -> Callable[[Path, Lines], None]:
    def change(_: Path, lines: Lines) -> None:
        lines[1][field] += by

    return change


def fewer_rows(output: Path, lines: Lines) -> None:
    part = output / lines[1]["part"]
    duckdb.sql(f"COPY (FROM read_parquet('{part}') OFFSET 1) TO '{part}.new' (FORMAT parquet)")
    os.replace(f"{part}.new", part)
    lines[1]["bytes"] = part.stat().st_size


def more_inputs(output: Path, _: Lines) -> None:
    with manifest.Appended(output / DUMPS.inputs) as inputs:
        inputs.add(json.dumps({"file": "/c.dump", "source": "c", "size": 1, "mtime_ns": 1}))


def copied(to: str) -> Callable[[Path, Lines], None]:
    """Copies a part to another place in the data set, where ** finds it."""

    def copy(output: Path, lines: Lines) -> None:
        (output / to).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(output / lines[1]["part"], output / to)

    return copy


def linked(output: Path, lines: Lines) -> None:
    (output.parent / "elsewhere").mkdir()
    shutil.copy(output / lines[1]["part"], output.parent / "elsewhere")
    (output / "source=c").symlink_to(output.parent / "elsewhere")


def without(field: str) -> Callable[[Path, Lines], None]:
    def change(_: Path, lines: Lines) -> None:
        lines[1][field] = None

    return change


def a_line_of_no_part(_: Path, lines: Lines) -> None:
    lines.append({**lines[1], "part": None})


def an_unknown_part(output: Path, lines: Lines) -> None:
    """Hides the part, too: in SQL nothing is NOT IN a list with NULL."""
    a_line_of_no_part(output, lines)
    copied("source=a/more.parquet")(output, lines)


# What is done to it, and what has to be said then.
BROKEN: list[tuple[Callable[[Path, Lines], Any], str]] = [
    (lambda output, lines: os.remove(output / lines[1]["part"]), "is gone"),
    (lambda output, lines: (output / lines[1]["part"]).write_bytes(b"PAR1"), "has 4 bytes, not"),
    (lambda output, lines: (output / lines[1]["part"]).write_bytes(b"PAR1"), "too small to be a Parquet file"),
    (
        lambda output, lines: shutil.copy(output / lines[1]["part"], output / "source=a/more.parquet"),
        "source=a/more.parquet: the manifest does not know this part",
    ),
    (copied("more.parquet"), "more.parquet: the manifest does not know this part"),
    (copied("other/more.parquet"), "other/more.parquet: the manifest does not know this part"),
    (copied("source=a/deep/er/more.parquet"), "source=a/deep/er/more.parquet: the manifest does not know this part"),
    (copied("source=a/more.PARQUET"), "source=a/more.PARQUET: the manifest does not know this part"),
    (copied(".hidden/more.Parquet"), ".hidden/more.Parquet: the manifest does not know this part"),
    (
        lambda output, _: (output / "source=a/gone.parquet").symlink_to("/none"),
        "source=a/gone.parquet: the manifest does not know this part",
    ),
    (linked, "source=c/: is a link to a folder"),
    (lambda output, _: os.remove(output / DUMPS.inputs), "_walstats_inputs.jsonl: is gone"),
    (lambda output, _: (output / DUMPS.inputs).write_text(""), "a.dump: has parts, and _walstats_inputs.jsonl does not list it"),
    (
        lambda output, _: (output / DUMPS.inputs).write_text((output / DUMPS.inputs).read_text().splitlines()[0] + "\n"),
        "b.dump: has parts, and",
    ),
    (a_line_of_no_part, "a.dump: a line of the manifest has no part"),
    (an_unknown_part, "source=a/more.parquet: the manifest does not know this part"),
    *((without(field), f"a line of the manifest has no {field}") for field in DUMPS.required),
    (fewer_rows, "rows, not"),
    (lambda _, lines: lines.pop(0), "a.dump: no part has its bytes 0 to"),
    (lambda _, lines: lines.pop(1), "a.dump: no part has its bytes"),
    (lambda _, lines: lines.pop(3), "a.dump: no part has its bytes"),
    (lambda _, lines: lines.pop(4), "b.dump: none of its parts is there"),
    (more_inputs, "/c.dump: none of its parts is there"),
    (changed("end", 1), "a.dump: two parts have its bytes"),
    (changed("begin", 1), "a.dump: no part has its bytes"),
    (changed("lines", 1), "lines, and its parts account for"),
    (changed("continuations", -1), "lines, and its parts account for"),
    (changed("rejects", 1), "lines, and its parts account for"),
    (changed("messages", 1), "lines, and its parts account for"),
    (changed("empty_lines", 1), "lines, and its parts account for"),
    (changed("rows", -1), "rows of"),
    (changed("bytes", 1), "bytes, not"),
    (changed("mtime_ns", 1), "a.dump: its parts are of another state of it than the one that was planned"),
    (changed("mtime_ns", 1), "a.dump: its parts are of 2 states of it"),
    (lambda _, lines: lines[2].update(settings="timezone none"), "a.dump: its parts are of 2 states of it"),
]


@pytest.mark.parametrize(("do", "what"), BROKEN)
def test_what_is_wrong_is_seen(tmp_path: Path, whole: Path, do: Callable[[Path, Lines], Any], what: str) -> None:
    output = shutil.copytree(whole, tmp_path / "out")
    path = output / manifest.MANIFEST
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    do(output, lines)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert what in "\n".join(problems(output))


@pytest.mark.parametrize("place", [4, 0.3, 0.6])
def test_changed_bytes_are_seen_by_deep(tmp_path: Path, whole: Path, place: float) -> None:
    output = shutil.copytree(whole, tmp_path / "out")
    assert problems(output, deep=True) == []
    entry = json.loads((output / manifest.MANIFEST).read_text().splitlines()[1])
    part = output / entry["part"]
    text = bytearray(part.read_bytes())
    text[int(place if place > 1 else place * len(text))] ^= 1  # no byte of the footer, which is at the end
    part.write_bytes(text)
    assert problems(output) == []
    assert problems(output, deep=True) == [
        f"{entry['file']}: {entry['part']} has other bytes than were written; remove the part, and convert again"
    ]


def test_deep_says_where_there_is_no_checksum(tmp_path: Path, whole: Path) -> None:
    output = shutil.copytree(whole, tmp_path / "out")
    path = output / manifest.MANIFEST
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    del lines[0]["sha256"]  # as earlier versions wrote it
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert problems(output) == []
    [problem] = problems(output, deep=True)
    assert "has no checksum in the manifest" in problem


def test_half_a_line_is_none(tmp_path: Path, whole: Path) -> None:
    output = shutil.copytree(whole, tmp_path / "out")
    path = output / manifest.MANIFEST
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:-1]) + lines[-1][:100])
    assert any("b.dump: none of its parts is there" in problem for problem in problems(output))
    with manifest.Appended(path) as appended:
        appended.add(lines[-1].strip())
    assert problems(output) == []


def test_the_last_line_of_a_part_counts(tmp_path: Path, whole: Path) -> None:
    output = shutil.copytree(whole, tmp_path / "out")
    path = output / manifest.MANIFEST
    entry = json.loads(path.read_text().splitlines()[0])
    with manifest.Appended(path) as appended:
        appended.add(json.dumps({**entry, "lines": 0, "finished": 1}))
    assert problems(output) == []
    with manifest.Appended(path) as appended:
        appended.add(json.dumps({**entry, "lines": 0, "finished": entry["finished"] + 1}))
    assert problems(output) != []
