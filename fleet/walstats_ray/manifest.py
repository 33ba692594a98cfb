"""What is in a data set, and whether that is everything.

The file _walstats_manifest.jsonl has a line a part, of which the last one counts. Another file lists
what there is to be: see Kind. Both are read by DuckDB, whose memory is bounded, however many lines there are.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO

import duckdb

from .kind import Kind
from .lsn import MACROS
from .parquet import sha256_of
from .session import Failed, connect, insert, quoted, words

MANIFEST = "_walstats_manifest.jsonl"
MEMORY = "512MB"  # of the driver's DuckDB; it spills what is more


class Appended:
    """A file of lines that a run adds to. One that was killed may have left half a line."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file: IO[str] | None = None

    def __enter__(self) -> Appended:
        self.file = self.path.open("a", encoding="utf-8")
        if size := self.path.stat().st_size:
            with self.path.open("rb") as file:
                file.seek(size - 1)
                if file.read() != b"\n":
                    self.file.write("\n")
        return self

    def add(self, line: str) -> None:
        assert self.file
        self.file.write(line + "\n")
        self.file.flush()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        assert self.file
        os.fsync(self.file.fileno())
        self.file.close()


def load(session: duckdb.DuckDBPyConnection, output: Path, kind: Kind) -> None:
    """Makes the tables inputs, entries and disk: what the data set must have, the parts that
    the manifest lists, and the part files. The table incomplete has the manifest's lines without a
    required field."""
    for table, name, columns in (("inputs", kind.inputs, kind.input), ("lines", MANIFEST, kind.entry)):
        path = output / name
        # Half a line is no line.
        rows = f"read_json({quoted(str(path))}, format = 'newline_delimited', columns = {columns}, ignore_errors = true)"
        if not path.exists() or path.stat().st_size == 0:
            rows = f"(SELECT unnest(NULL::STRUCT({_types(columns)})) LIMIT 0)"
        session.execute(f"CREATE OR REPLACE TABLE {table} AS SELECT * FROM {rows} WHERE {kind.key} IS NOT NULL")
    missing = "concat_ws(', ', " + ", ".join(f"""CASE WHEN "{field}" IS NULL THEN '{field}' END""" for field in kind.required) + ")"
    session.execute(
        f"CREATE OR REPLACE TABLE incomplete AS SELECT coalesce(part, file) AS file, {missing} AS missing FROM lines WHERE missing <> ''"
    )
    session.execute(
        f"""CREATE OR REPLACE TABLE entries AS FROM lines WHERE {missing} = ''
        QUALIFY row_number() OVER (PARTITION BY part ORDER BY finished DESC) = 1; DROP TABLE lines"""
    )
    session.execute("CREATE OR REPLACE TABLE disk (part VARCHAR, bytes BIGINT)")
    insert(session, "disk", _parts(output))


def _types(columns: str) -> str:
    return columns.strip("{}").replace(":", "").replace("'", "")


def _parts(output: Path) -> Iterator[tuple[str, int]]:
    """Yields every file that a query of the folder may read, wherever it is, and its size. A folder
    that is a link is yielded itself, with a slash: DuckDB's ** does not follow it, and its * does."""
    for folder, folders, names in os.walk(output, onerror=_raise):
        for name in folders:
            path = os.path.join(folder, name)
            if os.path.islink(path):
                yield os.path.relpath(path, output) + "/", 0
        for name in names:
            if name.lower().endswith(".parquet"):
                path = os.path.join(folder, name)
                info = os.stat(path) if os.path.exists(path) else os.lstat(path)  # a link may lead nowhere
                yield os.path.relpath(path, output), info.st_size


def _raise(error: OSError) -> None:
    raise error


@contextmanager
def locked(output: Path) -> Iterator[None]:
    """One run at a time on a data set: two would take each other's parts away."""
    output.mkdir(parents=True, exist_ok=True)
    with open(output / ".walstats.lock", "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Failed(f"{output}: another walstats-ray has it open; wait for it, or end it, and run this again") from None
        yield


def tidy(output: Path, kind: Kind) -> None:
    """Take away what tasks left behind that were killed."""
    for path in output.glob(f"{kind.folders}/.*.parquet.*"):
        path.unlink()


def write(session: duckdb.DuckDBPyConnection, output: Path, table: str, name: str) -> None:
    """Replace a table's lines, all or none."""
    temporary = output / f".{name}.tmp"
    session.execute(f"COPY {table} TO {quoted(str(temporary))} (FORMAT json, USE_TMP_FILE false)")
    with temporary.open("rb") as file:
        os.fsync(file.fileno())
    os.replace(temporary, output / name)


# What the parts themselves say: a look into each of them.
ROWS = """SELECT file, part || ' has ' || num_rows || ' rows, not ' || rows
FROM entries JOIN (SELECT num_rows, substring(file_name, {skip}) AS part FROM parquet_file_metadata({parts})) USING (part) WHERE num_rows <> rows"""


# The parts are there, and no others.
PARTS = (
    # The parts are there, and no others.
    """SELECT file, part || ' is gone' FROM entries WHERE part NOT IN (SELECT part FROM disk)""",
    """SELECT file, part || ' has ' || disk.bytes || ' bytes, not ' || entries.bytes FROM entries JOIN disk USING (part) WHERE disk.bytes <> entries.bytes""",
    """SELECT part, CASE WHEN part LIKE '%/' THEN 'is a link to a folder, which not every query follows; put the folder itself here, or remove the link'
        ELSE 'the manifest does not know this part; remove it' END
    FROM disk WHERE part NOT IN (SELECT part FROM entries)""",
)


def problems(session: duckdb.DuckDBPyConnection, output: Path, kind: Kind, *, look_inside: bool, deep: bool = False) -> Iterator[str]:
    """Yields what is wrong with the data set, a line each; nothing if it is complete. With look_inside
    it reads the footer of every part, with deep all its bytes."""
    load(session, output, kind)
    if not (output / kind.inputs).exists():
        yield f"{kind.inputs}: is gone: it lists the {kind.what} that the data set must have; name all of them to walstats-ray convert"
    else:
        for (of,) in session.execute(
            f"SELECT DISTINCT {kind.key} FROM entries WHERE {kind.key} NOT IN (SELECT {kind.key} FROM inputs) ORDER BY ALL"
        ).fetchall():
            yield f"{kind.whose}{of}: has parts, and {kind.inputs} does not list it; name it to walstats-ray convert"
    for proof in kind.proofs + PARTS:
        for file, what in session.execute(f"{proof} ORDER BY ALL").fetchall():
            yield f"{file}: {what}"
    if look_inside and session.execute("SELECT count(*) > 0 FROM disk").fetchone() == (True,):
        query = ROWS.format(skip=len(str(output)) + 2, parts=quoted(f"{output}/{kind.folders}/*.parquet"))
        try:
            for file, what in session.execute(f"{query} ORDER BY ALL").fetchall():
                yield f"{file}: {what}"
        except duckdb.Error as error:
            yield words(error)
    if deep:
        yield from _changed(session, output)


def _changed(session: duckdb.DuckDBPyConnection, output: Path) -> Iterator[str]:
    """Yields the parts whose bytes have changed since they were written."""
    parts = session.cursor().execute("SELECT file, part, sha256 FROM entries WHERE part IN (SELECT part FROM disk) ORDER BY part")
    while batch := parts.fetchmany(1000):
        for file, part, sha256 in batch:
            if sha256 is None:
                yield f"{file}: {part} has no checksum in the manifest: an earlier walstats-ray wrote it; remove the part, and convert again"
            elif sha256_of(str(output / part)) != sha256:
                yield f"{file}: {part} has other bytes than were written; remove the part, and convert again"


def opened() -> duckdb.DuckDBPyConnection:
    """A session for a data set's tables, of bounded memory, with the macros for LSNs."""
    session = connect(MEMORY)
    session.execute(MACROS)
    return session
