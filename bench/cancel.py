"""How long a cancelled query takes to end."""

from dataclasses import dataclass

from dumps import Dump
from plan import BY_MANAGER
from sessions import Runner
from works import Engine

TIMES = 20


@dataclass(frozen=True)
class Wait:
    """The longest wait of several cancels of one query, each at another moment, in seconds."""

    what: str
    command: str
    cancelled: int  # the others had ended before
    longest: float


def waits(runner: Runner, dump: Dump, parquet: str) -> list[Wait]:
    """Of what may take long: an aggregate, tables in any order and in that of the file, a file, and what shows nothing before its end."""
    wal = f"read_waldump('{dump.path}')"
    create = f"CREATE OR REPLACE TABLE cancelled AS FROM {wal}"
    return [
        longest(runner, "aggregate", BY_MANAGER.format(wal=wal)),
        longest(runner, "CREATE TABLE AS, any order", create),
        longest(runner, "CREATE TABLE AS, file order", create, ordered=True),
        longest(runner, "COPY to Parquet, file order", f"COPY (FROM {wal}) TO '{parquet}' (FORMAT parquet)", ordered=True),
        longest(runner, "waldump_stats, which shows nothing before its end", f"FROM waldump_stats('{dump.path}')"),
    ]


def longest(runner: Runner, what: str, command: str, ordered: bool = False) -> Wait:
    """Cancel one query again and again, later each time."""
    session = runner.fresh_session(Engine.OURS)
    try:
        session.run(f"SET threads = 2; SET preserve_insertion_order = {str(ordered).lower()}")
        seconds = session.run(command)[0]
        found = [session.ask(sql=command, cancel_after=seconds * (i + 0.5) / TIMES)["waited"] for i in range(TIMES)]
    finally:
        session.close()
    waited = [wait for wait in found if wait is not None]
    return Wait(what, command, len(waited), max(waited, default=0.0))
