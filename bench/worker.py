"""One SQL engine in a process of its own.

It reads JSON lines from its input and answers each with one on its output:

    {"sql": "SELECT 42"}  ->  {"seconds": 0.0003, "rows": [[42]]}
    {"peak": true}        ->  {"bytes": 123456789}
    {"sql": "SELECT 42", "cancel_after": 0.1}  ->  {"waited": 0.004}, the seconds until the statement ended

The time is taken here, around running the statement and fetching its rows. With
`worker.py duckdb [EXTENSION]` the engine is DuckDB, with `worker.py clickhouse`
ClickHouse.
"""

import json
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Engine:
    """What a session can do."""

    query: Callable[[str], list[Any]]
    interrupt: Callable[[], None]


def duckdb_engine(extension: str | None) -> Engine:
    """A session of DuckDB, with an unsigned extension or without."""
    import duckdb

    session = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    session.execute("SET enable_progress_bar = false")
    if extension:
        session.execute(f"LOAD '{extension}'")
    return Engine(lambda sql: session.execute(sql).fetchall(), session.interrupt)


def clickhouse_engine() -> Engine:
    """A session of ClickHouse inside this process."""
    from chdb.session import Session

    session = Session()

    def interrupt() -> None:
        raise NotImplementedError("a session of ClickHouse is not cancelled")

    return Engine(lambda sql: json.loads(session.query(sql, "JSONCompact").bytes() or b'{"data": []}')["data"], interrupt)


def peak_memory() -> int:
    """The most memory this process ever held, in bytes."""
    with open("/proc/self/status") as status:
        for line in status:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    raise RuntimeError("no VmHWM in /proc/self/status")


def cancel(engine: Engine, sql: str, after: float) -> dict[str, Any]:
    """Interrupt a statement, and say how long it took to end; `waited` is null where it had ended before."""
    begun: list[float] = []

    def interrupt() -> None:
        begun.append(time.perf_counter())
        engine.interrupt()

    timer = threading.Timer(after, interrupt)
    timer.start()
    try:
        engine.query(sql)
    except Exception as error:  # the interrupt's, or one that somebody has to see
        ended = time.perf_counter()
        timer.cancel()
        return {"waited": ended - begun[0]} if begun else {"error": str(error)}
    timer.cancel()
    timer.join()
    return {"waited": None}


def answer(engine: Engine, ask: dict[str, Any]) -> dict[str, Any]:
    """The reply to one line."""
    if "peak" in ask:
        return {"bytes": peak_memory()}
    if "cancel_after" in ask:
        return cancel(engine, ask["sql"], ask["cancel_after"])
    begin = time.perf_counter()
    try:
        rows = engine.query(ask["sql"])
    except Exception as error:  # any engine's, told to the caller
        return {"error": str(error)}
    return {"seconds": time.perf_counter() - begin, "rows": rows}


def main(arguments: list[str]) -> None:
    """Serve until the input ends."""
    if arguments[0] == "duckdb":
        engine = duckdb_engine(arguments[1] if len(arguments) > 1 else None)
    else:
        engine = clickhouse_engine()
    for line in sys.stdin:
        print(json.dumps(answer(engine, json.loads(line)), default=str), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
