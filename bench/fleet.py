"""Times walstats-ray beside one process on the same dumps, and what a task costs beside its work.

    make walstats extension && build/tools.sh ray && .cache/ray/bin/python bench/fleet.py DUMP... [--runs 3] [--size 256MB]

One process is `walstats convert --threads 2` to one Parquet file; Ray has two workers of one thread, and its start is
told apart. Give two dumps of 1 GB, or more: the README says of what. The rows are compared first.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
from walstats_ray import dataset  # pip install ./fleet
from walstats_ray.plan import Cut
from walstats_ray.scatter import Cluster, Outcome
from walstats_ray.session import How

from machine import this_machine
from seconds import Seconds, middle

CPUS = 2
# Ray's workers would step back behind everything else on the machine, and the one process not.
os.environ["RAY_worker_niceness"] = "0"  # noqa: SIM112


class Running(Cluster):
    """A cluster that has been started before the clock."""

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *_: object) -> None:
        pass


def timed(work: Callable[[], float | None]) -> Seconds:
    """How long work takes, which returns what processors did for it elsewhere."""
    begin, before = time.perf_counter(), sum(os.times()[:4])
    elsewhere = work() or 0
    return Seconds(time.perf_counter() - begin, sum(os.times()[:4]) - before + elsewhere)


def one_process(walstats: Path, dumps: list[str], output: Path) -> None:
    subprocess.run([walstats, "convert", *dumps, "-o", output, "--threads", str(CPUS), "--quiet", "--replace"], check=True)


def fleet(dumps: list[str], output: Path, **cut: Any) -> float:
    """Returns how long processors worked for the tasks."""
    shutil.rmtree(output, ignore_errors=True)
    how = How(os.path.abspath("dist/waldump.duckdb_extension"))
    worked = 0.0

    def add(outcome: Outcome[Any, Any]) -> None:
        nonlocal worked
        worked += outcome.result.cpu if outcome.result else 0

    summary = dataset.run(output, Cut(dumps, **cut), how, Running(), lambda tasks, bytes_: None, add)
    if summary.failed or summary.problems:
        sys.exit(f"bench/fleet.py: {summary.failed} ranges failed: {summary.problems}")
    return worked


def rows(where: str) -> tuple[int, ...]:
    """All rows, each as often as it is there, as numbers."""
    query = f"SELECT count(*), sum(hash(t)::HUGEINT), bit_xor(hash(t, 1)) FROM read_parquet('{where}', hive_partitioning = false) t"
    found = duckdb.sql(query).fetchone()
    assert found and found[0]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dumps", nargs="+")
    parser.add_argument("--runs", type=int, default=3, help="the times are medians of so many, in turns")
    parser.add_argument("--size", default="256MB", help="of a range")
    parser.add_argument("--walstats", type=Path, default=Path("dist/walstats"))
    options = parser.parse_args()
    dumps = list(map(os.path.abspath, options.dumps))
    size = sum(map(os.path.getsize, dumps))
    with tempfile.TemporaryDirectory(prefix="walstats.bench.") as folder:
        whole, parts = Path(folder, "wal.parquet"), Path(folder, "parts")
        cluster = Cluster(cpus=CPUS)
        started = timed(lambda: (cluster.__enter__(), None)[1])
        first = timed(lambda: fleet(dumps[:1], parts, parts=CPUS, size="1TB"))
        one, many = [], []
        for _ in range(options.runs):
            one.append(timed(lambda: one_process(options.walstats, dumps, whole)))
            many.append(timed(lambda: fleet(dumps, parts, size=options.size)))
            print(f"one process {one[-1]}, {CPUS} workers {many[-1]}; load {os.getloadavg()[0]:.1f}", flush=True)
        if rows(str(whole)) != rows(f"{parts}/*/*.parquet"):
            sys.exit("bench/fleet.py: the rows differ")
        records, out = rows(str(whole))[0], sum(path.stat().st_size for path in parts.rglob("*.parquet"))
        small = Path(folder, "small.waldump")
        with open(dumps[0], "rb") as file:
            small.write_bytes(file.read(1_000_000).rpartition(b"\n")[0] + b"\n")
        tasks = 400
        overheads = [timed(lambda: fleet([str(small)], parts, parts=tasks, size="")) for _ in range(options.runs)]
        cluster.__exit__()
    single, double = middle(one), middle(many)
    print(
        f"the same {records:,} rows of {size / 1e9:.2f} GB: one process of {CPUS} threads {single}, {CPUS} workers of one thread {double}"
    )
    print(f"{single.wall / double.wall:.2f} of its throughput, {single.cpu / double.cpu:.2f} a second of processors")
    print(
        f"{records / double.cpu:,.0f} records and {size / double.cpu / 1e6:.0f} MB a second of a core, {out / size:.3f} bytes out per byte in"
    )
    print(
        f"Ray starts in {started.wall:.1f} s, the first tasks took {first.wall:.1f} s; {tasks} tasks of {1e6 / tasks:.0f} bytes: {middle(overheads).wall * CPUS / tasks * 1000:.0f} ms each, of a core"
    )
    print(
        f"{this_machine('bench/fleet.py').date}; {this_machine('bench/fleet.py').lines[0]}; medians of {options.runs}; load {os.getloadavg()[0]:.1f}"
    )


if __name__ == "__main__":
    main()
