"""How a part gets to its place: whole or not at all, and with a text that says what it is of."""

from __future__ import annotations

import hashlib
import json
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import duckdb

from .session import quoted

KEY = "walstats"  # of what a part says of itself


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


def copy(session: duckdb.DuckDBPyConnection, source: str, said: dict[str, Any], to: str, *, columns: str = NUMBERS, ordered: bool = False) -> None:
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
