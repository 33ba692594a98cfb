"""The plan of a run: `walstats ranges` cuts dumps or WAL, and what is done already is left out."""

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
from .wal import LSNRange

BATCH = 1000  # ranges in memory at once
INCOMPLETE = 3  # the exit code of `walstats ranges` where WAL is missing; the plan says which


@dataclass(frozen=True)
class Cut:
    """What to read, and how it is cut."""

    inputs: Sequence[str]
    plan: str = ""  # a file of `walstats ranges`, instead of inputs
    parts: int = 1
    size: str = "256MB"
    source: str = ""  # whose WAL a dump is: "file" or "folder", or empty, which is as "file"
    walstats: str = ""


# What `walstats ranges` writes of a range: of dumps the first line, of WAL the rest, too.
COLUMNS = """{file: 'VARCHAR', "begin": 'BIGINT', "end": 'BIGINT', part: 'VARCHAR',
    system_identifier: 'UBIGINT', timeline: 'UINTEGER', newest_timeline: 'UINTEGER', segment_size: 'BIGINT', start_lsn: 'VARCHAR', end_lsn: 'VARCHAR',
    files: 'VARCHAR[]', error: 'VARCHAR', note: 'VARCHAR'}"""


def load(session: duckdb.DuckDBPyConnection, cut: Cut) -> bool:
    """Make the table planned, a row a range; and planned_inputs, a row a dump, or
    planned_clusters, a row a cluster. Return whether it is WAL."""
    with _ranges(cut) as path:
        try:
            session.execute(
                f"""CREATE TABLE ranges AS SELECT * FROM read_json({quoted(path)}, format = 'array',
                columns = {COLUMNS})"""
            )
        except duckdb.Error as error:
            raise Failed(
                f"{cut.plan or 'walstats ranges'}: is no plan: {str(error).splitlines()[0]}; make one with walstats ranges"
            ) from None
    is_wal = session.execute("SELECT count(system_identifier) > 0 FROM ranges").fetchone() == (True,)
    (_load_wal if is_wal else _load_dumps)(session, cut)
    session.execute("DROP TABLE ranges")
    return is_wal


def _load_dumps(session: duckdb.DuckDBPyConnection, cut: Cut) -> None:
    session.execute(
        "CREATE TABLE planned_inputs (named VARCHAR, file VARCHAR, source VARCHAR, folder VARCHAR, size BIGINT, mtime_ns BIGINT)"
    )
    names = session.cursor().execute("SELECT DISTINCT file FROM ranges")
    insert(session, "planned_inputs", (_input(name, cut.source) for batch in iter(lambda: names.fetchmany(BATCH), []) for (name,) in batch))
    session.execute(
        """CREATE TABLE planned AS SELECT i.folder || '/' || r.part || '.parquet' AS part, i.file, i.size, i.mtime_ns, r."begin", r."end"
        FROM ranges r JOIN planned_inputs i ON r.file = i.named"""
    )


def _load_wal(session: duckdb.DuckDBPyConnection, cut: Cut) -> None:
    if cut.source:
        raise Failed(f"--source {cut.source}: is for dumps; WAL says itself which cluster it is of")
    session.execute(
        f"""CREATE TABLE planned AS SELECT {PART} AS part, file, system_identifier, timeline, newest_timeline,
            lsn(start_lsn) AS "begin", lsn(end_lsn) AS "end", files FROM ranges WHERE part IS NOT NULL;
        CREATE TABLE planned_clusters AS SELECT system_identifier, max(newest_timeline) AS newest_timeline, max(segment_size) AS segment_size,
            min(lsn(start_lsn)) AS start_lsn, max(lsn(end_lsn)) AS end_lsn,
            coalesce(list({{file: file, error: error, note: note}} ORDER BY file) FILTER (part IS NULL), []) AS files
        FROM ranges GROUP BY system_identifier ORDER BY system_identifier"""
    )


# The path of a range's part.
PART = """'system_identifier=' || system_identifier || '/timeline=' || timeline || '/'
    || printf('%d-%08X-%016X-%016X', system_identifier, timeline, lsn(start_lsn), lsn(end_lsn)) || '.parquet'"""


def _input(name: str, by: str) -> tuple[str | int, ...]:
    file = os.path.abspath(name)  # tasks run in other folders
    identity = identity_of(file)
    source = source_of(file, by or "file")
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
        if done.returncode not in (0, INCOMPLETE):
            raise Failed(done.stderr.strip().removeprefix("walstats: "))
        yield plan.name


def wrong(session: duckdb.DuckDBPyConnection) -> list[str]:
    """Returns why WAL of the plan is missing, a line a file."""
    found = session.execute(
        "SELECT f.file || ': ' || f.error FROM (SELECT unnest(files) AS f FROM planned_clusters) WHERE f.error IS NOT NULL ORDER BY ALL"
    ).fetchall()
    return [line for (line,) in found]


def work(session: duckdb.DuckDBPyConnection) -> tuple[int, int]:
    """How many tasks are left of the plan, and how many bytes."""
    row = session.execute("""SELECT count(*), coalesce(sum("end" - "begin"), 0)::BIGINT FROM planned""").fetchone()
    assert row
    return row[0], row[1]


def ranges(session: duckdb.DuckDBPyConnection) -> Iterator[Range]:
    """The tasks that are left of a plan of dumps."""
    found = session.cursor().execute('SELECT file, "begin", "end", part, size, mtime_ns FROM planned ORDER BY file, "begin"')
    while batch := found.fetchmany(BATCH):
        for file, begin, end, part, size, mtime_ns in batch:
            yield Range(file, begin, end, part.removesuffix(".parquet"), Identity(size, mtime_ns))


def lsn_ranges(session: duckdb.DuckDBPyConnection) -> Iterator[LSNRange]:
    """The tasks that are left of a plan of WAL."""
    found = session.cursor().execute(
        'SELECT system_identifier, timeline, newest_timeline, "begin", "end", files, part FROM planned ORDER BY system_identifier, "begin"'
    )
    while batch := found.fetchmany(BATCH):
        for system, timeline, newest, begin, end, files, part in batch:
            yield LSNRange(system, timeline, newest, begin, end, tuple(map(os.path.abspath, files)), part.removesuffix(".parquet"))
