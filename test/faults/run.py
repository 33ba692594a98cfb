"""Lets things go wrong in a stock DuckDB that has the extension loaded.

    python test/faults/run.py [--extension FILE] [--all] [--table docs/limits.md]

Each fault has a process of its own, the real Python client. It must see the error that
the fault asks for, must not hang, die or write anything, and its next query must be
right. --table puts what was seen into a page, between its marks.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(1, str(Path(__file__).resolve().parents[1]))

import duckdb

import page
from footer import for_platform

# Each puts its faults into the list, in the order of the table.
import files  # isort: skip  # noqa: F401
import queries  # isort: skip  # noqa: F401
import processes  # isort: skip  # noqa: F401
import limits  # isort: skip  # noqa: F401
import hostile  # isort: skip  # noqa: F401
from host import FAULTS, ROOT, Fault, Host, Raced, Skip

LONGEST = 120  # seconds, then it hangs
SKIPPED = 77
RACES = 8  # times that a fault is made again


@dataclass
class Result:
    fault: Fault
    seen: str
    seconds: float
    trouble: str  # empty where all is well
    skipped: bool = False

    def row(self) -> str:
        verdict = "not run here" if self.skipped else "**failed**" if self.trouble else "right"
        return f"| {self.fault.group} | {cell(self.fault.title)} | {cell(self.seen)} | {verdict} |\n"


def cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").replace("<", "&lt;").split())


def ask(fault: Fault, extension: Path, dump: Path) -> Result:
    """Runs one in a new process."""
    began = time.monotonic()
    command = [sys.executable, __file__, "--one", fault.name, "--extension", str(extension), "--dump", str(dump)]
    process = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    try:
        out, err = (data.decode(errors="replace") for data in process.communicate(timeout=LONGEST))
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, err = (data.decode(errors="replace") for data in process.communicate())
        return Result(fault, "", time.monotonic() - began, f"hangs, {LONGEST} s\n{out}{err}")
    seconds = time.monotonic() - began
    if process.returncode == SKIPPED:
        return Result(fault, out.strip(), seconds, "", skipped=True)
    ends = process.returncode
    if fault.ends:
        return Result(fault, *what_ended_it(fault, ends, err, seconds))
    trouble = f"exit {ends}\n{out}{err}" if ends or err else ""
    return Result(fault, "" if trouble else json.loads(out), seconds, trouble)


def what_ended_it(fault: Fault, ends: int, err: str, seconds: float) -> tuple[str, float, str]:
    """Of a fault that the process does not live through, whatever we do."""
    if ends == 0 or fault.ends not in err:
        return "", seconds, f"exit {ends}, and no {fault.ends!r}\n{err}"
    said = next(line for line in err.splitlines() if fault.ends in line)
    return f"**the process ends**: {said}", seconds, ""


def run_one(name: str, extension: Path, dump: Path) -> int:
    for _ in range(RACES):
        host = Host(extension, dump)
        try:
            print(json.dumps(FAULTS[name].run(host)))
            return 0
        except Raced:
            continue
        except Skip as why:
            print(why)
            return SKIPPED
        finally:
            shutil.rmtree(host.folder, ignore_errors=True)
    raise AssertionError(f"{RACES} times the error was lost")


def write_table(target: Path, results: list[Result]) -> None:
    table = f"Python client {duckdb.__version__}, {len(results)} faults.\n\n"
    table += "| | fault | what the client sees | |\n|---|---|---|---|\n"
    page.put(target, "faults", table + "".join(result.row() for result in results))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--extension", type=Path, default=ROOT / "dist/waldump.duckdb_extension")
    parser.add_argument("--all", action="store_true", help="those that take long, too")
    parser.add_argument("--only", default="", help="the faults whose name has this in it")
    parser.add_argument("--table", type=Path, help="the page that gets the table")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--dump", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    extension = arguments.extension.resolve()
    if arguments.one:
        return run_one(arguments.one, extension, arguments.dump)
    chosen = [fault for fault in FAULTS.values() if arguments.only in fault.name and (arguments.all or arguments.only or not fault.slow)]
    platform = duckdb.sql("PRAGMA platform").fetchall()[0][0]
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)  # some faults are met by another user
        extension = for_platform(extension, platform, Path(name))
        dump = Path(name) / "pg14.waldump"
        with gzip.open(ROOT / "test/data/pg14.waldump.gz") as source, open(dump, "wb") as target:
            shutil.copyfileobj(source, target)
        with ThreadPoolExecutor(max_workers=2) as pool:
            results = []
            for result in pool.map(lambda fault: ask(fault, extension, dump), chosen):
                results.append(result)
                verdict = "--  " if result.skipped else "FAIL" if result.trouble else "ok  "
                print(f"{verdict} {result.fault.name} ({result.seconds:.1f} s): {result.seen}{result.trouble}", flush=True)
    failed = sum(1 for result in results if result.trouble)
    skipped = sum(1 for result in results if result.skipped)
    if arguments.table:
        write_table(arguments.table, results)
    print(f"{len(results)} faults in DuckDB {duckdb.__version__}, {failed} failed" + (f", {skipped} not here" if skipped else ""))
    return 1 if failed or not results else 0


if __name__ == "__main__":
    sys.exit(main())
