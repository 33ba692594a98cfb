"""Queries, cancels and changing files over 8 connections of one process, for minutes.

    python test/soak/run.py [--minutes 30] [--extension FILE] [--page docs/testing.md --figure docs/soak.svg]

Memory, descriptors and threads of the process, the real Python client, have to stay
where they are (flat.py says how that is told), and the answers about files that do not
change have to be what pg_waldump --stats says.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import re
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(1, str(Path(__file__).resolve().parents[1]))

import duckdb

import page
from flat import Rule
from work import ROOT, Changing, Counts, Worker, dumps

CONNECTIONS = 8
LONGEST = 60  # seconds that a query may take to end, then it hangs


@dataclass
class Sample:
    seconds: float
    memory: float  # MB
    descriptors: float
    threads: float
    queries: int


# Name, what of a sample, and how much more there may be at the end.
MEASURES = {
    "resident memory, MB": ("memory", Rule(0.05, 24)),
    "descriptors": ("descriptors", Rule(0, 4)),
    "threads": ("threads", Rule(0, 3)),
}


def sample(began: float, workers: list[Worker]) -> Sample:
    status = Path("/proc/self/status").read_text()

    def of(field: str) -> int:
        found = re.search(rf"^{field}:\s+(\d+)", status, re.MULTILINE)
        assert found
        return int(found[1])

    return Sample(
        time.monotonic() - began,
        of("VmRSS") / 1024,
        len(os.listdir("/proc/self/fd")),
        of("Threads"),
        sum(w.counts.all for w in workers),
    )


def disturb(workers: list[Worker], changing: Changing, over: threading.Event) -> None:
    """Changes files, and cancels whatever runs."""
    while not over.wait(random.uniform(0, 0.2)):
        changing.change()
        if random.random() < 0.5:
            worker = random.choice(workers)
            worker.cancelling.set()
            with contextlib.suppress(duckdb.ConnectionException):  # its worker closed it, and opens another
                worker.connection.interrupt()


def soak(extension: Path, seconds: float, folder: Path) -> tuple[list[Sample], Counts, list[str]]:
    database = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    database.execute(f"LOAD '{extension}'")
    database.execute("SET threads = 4; SET memory_limit = '1GB'")
    stable = dumps(folder)
    changing = Changing(folder / "changing", stable[1].path)
    workers = [Worker(database, stable, changing, seed) for seed in range(CONNECTIONS)]
    over = threading.Event()
    threads = [threading.Thread(target=worker.run, args=(over,), daemon=True) for worker in workers]
    threads.append(threading.Thread(target=disturb, args=(workers, changing, over), daemon=True))
    for thread in threads:
        thread.start()
    began, samples = time.monotonic(), list[Sample]()
    every = min(5.0, seconds / 60)
    while not over.wait(every) and time.monotonic() - began < seconds:
        samples.append(sample(began, workers))
        if len(samples) % 12 == 0:
            print(samples[-1], flush=True)
    trouble = [f"thread {i} ended before its time" for i, thread in enumerate(threads) if not thread.is_alive()]
    over.set()
    for thread in threads:
        thread.join(LONGEST)
    trouble += [worker.trouble for worker in workers if worker.trouble]
    if any(thread.is_alive() for thread in threads):
        trouble.append(f"a query does not end, {LONGEST} s after the last")
    counts = Counts(*(sum(getattr(worker.counts, name) for worker in workers) for name in ("right", "failed", "cancelled", "reopened")))
    if not trouble:
        database.close()
    return samples, counts, trouble


def judge(samples: list[Sample]) -> tuple[list[str], list[str]]:
    """A row for each measure, and what is wrong with them."""
    rows, trouble = [], []
    for name, (field, rule) in MEASURES.items():
        rule.check_itself()
        values = [getattr(sample, field) for sample in samples]
        before, after, grown = rule.grown(values)
        rows.append(f"| {name} | {values[0]:.0f} | {before:.0f} | {after:.0f} | {max(values):.0f} | {'**grows**' if grown else 'flat'} |\n")
        if grown:
            trouble.append(f"{name}: {before:.0f} in the second quarter, {after:.0f} in the last")
    return rows, trouble


def write_page(target: Path, minutes: float, counts: Counts, rows: list[str]) -> None:
    text = f"{minutes:.0f} minutes, Python client {duckdb.__version__}, {CONNECTIONS} connections: {counts.right:,} queries with the right answer, "
    text += f"{counts.failed:,} with the error they should have, {counts.cancelled:,} cancelled, {counts.reopened:,} connections opened again.\n\n"
    text += "| | first | second quarter (median) | last quarter (median) | most | |\n|---|---|---|---|---|---|\n" + "".join(rows)
    page.put(target, "soak", text)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--extension", type=Path, default=ROOT / "dist/waldump.duckdb_extension")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--page", type=Path, help="the page that gets the figures")
    parser.add_argument("--figure", type=Path, help="the SVG that gets the curves")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        samples, counts, trouble = soak(arguments.extension.resolve(), arguments.minutes * 60, Path(name))
    rows, grown = judge(samples) if len(samples) >= 8 else ([], [])
    trouble += grown
    if min(counts.right, counts.failed, counts.cancelled) == 0:
        trouble.append(f"nothing to judge: {counts}")
    if trouble:
        arguments.page = arguments.figure = None  # the page keeps the last that went well
    if arguments.page:
        write_page(arguments.page, samples[-1].seconds / 60, counts, rows)
    if arguments.figure:
        import curves  # with matplotlib, which only a figure needs

        curves.draw(samples, list(MEASURES.items()), arguments.figure)
    print("".join(rows) + "\n".join(trouble))
    print(f"{arguments.minutes:g} minutes, {counts.all} queries, {'; '.join(trouble) or 'right and flat'}")
    return 1 if trouble else 0


if __name__ == "__main__":
    sys.exit(main())
