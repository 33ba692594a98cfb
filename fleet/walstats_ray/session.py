"""The DuckDB that a process works in: the stock one, with the extension LOADed."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import duckdb


class Failed(Exception):
    """What a person is told: the cause, and what to do."""


@dataclass(frozen=True)
class How:
    """How tasks are done: the same on every machine."""

    extension: str  # the file to LOAD, at the same place on every machine
    timezone: str = ""  # that pg_waldump ran in; empty: what the dumps say
    memory_limit: str = "1GB"  # of a process

    def settings(self) -> str:
        """What makes other rows of the same text."""
        return f"timezone {self.timezone}" if self.timezone else ""


@cache
def opened(how: How) -> duckdb.DuckDBPyConnection:
    """The session of this process, opened once: LOAD takes longer than a small task."""
    if not os.path.exists(how.extension):
        raise Failed(f"{how.extension}: no such file on this machine; every machine needs the extension at this path")
    session = connect(how.memory_limit, allow_unsigned_extensions="true")
    session.execute(f"LOAD {quoted(how.extension)}")
    return session


def connect(memory_limit: str, database: str = ":memory:", **config: str) -> duckdb.DuckDBPyConnection:
    """A session of one thread: a machine has as many processes as it has cores."""
    return duckdb.connect(
        database,
        config={
            "threads": "1",
            "memory_limit": memory_limit,
            "temp_directory": os.path.join(tempfile.gettempdir(), f"walstats-ray.{os.getpid()}"),
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            **config,
        },
    )


def insert(session: duckdb.DuckDBPyConnection, table: str, rows: Iterable[tuple[str | int | None, ...]]) -> None:
    """Put rows into a table. Through a file: parameters of a statement take a hundred times as
    long, and many rows at once much memory."""
    columns = {name: kind for name, kind, *_ in session.execute(f"DESCRIBE {table}").fetchall()}
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
        for row in rows:
            file.write(json.dumps(dict(zip(columns, row, strict=True))) + "\n")
        file.flush()
        session.execute(f"INSERT INTO {table} FROM read_json({quoted(file.name)}, format = 'newline_delimited', columns = {columns})")


def quoted(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


# What the extension's errors advise to do: package hint of the Go module.
_IGNORE_ERRORS = "; pass ignore_errors := true"


def avoidable(error: Exception) -> tuple[str, bool]:
    """Return what words says without the advice to ignore errors, and whether it was there."""
    text, advice, _ = words(error).partition(_IGNORE_ERRORS)
    return text, bool(advice)


def of_command(text: str) -> str:
    """Return a message with the flags of walstats-ray in the place of SQL's named parameters. It
    has none that ignores errors."""
    return text.partition(_IGNORE_ERRORS)[0].replace("timezone := '", "--timezone '")


_FUNCTIONS = tuple(
    f"{name}: "
    for name in ("read_waldump_rejects", "read_waldump", "waldump_stats", "waldump_lines", "read_wal_rejects", "read_wal", "wal_stats")
)


def words(error: Exception) -> str:
    """What a person needs of an error: of DuckDB's, without its kind and our function's name."""
    text = str(error)
    if isinstance(error, duckdb.Error):
        text = text.partition("\n\nLINE ")[0]
        for function in (*_FUNCTIONS, " Error: "):
            if function in text:
                return text.partition(function)[2]
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror.lower()}" if error.filename else error.strerror.lower()
    return text or type(error).__name__
