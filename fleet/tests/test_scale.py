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
    done = subprocess.run([sys.executable, "-c", DRIVER, tmp_path / "out", "256MB", *files], capture_output=True, text=True, env={**os.environ, "WALSTATS": WALSTATS}, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    print(found, (tmp_path / "out/_walstats_manifest.jsonl").stat().st_size)
    assert found["todo"] == [0, RANGES] and found["again"] == [RANGES, 0] and found["problems"] == []
    # Most of it is DuckDB's, which spills what is more than its limit.
    assert found["peak"] < 600_000  # kB
