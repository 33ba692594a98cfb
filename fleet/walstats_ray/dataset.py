"""A run of walstats-ray convert: brings a data set from what it is to what it shall be."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

import duckdb

from . import manifest, plan
from .part import Entry, convert
from .ranges import Range
from .scatter import Cluster, Outcome, scatter
from .session import How, quoted


@dataclass
class Summary:
    """What a run did."""

    tasks: int = 0
    done_before: int = 0  # inputs and ranges that were there already
    failed: int = 0
    records: int = 0
    rejects: int = 0
    reject: str = ""
    bytes_in: int = 0
    bytes_out: int = 0
    problems: list[str] | None = None


def prepare(session: duckdb.DuckDBPyConnection, output: Path, how: How) -> int:
    """Leave in the table planned what is still to do; says how much is done. What the data set
    has of other states of the planned dumps goes."""
    manifest.tidy(output)
    manifest.load(session, output)
    session.execute(f"CREATE TABLE now AS SELECT file, size, mtime_ns, {quoted(how.settings())} AS settings FROM planned_inputs")
    # A part is good if it is there, and of the dump as it is now.
    session.execute("CREATE TABLE good AS SELECT e.* FROM entries e JOIN disk USING (part, bytes) SEMI JOIN now USING (file, size, mtime_ns, settings)")
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
    while batch := stale.fetchmany(plan.BATCH):
        for (part,) in batch:
            os.remove(output / part)
    row = session.execute("SELECT count(*) FROM planned WHERE file IN (FROM whole) OR part IN (SELECT part FROM keep)").fetchone()
    session.execute("DELETE FROM planned WHERE file IN (FROM whole) OR part IN (SELECT part FROM keep)")
    manifest.add_inputs(session, output)
    manifest.write(session, output, "keep", manifest.MANIFEST)
    assert row
    return int(row[0])


def run(
    output: Path, cut: plan.Cut, how: How, cluster: Cluster,
    begin: Callable[[int, int], None], report: Callable[[Outcome[Range, Entry]], None],
) -> Summary:
    """Do it. begin is told how many tasks there are, and bytes; report of each that ends."""
    summary = Summary()
    with manifest.locked(output):
        session = manifest.opened()
        plan.load(session, cut)
        summary.done_before = prepare(session, output, how)
        tasks, bytes_ = plan.work(session)
        begin(tasks, bytes_)
        if tasks:
            with cluster, manifest.Appended(output / manifest.MANIFEST) as lines:
                for outcome in scatter(partial(convert, output=str(output.absolute()), how=how), plan.ranges(session)):
                    if outcome.result is None:
                        summary.failed += 1
                    else:
                        entry = replace(outcome.result, node=outcome.node)
                        lines.add(json.dumps(asdict(entry)))
                        _add(summary, entry)
                    report(outcome)
        summary.problems = list(manifest.problems(session, output, look_inside=False))
    return summary


def _add(summary: Summary, entry: Entry) -> None:
    summary.tasks += 1
    summary.records += entry.records
    summary.rejects += entry.rejects
    summary.reject = summary.reject or entry.reject
    summary.bytes_in += entry.end - entry.begin
    summary.bytes_out += entry.bytes
