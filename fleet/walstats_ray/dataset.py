"""A run of walstats-ray convert: brings a data set from what it is to what it shall be."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

from . import clusters, dumps, manifest, part, plan, wal_part
from .clusters import WAL
from .dumps import DUMPS
from .kind import Kind
from .part import Entry
from .ranges import Range
from .scatter import Cluster, Outcome, scatter
from .session import Failed, How
from .wal import LSNRange
from .wal_part import WALEntry


@dataclass
class Summary:
    """What a run did."""

    kind: Kind = DUMPS
    tasks: int = 0
    done_before: int = 0  # inputs and ranges that were there already
    failed: int = 0
    records: int = 0
    rejects: int = 0
    reject: str = ""
    bytes_in: int = 0
    bytes_out: int = 0
    problems: list[str] | None = None
    notes: list[str] | None = None  # what is no problem, and good to know


def kind_of(output: Path) -> Kind | None:
    """Returns what a data set is of; None where there is no data set yet."""
    for kind in (DUMPS, WAL):
        if (output / kind.inputs).exists():
            return kind
    if not (output / manifest.MANIFEST).exists():
        return None
    with (output / manifest.MANIFEST).open(encoding="utf-8") as lines:
        return WAL if f'"{WAL.key}"' in lines.readline() else DUMPS


def run(
    output: Path,
    cut: plan.Cut,
    how: How,
    cluster: Cluster,
    begin: Callable[[int, int], None],
    report: Callable[[Outcome[Range, Entry] | Outcome[LSNRange, WALEntry]], None],
) -> Summary:
    """Do it. begin is told how many tasks there are, and bytes; report of each that ends."""
    summary = Summary()
    with manifest.locked(output):
        session = manifest.opened()
        kind = summary.kind = WAL if plan.load(session, cut) else DUMPS
        if (there := kind_of(output)) not in (None, kind):
            assert there
            raise Failed(f"{output}: is of {there.what}, and the input is {kind.what}; give it a folder of its own")
        summary.done_before = (clusters if kind is WAL else dumps).prepare(session, output, how)
        tasks, bytes_ = plan.work(session)
        begin(tasks, bytes_)
        if tasks:
            with cluster, manifest.Appended(output / manifest.MANIFEST) as lines:
                if kind is WAL:
                    for done in scatter(partial(wal_part.convert, output=str(output.absolute()), how=how), plan.lsn_ranges(session)):
                        _note(summary, done, lines)
                        report(done)
                else:
                    for outcome in scatter(partial(part.convert, output=str(output.absolute()), how=how), plan.ranges(session)):
                        _note(summary, outcome, lines)
                        report(outcome)
        summary.problems = list(manifest.problems(session, output, kind, look_inside=False))
        summary.notes = clusters.notes(session) if kind is WAL else []
    return summary


def _note(summary: Summary, outcome: Outcome[Range, Entry] | Outcome[LSNRange, WALEntry], lines: manifest.Appended) -> None:
    """Write what became of a task to the manifest, and add it to the summary."""
    if outcome.result is None:
        summary.failed += 1
        return
    entry = replace(outcome.result, node=outcome.node)
    lines.add(json.dumps(asdict(entry)))
    summary.tasks += 1
    summary.bytes_in += outcome.task.end - outcome.task.begin
    summary.records += entry.rows
    if isinstance(entry, Entry):
        summary.rejects += entry.rejects
        summary.reject = summary.reject or entry.reject
    summary.bytes_out += entry.bytes
