"""Queries that end before the file does, and many at a time."""

from __future__ import annotations

import contextlib
import functools
import gzip
import threading
import time

import duckdb

from host import RECORDS, Connection, Host, beside, check, fault, message, one, quote, within

GROUP = "queries"
TIMES = 60  # dumps in a file that takes a second or so


def interrupted(host: Host, connection: Connection, sql: str, after: float) -> str:
    """What a query that interrupt() meets says."""
    done = threading.Event()

    def interrupt() -> None:
        time.sleep(after)
        while not done.is_set():  # one that comes before the query has begun is forgotten
            connection.interrupt()
            done.wait(0.05)

    interrupting = beside(interrupt)
    with within(15, "a cancelled query"):
        try:
            connection.execute(sql).fetchall()
        except duckdb.InterruptException as error:
            said = message(error)
        else:
            raise AssertionError(f"not interrupted: {sql[:200]}")
        finally:
            done.set()
            interrupting.join()
    host.works(connection)
    return said


@fault(GROUP, "cancelled (interrupt): an aggregate, CREATE TABLE AS, COPY, blocks, of plain and packed files")
def cancelled(host: Host) -> str:
    connection = host.connect()
    packed = host.folder / "wal.gz"
    connection.execute(f"CREATE VIEW wal AS FROM read_waldump({host.again(TIMES)})")
    packed.write_bytes(gzip.compress(host.dump.read_bytes(), 1) * TIMES)  # several packed files after each other are one
    queries = [
        "SELECT resource_manager, count(*), max(description) FROM wal GROUP BY ALL",
        "CREATE OR REPLACE TABLE t AS FROM wal",
        f"COPY wal TO {quote(host.folder / 'wal.csv')}",
        f"SELECT count(*), max(description) FROM read_waldump_blocks({host.again(TIMES)})",
        f"SELECT max(description) FROM read_waldump({quote(packed)})",
    ]
    for sql in queries:
        for after in (0.002, 0.05):
            said = interrupted(host, connection, sql, after)
    return said


@fault(GROUP, "LIMIT")
def limit(host: Host) -> str:
    path, connection = host.copy(TIMES // 4), host.connect()
    with within(5, "LIMIT over 100 MB"):
        for function in "read_waldump", "read_waldump_blocks":
            rows = connection.execute(f"FROM {function}({quote(path)}) LIMIT 3").fetchall()
            check(len(rows) == 3, f"{function}: {len(rows)} rows")
            check(one(connection, f"SELECT EXISTS (FROM {function}({quote(path)}))") is True, "EXISTS")
    host.works(connection)
    return "3 rows, and the file is closed"


@fault(GROUP, "an error in another operator")
def other_operator(host: Host) -> str:
    path, connection = host.copy(4), host.connect()
    wal = f"read_waldump({quote(path)})"
    host.fails(connection, f"SELECT sum((description || 'x')::INTEGER) FROM {wal}", r"Could not convert string")
    host.fails(connection, f"SELECT CASE WHEN relblocknumber > 50 THEN error('stop') END FROM {wal}", r"^stop$")
    host.fails(connection, f"CREATE TABLE t AS SELECT CASE WHEN xid > 0 THEN error('stop') END FROM {wal}", r"^stop$")
    host.fails(connection, f"FROM {wal} a JOIN {wal} b ON a.xid = b.xid AND error('stop') IS NULL", r"^stop$")
    return host.fails(connection, f"SELECT (SELECT relblocknumber FROM {wal})", r"More than one row returned by a subquery")


@fault(GROUP, "50 connections at once, a third of them cancelled, a third in error")
def fifty(host: Host) -> str:
    path, connection = host.copy(4), host.connect()
    wrong: list[str] = []
    ended = {"right": 0, "error": 0, "cancelled": 0}

    def ask(i: int) -> None:
        mine = connection.cursor()
        try:
            if i % 3 == 0:
                count = one(mine, f"SELECT count(*) FROM (SELECT DISTINCT * FROM read_waldump({quote(host.dump)}))")
                ended["right"] += 1
                if count != RECORDS:
                    wrong.append(f"{count} rows")
            elif i % 3 == 1:
                host_fails(mine)
                ended["error"] += 1
            else:
                threading.Timer(0.01 * (i % 10), mine.interrupt).start()
                with contextlib.suppress(duckdb.InterruptException):
                    mine.execute(f"SELECT max(description) FROM read_waldump({quote(path)})").fetchall()
                ended["cancelled"] += 1
        except BaseException as error:  # of a thread: to be told, not lost
            wrong.append(repr(error))

    def host_fails(mine: Connection) -> None:
        try:
            mine.execute("FROM read_waldump('/no/such.dump')")
        except duckdb.Error as error:
            if "no such file" in str(error):
                return
        wrong.append("no error")

    for _ in range(2):
        threads = [beside(functools.partial(ask, i)) for i in range(50)]
        for thread in threads:
            thread.join(60)
            check(not thread.is_alive(), "a thread hangs")
    check(not wrong, str(wrong[:3]))
    host.works(connection)
    return f"{ended['right']} right, {ended['error']} errors, {ended['cancelled']} cancelled"


@fault(GROUP, "a connection closed while another thread scans with it")
def closed(host: Host) -> str:
    seen: list[str] = []
    for after in (0.0, 0.02, 0.1):
        connection = host.connect()
        mine = connection.cursor()

        def scan(mine: Connection = mine) -> None:
            try:
                mine.execute(f"SELECT max(description) FROM read_waldump({host.again(TIMES)})").fetchall()
                seen.append("rows")
            except (duckdb.Error, RuntimeError) as error:
                seen.append(str(error))

        thread = beside(scan)
        time.sleep(after)
        try:
            mine.close()
        except duckdb.Error as error:  # from 2.0 on
            check("connection is busy" in str(error), str(error))
        thread.join(60)
        check(not thread.is_alive(), "the scan hangs")
        host.works(connection)
        connection.close()
    check(len(seen) == 3, str(seen))
    return "the scan ends, with its rows or an error; other connections work"


@fault(GROUP, "a database closed while rows are not fetched yet")
def closed_unfetched(host: Host) -> str:
    path = host.copy(TIMES // 6)
    for _ in range(5):
        connection = host.connect()
        result = host.streaming(connection.cursor(), path)
        connection.close()
        result.close()
    host.works(host.connect())
    return "closes"


@fault(GROUP, "LOAD twice, and by 8 threads")
def loaded_twice(host: Host) -> str:
    connection = host.connect()
    host.load(connection)
    failed: list[str] = []

    def load() -> None:
        try:
            host.load(connection.cursor())
        except duckdb.Error as error:
            failed.append(str(error))

    threads = [beside(load) for _ in range(8)]
    for thread in threads:
        thread.join(60)
    check(not failed, str(failed[:1]))
    host.works(connection)
    return "nothing: the second does nothing"


@fault(GROUP, "several databases in one process, one closed while the other scans")
def several_databases(host: Host) -> str:
    path = host.copy(TIMES // 4)
    first, second = host.connect(), host.connect(str(host.folder / "file.duckdb"))
    result = host.streaming(first, path)
    second.execute(f"CREATE TABLE wal AS FROM read_waldump({quote(host.dump)})")
    second.close()
    rows = 1 + len(result.fetchall())
    check(rows == TIMES // 4 * RECORDS, f"{rows} rows")
    host.works(first)
    again = host.connect(str(host.folder / "file.duckdb"))
    check(one(again, "SELECT count(start_lsn) FROM wal") == RECORDS, "the table")
    host.works(again)
    return "each has its own rows"


@fault(GROUP, "LOAD into a database that is read-only")
def read_only(host: Host) -> str:
    path = host.folder / "file.duckdb"
    duckdb.connect(str(path)).close()
    connection = duckdb.connect(str(path), read_only=True, config={"allow_unsigned_extensions": "true"})
    host.load(connection)
    host.works(connection)
    return "works"
