"""The plan of a run: `walstats ranges` cuts the dumps, and what is done already is left out."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb

from . import install
from .ranges import Identity, Range, folder_of, identity_of, source_of
from .session import Failed, insert, quoted

BATCH = 1000  # ranges in memory at once


@dataclass(frozen=True)
class Cut:
    """What to read, and how it is cut."""

    inputs: Sequence[str]
    plan: str = ""  # a file of `walstats ranges`, instead of inputs
    parts: int = 1
    size: str = "256MB"
    source: str = "file"
    walstats: str = ""


def load(session: duckdb.DuckDBPyConnection, cut: Cut) -> None:
    """Make the tables planned, a row a range, and planned_inputs, a row a dump."""
    with _ranges(cut) as path:
        try:
            session.execute(
                f"""CREATE TABLE ranges AS SELECT * FROM read_json({quoted(path)}, format = 'array',
                columns = {{file: 'VARCHAR', "begin": 'BIGINT', "end": 'BIGINT', part: 'VARCHAR'}})"""
            )
        except duckdb.Error as error:
            raise Failed(f"{cut.plan or 'walstats ranges'}: is no plan: {str(error).splitlines()[0]}; make one with walstats ranges") from None
    session.execute("CREATE TABLE planned_inputs (named VARCHAR, file VARCHAR, source VARCHAR, folder VARCHAR, size BIGINT, mtime_ns BIGINT)")
    names = session.cursor().execute("SELECT DISTINCT file FROM ranges")
    insert(session, "planned_inputs", (_input(name, cut.source) for batch in iter(lambda: names.fetchmany(BATCH), []) for (name,) in batch))
    session.execute(
        """CREATE TABLE planned AS SELECT i.folder || '/' || r.part || '.parquet' AS part, i.file, i.size, i.mtime_ns, r."begin", r."end"
        FROM ranges r JOIN planned_inputs i ON r.file = i.named; DROP TABLE ranges"""
    )


def _input(name: str, by: str) -> tuple[str | int, ...]:
    file = os.path.abspath(name)  # tasks run in other folders
    identity = identity_of(file)
    source = source_of(file, by)
    return name, file, source, folder_of(source), identity.size, identity.mtime_ns


@contextmanager
def _ranges(cut: Cut) -> Iterator[str]:
    """A file with the plan."""
    if cut.plan:
        yield "/dev/stdin" if cut.plan == "-" else cut.plan
        return
    with tempfile.NamedTemporaryFile(suffix=".json") as plan:
        size = ["--size", cut.size] if cut.size else []
        command = [install.walstats(cut.walstats), "ranges", "--parts", str(cut.parts), *size, "--", *map(os.path.abspath, cut.inputs)]
        try:
            done = subprocess.run(command, stdout=plan, stderr=subprocess.PIPE, text=True, check=False)
        except OSError:
            raise Failed(f"{command[0]}: cannot be run; build it with make walstats, or name it with --walstats") from None
        if done.returncode:
            raise Failed(done.stderr.strip().removeprefix("walstats: "))
        yield plan.name


def work(session: duckdb.DuckDBPyConnection) -> tuple[int, int]:
    """How many tasks are left of the plan, and how many bytes."""
    row = session.execute("""SELECT count(*), coalesce(sum("end" - "begin"), 0)::BIGINT FROM planned""").fetchone()
    assert row
    return row[0], row[1]


def ranges(session: duckdb.DuckDBPyConnection) -> Iterator[Range]:
    """The tasks that are left of the plan."""
    found = session.cursor().execute('SELECT file, "begin", "end", part, size, mtime_ns FROM planned ORDER BY file, "begin"')
    while batch := found.fetchmany(BATCH):
        for file, begin, end, part, size, mtime_ns in batch:
            yield Range(file, begin, end, part.removesuffix(".parquet"), Identity(size, mtime_ns))
