"""A data set of dumps: what its lists have, and what proves it complete.

_walstats_inputs.jsonl     a line a dump that the data set is to have
_walstats_manifest.jsonl   a line a part: an Entry of part.py, the last one of a part counts
"""

from __future__ import annotations

import os
from pathlib import Path

import duckdb

from . import manifest
from .kind import Kind
from .plan import BATCH
from .session import How, quoted

ENTRY = """{part: 'VARCHAR', file: 'VARCHAR', size: 'BIGINT', mtime_ns: 'BIGINT', "begin": 'BIGINT', "end": 'BIGINT', settings: 'VARCHAR',
    lines: 'BIGINT', records: 'BIGINT', continuations: 'BIGINT', empty_lines: 'BIGINT', messages: 'BIGINT', rejects: 'BIGINT', reject: 'VARCHAR',
    rows: 'BIGINT', min_lsn: 'UBIGINT', max_lsn: 'UBIGINT', bytes: 'BIGINT', sha256: 'VARCHAR', seconds: 'DOUBLE', cpu: 'DOUBLE', finished: 'DOUBLE', before: 'BOOLEAN', node: 'VARCHAR'}"""
# A line without one of these proves nothing: NULL is equal to all and different from none.
REQUIRED = (
    "part",
    "size",
    "mtime_ns",
    "begin",
    "end",
    "settings",
    "lines",
    "records",
    "continuations",
    "empty_lines",
    "messages",
    "rejects",
    "rows",
    "bytes",
    "finished",
)
INPUT = "{file: 'VARCHAR', source: 'VARCHAR', size: 'BIGINT', mtime_ns: 'BIGINT'}"

# Each finds what is missing, or too much, as what is wrong with which file.
PROOFS = (
    """SELECT file, 'a line of the manifest has no ' || missing FROM incomplete""",
    # The files that are to be there.
    """SELECT file, 'none of its parts is there' FROM inputs WHERE file NOT IN (SELECT file FROM entries)""",
    """SELECT file, 'its parts are of another state of it than the one that was planned'
    FROM entries JOIN inputs USING (file) WHERE entries.size IS DISTINCT FROM inputs.size OR entries.mtime_ns IS DISTINCT FROM inputs.mtime_ns GROUP BY file""",
    """SELECT file, 'its parts are of ' || count(DISTINCT (size, mtime_ns, settings)) || ' states of it'
    FROM entries GROUP BY file HAVING count(DISTINCT (size, mtime_ns, settings)) > 1""",
    # Ranges tile every file.
    """SELECT file, CASE WHEN "begin" > before THEN 'no part has its bytes ' || before || ' to ' || "begin"
        ELSE 'two parts have its bytes ' || "begin" || ' to ' || least(before, "end") END
    FROM (SELECT file, "begin", "end", lag("end", 1, 0) OVER (PARTITION BY file ORDER BY "begin", "end") AS before FROM entries)
    WHERE "begin" <> before""",
    """SELECT file, 'no part has its bytes ' || max("end") || ' to ' || max(size) FROM entries GROUP BY file HAVING max("end") < max(size)""",
    # Every line is a record's, empty, a message or a reject.
    """SELECT file, 'it has ' || sum(lines) || ' lines, and its parts account for ' || sum(records + continuations + empty_lines + messages + rejects)
    FROM entries GROUP BY file HAVING sum(lines) <> sum(records + continuations + empty_lines + messages + rejects)""",
    """SELECT file, part || ' has ' || rows || ' rows of ' || records || ' records' FROM entries WHERE rows <> records""",
)


def totals(session: duckdb.DuckDBPyConnection) -> tuple[int, ...]:
    """How many dumps, parts, lines, records and rejects there are, of a data set that is loaded."""
    row = session.execute(
        "SELECT count(DISTINCT file), count(*), coalesce(sum(lines), 0), coalesce(sum(records), 0), coalesce(sum(rejects), 0) FROM entries"
    ).fetchone()
    assert row
    return tuple(map(int, row))


def _complete(session: duckdb.DuckDBPyConnection) -> str:
    files, parts, lines, records, rejects = totals(session)
    return f"{files} dumps in {parts} ranges, {lines} lines, {records} records, {rejects} rejects"


DUMPS = Kind(
    inputs="_walstats_inputs.jsonl",
    input=INPUT,
    entry=ENTRY,
    required=REQUIRED,
    proofs=PROOFS,
    key="file",
    whose="",
    folders="source=*",
    what="dumps",
    complete=_complete,
)


def prepare(session: duckdb.DuckDBPyConnection, output: Path, how: How) -> int:
    """Leave in the table planned what is still to do; says how much is done. What the data set
    has of other states of the planned dumps goes."""
    manifest.tidy(output, DUMPS)
    manifest.load(session, output, DUMPS)
    session.execute(f"CREATE TABLE now AS SELECT file, size, mtime_ns, {quoted(how.settings())} AS settings FROM planned_inputs")
    # A part is good if it is there, and of the dump as it is now.
    session.execute(
        "CREATE TABLE good AS SELECT e.* FROM entries e JOIN disk USING (part, bytes) SEMI JOIN now USING (file, size, mtime_ns, settings)"
    )
    # A dump that is whole stays as it is, however it was cut; of another one, the ranges of this plan.
    session.execute(
        """CREATE TABLE whole AS SELECT file
        FROM (SELECT file, size, "begin", "end", lag("end", 1, 0) OVER (PARTITION BY file ORDER BY "begin", "end") AS reached FROM good)
        GROUP BY file HAVING bool_and("begin" = reached) AND max("end") = max(size)"""
    )
    session.execute("""DELETE FROM good WHERE file NOT IN (FROM whole) AND part NOT IN (SELECT part FROM planned)""")
    session.execute("""CREATE TABLE keep AS FROM good UNION ALL SELECT * FROM entries WHERE file NOT IN (SELECT file FROM now)""")
    # What a task has written whose driver died before it knew is in the plan. A part's name
    # without its range is its dump's.
    session.execute("CREATE OR REPLACE MACRO dump_of(part) AS left(part, -len('-000000000000000-000000000000000.parquet'))")
    stale = session.execute(
        """WITH known AS (SELECT part FROM entries WHERE file IN (SELECT file FROM now))
        SELECT part FROM disk WHERE (dump_of(part) IN (SELECT dump_of(part) FROM planned) OR part IN (FROM known))
            AND part NOT IN (SELECT part FROM keep) AND part NOT IN (SELECT part FROM planned WHERE file NOT IN (FROM whole))"""
    )
    while batch := stale.fetchmany(BATCH):
        for (part,) in batch:
            os.remove(output / part)
    row = session.execute("SELECT count(*) FROM planned WHERE file IN (FROM whole) OR part IN (SELECT part FROM keep)").fetchone()
    session.execute("DELETE FROM planned WHERE file IN (FROM whole) OR part IN (SELECT part FROM keep)")
    add_inputs(session, output)
    manifest.write(session, output, "keep", manifest.MANIFEST)
    assert row
    return int(row[0])


def add_inputs(session: duckdb.DuckDBPyConnection, output: Path) -> None:
    """Adds the planned dumps to those that the data set must have."""
    session.execute(
        """CREATE TABLE all_inputs AS SELECT file, source, size, mtime_ns FROM planned_inputs
        UNION ALL FROM inputs WHERE file NOT IN (SELECT file FROM planned_inputs) ORDER BY file"""
    )
    manifest.write(session, output, "all_inputs", DUMPS.inputs)
