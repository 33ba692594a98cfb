"""A hundred thousand ranges: planning, the manifest and its proof, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import WALSTATS

RANGES = 100_000

# What a driver does but for the tasks, whose parts and lines are made up.
DRIVER = """
import json, resource, sys, time
from pathlib import Path
from walstats_ray import dumps, manifest, plan
from walstats_ray.session import How
output, size, *files = sys.argv[1:]
output, how, clock, took = Path(output), How(""), time.monotonic(), {}
def lap(name):
    global clock
    took[name] = round(time.monotonic() - clock, 2)
    clock = time.monotonic()
output.mkdir()
session = manifest.opened()
plan.load(session, plan.Cut(files, size=size))
lap("plan")
todo = dumps.prepare(session, output, how), plan.work(session)[0]
lap("prepare")
with manifest.Appended(output / manifest.MANIFEST) as lines:
    for range_ in plan.ranges(session):
        part = range_.part + ".parquet"
        (output / part).parent.mkdir(exist_ok=True)
        (output / part).touch()
        lines.add(json.dumps(dict(part=part, file=range_.file, size=range_.identity.size, mtime_ns=range_.identity.mtime_ns, begin=range_.begin,
            end=range_.end, settings="", lines=9, records=9, continuations=0, empty_lines=0, messages=0, rejects=0, reject="", rows=9,
            min_lsn=1, max_lsn=2, bytes=0, seconds=0.1, cpu=0.1, finished=time.time(), before=False, node="a/b")))
lap("manifest")
problems = list(manifest.problems(session, output, dumps.DUMPS, look_inside=False))
lap("proof")
session = manifest.opened()
plan.load(session, plan.Cut(files, size=size))
again = dumps.prepare(session, output, how), plan.work(session)[0]
lap("again")
print(json.dumps(dict(took=took, todo=todo, problems=problems, again=again, peak=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)))
"""


@pytest.mark.long
def test_a_hundred_thousand_ranges(tmp_path: Path) -> None:
    files = []
    for i in range(10):  # of 2.56 TB, which hold nothing
        files.append(str(tmp_path / f"{i}.waldump"))
        Path(files[-1]).touch()
        os.truncate(files[-1], RANGES // 10 * 256_000_000)
    done = subprocess.run(
        [sys.executable, "-c", DRIVER, tmp_path / "out", "256MB", *files],
        capture_output=True,
        text=True,
        env={**os.environ, "WALSTATS": WALSTATS},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    print(found, (tmp_path / "out/_walstats_manifest.jsonl").stat().st_size)
    assert found["todo"] == [0, RANGES] and found["again"] == [RANGES, 0] and found["problems"] == []
    # Most of it is DuckDB's, which spills what is more than its limit.
    assert found["peak"] < 600_000  # kB


# The same where the input is WAL, of two clusters: the plan is made up, too.
WAL_DRIVER = """
import json, resource, sys, time
from pathlib import Path
from walstats_ray import clusters, manifest, plan
from walstats_ray.lsn import lsn_text
from walstats_ray.session import How
output, count = Path(sys.argv[1]), int(sys.argv[2])
output.mkdir()
size, how, clock, took = 16 << 20, How(""), time.monotonic(), {}
def lap(name):
    global clock
    took[name] = round(time.monotonic() - clock, 2)
    clock = time.monotonic()
def planned(count, size):
    with open(output / "plan.json", "w") as file:
        for i in range(count):
            system, number = 1 + i // (count // 2), 1 + i % (count // 2)
            names = [f"/archive/{system}/{name:024X}" for name in range(number, number + 3)]
            file.write(("[" if i == 0 else ",") + json.dumps(dict(file=names[0], system_identifier=system, timeline=1, segment_size=16 << 20, newest_timeline=1,
                start_lsn=lsn_text(number * size), end_lsn=lsn_text((number + 1) * size), files=names, part="x")))
        file.write("]")
    session = manifest.opened()
    plan.load(session, plan.Cut([], plan=str(output / "plan.json")))
    return session
session = planned(count, size)
lap("plan")
todo = clusters.prepare(session, output, how), plan.work(session)[0]
lap("prepare")
with manifest.Appended(output / manifest.MANIFEST) as lines:
    for task in plan.lsn_ranges(session):
        part = task.part + ".parquet"
        (output / part).parent.mkdir(exist_ok=True, parents=True)
        (output / part).touch()
        lines.add(json.dumps(dict(part=part, file=task.file, system_identifier=task.system, timeline=1, start_lsn=task.begin, end_lsn=task.end, settings="", rows=9,
            first_lsn=task.begin + 40, first_prev_lsn=task.begin - 80, last_lsn=task.end - 80, last_end_lsn=task.end, bytes=0, seconds=0.1, cpu=0.1,
            finished=time.time(), before=False, node="a/b")))
lap("manifest")
problems = list(manifest.problems(session, output, clusters.WAL, look_inside=False))
lap("proof")
session = planned(count, size)
lap("plan again")
again = clusters.prepare(session, output, how), plan.work(session)[0]
lap("again")
print(json.dumps(dict(took=took, todo=todo, problems=problems, again=again, peak=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)))
"""


@pytest.mark.long
def test_a_hundred_thousand_ranges_of_wal(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", WAL_DRIVER, tmp_path / "out", str(RANGES)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    print(found, (tmp_path / "out/_walstats_manifest.jsonl").stat().st_size)
    assert found["todo"] == [0, RANGES] and found["again"] == [RANGES, 0] and found["problems"] == []
    assert found["peak"] < 600_000  # kB
