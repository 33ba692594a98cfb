"""One SQL engine in a process of its own.

It reads JSON lines from its input and answers each with one on its output:

    {"sql": "SELECT 42"}  ->  {"seconds": 0.0003, "rows": [[42]]}
    {"peak": true}        ->  {"bytes": 123456789}

The time is taken here, around running the statement and fetching its rows. With
`worker.py duckdb [EXTENSION]` the engine is DuckDB, with `worker.py clickhouse`
ClickHouse.
"""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

Query = Callable[[str], list[Any]]


def duckdb_engine(extension: str | None) -> Query:
    """A session of DuckDB, with an unsigned extension or without."""
    import duckdb

    session = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    session.execute("SET enable_progress_bar = false")
    if extension:
        session.execute(f"LOAD '{extension}'")
    return lambda sql: session.execute(sql).fetchall()


def clickhouse_engine() -> Query:
    """A session of ClickHouse inside this process."""
    from chdb.session import Session

    session = Session()
    return lambda sql: json.loads(session.query(sql, "JSONCompact").bytes() or b'{"data": []}')["data"]


def peak_memory() -> int:
    """The most memory this process ever held, in bytes."""
    with open("/proc/self/status") as status:
        for line in status:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    raise RuntimeError("no VmHWM in /proc/self/status")


def answer(query: Query, ask: dict[str, Any]) -> dict[str, Any]:
    """The reply to one line."""
    if "peak" in ask:
        return {"bytes": peak_memory()}
    begin = time.perf_counter()
    try:
        rows = query(ask["sql"])
    except Exception as error:  # any engine's, told to whoever asked
        return {"error": str(error)}
    return {"seconds": time.perf_counter() - begin, "rows": rows}


def main(arguments: list[str]) -> None:
    """Serve until the input ends."""
    if arguments[0] == "duckdb":
        query = duckdb_engine(arguments[1] if len(arguments) > 1 else None)
    else:
        query = clickhouse_engine()
    for line in sys.stdin:
        print(json.dumps(answer(query, json.loads(line)), default=str), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
