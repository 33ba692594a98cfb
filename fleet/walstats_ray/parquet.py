"""How a part gets to its place: whole or not at all, and with a text that says what it is of."""

from __future__ import annotations

import hashlib
import json
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import duckdb

from .session import quoted

KEY = "walstats"  # of what a part says of itself


@dataclass(frozen=True, kw_only=True)
class Written:
    """What the manifest says of every part."""

    part: str  # its path in the data set's folder
    file: str
    settings: str
    rows: int  # in the part, as it was read again
    bytes: int  # of the part
    sha256: str  # of the part
    seconds: float
    cpu: float  # seconds that processors worked for it
    finished: float  # seconds since 1970
    before: bool = False  # the part was there already
    node: str = ""  # the machine that did it


class Began:
    """When a task began, to say at its end what it wrote and how long that took."""

    def __init__(self) -> None:
        self.time, self.cpu = time.time(), time.process_time()

    def written(self, output: str, part: str, *, before: bool) -> dict[str, Any]:
        """Returns the fields of Written that its file and the clock tell; part has no ending."""
        name = part + ".parquet"
        path = os.path.join(output, name)
        size, checksum, now = os.path.getsize(path), sha256_of(path), time.time()
        return {
            "part": name,
            "bytes": size,
            "sha256": checksum,
            "seconds": now - self.time,
            "cpu": time.process_time() - self.cpu,
            "finished": now,
            "before": before,
        }


def sha256_of(path: str) -> str:
    """Returns the checksum of a file's bytes."""
    checksum = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(1 << 20):
            checksum.update(chunk)
    return checksum.hexdigest()


def said_of(session: duckdb.DuckDBPyConnection, path: str) -> dict[str, Any] | None:
    """What a part that is there says of itself."""
    if not os.path.exists(path):
        return None
    try:
        row = session.execute(f"SELECT decode(value) FROM parquet_kv_metadata({quoted(path)}) WHERE decode(key) = '{KEY}'").fetchone()
        said = json.loads(row[0]) if row else None
    except (duckdb.Error, ValueError):
        return None  # it is damaged, and is made again
    return said if isinstance(said, dict) else None


# LSNs are numbers, as walstats convert writes them.
NUMBERS = "* REPLACE (start_lsn::UBIGINT AS start_lsn, prev_lsn::UBIGINT AS prev_lsn)"


def copy(
    session: duckdb.DuckDBPyConnection, source: str, said: dict[str, Any], to: str, *, columns: str = NUMBERS, ordered: bool = False
) -> None:
    """Write rows to a Parquet file, with what it is to say of itself."""
    # One thread reads and writes in the order of the file anyhow; to have it promised takes a tenth
    # more, and who calls this looks whether it was so.
    session.execute(f"SET preserve_insertion_order = {str(ordered).lower()}")
    session.execute(
        f"COPY (SELECT {columns} FROM {source}) TO {quoted(to)} "
        f"(FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false, KV_METADATA {{{KEY}: {quoted(json.dumps(said))}}})"
    )


@contextmanager
def temporary_beside(path: str) -> Iterator[str]:
    """A name beside a part for what is not finished: no other attempt has it."""
    folder, name = os.path.split(path)
    temporary = os.path.join(folder, f".{name}.{uuid.uuid4().hex}.tmp")
    try:
        yield temporary
    finally:
        for left in (temporary, temporary + ".sorted"):
            if os.path.exists(left):
                os.remove(left)


def settle(temporary: str, path: str) -> None:
    """Give a file its name when it is on its disk."""
    _flush(temporary)
    os.replace(temporary, path)
    _flush(os.path.dirname(path))


def _flush(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
