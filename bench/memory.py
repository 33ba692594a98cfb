"""How much memory queries take at their peak."""

from dataclasses import dataclass

import plan
from dumps import Dump, size_name
from sessions import Runner
from works import Engine

# What DuckDB itself needs to aggregate, without reading a file.
OWN = "SELECT i % 16, count(*), sum(i) FROM range(10000000) AS t(i) GROUP BY ALL"
MB = 10**6


@dataclass(frozen=True)
class Peak:
    """The peak of one query above that of another, each in a fresh process, in bytes."""

    what: str
    command: str
    against: str
    peak: int
    floor: int
    at_most: int

    @property
    def above(self) -> int:
        return self.peak - self.floor


def peak(runner: Runner, command: str) -> int:
    """VmHWM of a fresh process with the extension that runs one query on two threads."""
    session = runner.fresh_session(Engine.OURS)
    try:
        session.run("SET threads = 2")
        session.run(command)
        return session.peak_memory()
    finally:
        session.close()


def growth(runner: Runner, dump: Dump, tenth: Dump) -> list[Peak]:
    """What ten times as much text costs."""
    big, small = plan.by_manager(dump), plan.by_manager(tenth)
    what = f"sum by resource_manager, {size_name(dump.size)} above {size_name(tenth.size)}"
    return [Peak(what, big.command, small.command, peak(runner, big.command), peak(runner, small.command), 64 * MB)]


def above_own(runner: Runner, dump: Dump) -> list[Peak]:
    """What each aggregate costs above DuckDB's own."""
    own = peak(runner, OWN)
    works = [plan.count(dump), plan.by_manager(dump), plan.by_relation(dump), plan.max_texts(dump), plan.count_columns("all columns", dump)]
    return [Peak(f"{work.question} above DuckDB's own", work.command, OWN, peak(runner, work.command), own, 128 * MB) for work in works]
