"""What the faults share: the list of them, and a process that has the extension loaded."""

from __future__ import annotations

import re
import resource
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

ROOT = Path(__file__).resolve().parents[2]
RECORDS = 38399  # in pg14.waldump
Connection = duckdb.DuckDBPyConnection


class Skip(Exception):
    """The fault cannot be made on this machine."""


class Raced(Exception):
    """DuckDB lost the error of a result that is fetched bit by bit: it does so now and then, and says
    "Interrupted!", with any function, error('x') among them. The fault has to be made again."""


@dataclass
class Fault:
    """Something that goes wrong in a process of its own. run says what the client saw."""

    name: str
    group: str
    title: str
    run: Callable[[Host], str]
    ends: str  # what the process says at its end, where there is no better
    slow: bool  # only --all waits for it


FAULTS: dict[str, Fault] = {}


def fault(group: str, title: str, ends: str = "", slow: bool = False) -> Callable[[Callable[[Host], str]], Callable[[Host], str]]:
    """Puts a function into the list, under its own name."""

    def add(run: Callable[[Host], str]) -> Callable[[Host], str]:
        FAULTS[run.__name__] = Fault(run.__name__, group, title, run, ends, slow)
        return run

    return add


class Host:
    """The process of one fault, with a folder of its own."""

    def __init__(self, extension: Path, dump: Path) -> None:
        self.extension = extension
        self.dump = dump
        self.folder = Path(tempfile.mkdtemp(dir=dump.parent))
        self.folder.chmod(0o777)

    def connect(self, database: str = ":memory:") -> Connection:
        """A new database that has the extension."""
        connection = duckdb.connect(database, config={"allow_unsigned_extensions": "true"})
        self.load(connection)
        connection.execute("SET threads = 2; SET TimeZone = 'UTC'")
        return connection

    def load(self, connection: Connection) -> None:
        connection.execute(f"LOAD {quote(self.extension)}")

    def copy(self, times: int = 1, name: str = "wal.dump") -> Path:
        """A dump that may come to harm: the records so many times over, 6.9 MB each."""
        path = self.folder / name
        with open(path, "wb") as target:
            for _ in range(times):
                with open(self.dump, "rb") as source:
                    shutil.copyfileobj(source, target)
        return path

    def again(self, times: int) -> str:
        """SQL for a scan that takes long: the same dump so many times over."""
        return "[" + ", ".join([quote(self.dump)] * times) + "]"

    def works(self, connection: Connection) -> None:
        """The next query of this connection is right, and so is that of another one."""
        for asked in (connection, connection.cursor()):
            count = one(asked, f"SELECT count(*) FROM read_waldump({quote(self.dump)})")
            check(count == RECORDS, f"the next query gives {count}")

    def fails(self, connection: Connection, sql: str, pattern: str) -> str:
        """The error of a query, which has to match; the next query works."""
        try:
            rows = connection.execute(sql).fetchall()
        except duckdb.Error as error:
            said = message(error)
        else:
            raise AssertionError(f"{sql}: no error but {str(rows)[:200]}")
        check(re.search(pattern, said) is not None, f"{sql[:200]}: the error\n{said[:2000]}\ndoes not match\n{pattern}")
        check("internal error" not in said, said)
        self.works(connection)
        return self.told(said)

    def streaming(self, connection: Connection, path: Path) -> Connection:
        """A query over a dump of which the first row is fetched, and most is not read yet."""
        connection.execute("SET streaming_buffer_size = '100KB'")
        result = connection.execute(f"FROM read_waldump({quote(path)})")
        check(result.fetchone() is not None, "no first row")
        return result

    def rest_fails(self, result: Connection, pattern: str) -> str:
        """The error that the rows after the first end with; the next query works."""
        try:
            rows = len(result.fetchall())
        except duckdb.Error as error:
            said = message(error)
        else:
            raise AssertionError(f"no error but {rows} more rows")
        if said == "Interrupted!":
            raise Raced
        check(re.search(pattern, said) is not None, f"the error\n{said[:2000]}\ndoes not match\n{pattern}")
        self.works(result)
        return self.told(said)

    def told(self, said: str) -> str:
        """A message for the table: without the folder of this run, and not too long."""
        said = said.replace(str(self.folder) + "/", "").replace(str(self.dump.parent) + "/", "")
        return said if len(said) <= 220 else said[:200] + " ..."


def message(error: duckdb.Error) -> str:
    """The error without DuckDB's own words for its kind, and without the query that it shows."""
    said = str(error).split("\n\nLINE ")[0].split("closed pending query result\nError: ")[-1]
    return re.sub(r"^(\w+ )+Error: ", "", said).strip()


def check(true: bool, says: str) -> None:
    if not true:
        raise AssertionError(says)


def one(connection: Connection, sql: str) -> object:
    row = connection.execute(sql).fetchone()
    return row[0] if row else None


def quote(value: object) -> str:
    return "'" + str(value).replace("'", "''") + "'"


@contextmanager
def limited(what: int, soft: int) -> Iterator[None]:
    """One of the process's limits, lower for a while."""
    before = resource.getrlimit(what)
    resource.setrlimit(what, (soft, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(what, before)


@contextmanager
def within(seconds: float, what: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    took = time.monotonic() - began
    check(took < seconds, f"{what} took {took:.1f} s")


def status(field: str) -> int:
    """A number of /proc/self/status: VmHWM and its like in bytes."""
    found = re.search(rf"^{field}:\s+(\d+)( kB)?", Path("/proc/self/status").read_text(), re.MULTILINE)
    assert found
    return int(found[1]) * (1024 if found[2] else 1)


def beside(work: Callable[[], object]) -> threading.Thread:
    """Starts work in a thread."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread
