"""PostgreSQL's write-ahead log as a table in DuckDB.

    import walstats
    con = walstats.connect()
    con.sql("FROM read_wal('/var/lib/postgresql/15/main')")

connect opens a database with the functions; load adds them to a connection that is open.
"""

from __future__ import annotations

import os
from pathlib import Path
from threading import Lock
from typing import Any

import duckdb

from . import extension
from .extension import Error

__all__ = ["Error", "connect", "load"]

UNSIGNED = "allow_unsigned_extensions"

# DuckDB 1.2 and 1.3 run an extension's start twice where two threads LOAD it at the same moment.
_loading = Lock()


def connect(database: str | os.PathLike[str] = ":memory:", **options: Any) -> duckdb.DuckDBPyConnection:
    """Opens a database as duckdb.connect does, with the functions loaded.

    options are duckdb.connect's: read_only, config. Unsigned extensions are allowed for this database
    alone; no setting of other databases changes.
    """
    config = dict(options.pop("config", None) or {})
    if str(config.setdefault(UNSIGNED, "true")).lower() not in ("true", "1"):
        raise Error(f"walstats.connect: config has {UNSIGNED} = {config[UNSIGNED]!r}, and the extension is not signed; leave it out")
    con = duckdb.connect(os.fspath(database), config=config, **options)
    try:
        return load(con)
    except BaseException:
        con.close()
        raise


def load(con: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """Loads the functions into the database of a connection and returns the connection.

    Raises Error where the database does not allow unsigned extensions, and where the package has no
    extension for this DuckDB.
    """
    if not hasattr(con, "execute"):
        raise TypeError(f"walstats.load: a connection of duckdb.connect is required, and this is {type(con).__name__}")
    version, platform, allowed = _ask(con)
    extension.check_version(version)
    if not allowed:
        raise Error(
            "walstats.load: this connection does not allow unsigned extensions, and DuckDB takes that setting only when it opens a database; "
            f'open it with walstats.connect(path), or with duckdb.connect(path, config={{"{UNSIGNED}": "true"}})'
        )
    with _loading:
        con.execute(f"LOAD {_quoted(extension.for_platform(platform))}")
    return con


def _ask(con: duckdb.DuckDBPyConnection) -> tuple[str, str, bool]:
    """Returns DuckDB's version, its platform, and whether the connection allows unsigned extensions."""
    row = con.execute(f"SELECT version(), (SELECT platform FROM pragma_platform()), current_setting('{UNSIGNED}')").fetchone()
    if row is None:
        raise Error("walstats.load: DuckDB does not say its version")
    return row


def _quoted(file: Path) -> str:
    return "'" + str(file).replace("'", "''") + "'"
