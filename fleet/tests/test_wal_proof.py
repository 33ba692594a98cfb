"""The proof of WAL sees what is missing, or too much, and names it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard
from clusters import Numbers, converted, flipped, problems, rows_of_parts, segments
from test_ray import entries, walstats_ray
from walstats_ray import manifest
from walstats_ray.clusters import WAL
from walstats_ray.scatter import Cluster
from walstats_ray.session import How


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
    "cut": (
        lambda path: cut_short(path, 300_000),
        1,
        ["{path}: has 300000 bytes, expected 1048576: it was cut; copy it again", "cluster {system}: no part has segment {name}, 0/"],
    ),
    "empty": (lambda path: cut_short(path, 0), 1, ["{path}: has 0 bytes", NO_PART]),
    "damaged": (flipped, 1, ["cluster {system}: no part has segment {name}, 0/"]),
    "doubled": (lambda path: doubled(path, path.read_bytes()), 0, ["{path}.zst: is a second copy of {path}; it is not read"]),
    "doubled, and different": (
        lambda path: doubled(path, path.read_bytes()[:-1] + b"x"),
        1,
        ["{path}.zst: is the same segment as {path} and has other bytes; keep the right one"],
    ),
    "of another cluster": (
        lambda path: shutil.copyfile(path.parents[1] / "db2" / path.name, path),
        1,
        ["{path}: is another cluster's WAL: it has PostgreSQL 15", NO_PART],
    ),
    "of another place": (lambda path: shutil.copyfile(segments(path.parent)[0], path), 1, [NO_PART]),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_segment_that_is_wrong_is_named(
    tmp_path: Path, how: How, two_cpus: Cluster, small: Path, rows_in: Callable[[Path], Numbers], what: str
) -> None:
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
        lambda output, lines: lines.append(
            {
                **lines[1],
                "part": str(Path(shutil.copy(output / lines[1]["part"], output / f"{lines[1]['part']}.parquet")).relative_to(output)),
            }
        ),
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
    "a cluster": (
        lambda output, _: (output / WAL.inputs).write_text((output / WAL.inputs).read_text().splitlines()[0] + "\n"),
        "has parts, and _walstats_clusters.jsonl does not list it",
    ),
    "all parts of a cluster": (lambda _, lines: lines.__delitem__(slice(0, len(lines) // 2)), "none of its parts is there"),
    "a part more": (
        lambda output, lines: shutil.copy(output / lines[1]["part"], output / "more.parquet"),
        "more.parquet: the manifest does not know this part",
    ),
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
