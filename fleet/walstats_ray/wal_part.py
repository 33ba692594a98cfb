"""One task of WAL: the records of a range of LSNs, as one Parquet file."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import duckdb

from .parquet import Began, Written, copy, said_of, settle, temporary_beside
from .session import Failed, How, opened, quoted
from .wal import LSNRange


@dataclass(frozen=True, kw_only=True)
class WALEntry(Written):
    """What the manifest says of a part of WAL, whose file is the first segment. LSNs are numbers."""

    system_identifier: int
    timeline: int
    start_lsn: int  # the part has every record that begins here or later,
    end_lsn: int  # and before this
    first_lsn: int | None  # of the first record
    first_prev_lsn: int | None  # of the record before it, as it says
    last_lsn: int | None  # of the last record
    last_end_lsn: int | None  # where it ends


@dataclass(frozen=True)
class Found:
    """What a part has, as it was read."""

    rows: int
    first: int | None
    first_prev: int | None
    last: int | None
    last_end: int | None
    sorted: bool
    unlinked: int  # records that do not name the one before them
    others: int  # records of other timelines


def convert(range_: LSNRange, output: str, how: How) -> WALEntry:
    """Write the range's part, unless it is there, and say what is in it."""
    began = Began()
    session = opened(how)
    path = os.path.join(output, range_.part + ".parquet")
    claims = {
        "system_identifier": range_.system,
        "timeline": range_.timeline,
        "start_lsn": range_.begin,
        "end_lsn": range_.end,
        "settings": how.settings(),
    }
    said = said_of(session, path)
    before = said is not None and said.items() >= claims.items()
    if before:
        found = _read(session, range_, path)
        end = _end(session, range_, how, found)
    else:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with temporary_beside(path) as temporary:
            found = _write(session, range_, how, claims, temporary)
            end = _end(session, range_, how, found)
            settle(temporary, path)
    return WALEntry(
        **began.written(output, range_.part, before=before),
        file=range_.file,
        system_identifier=range_.system,
        timeline=range_.timeline,
        start_lsn=range_.begin,
        end_lsn=end,
        settings=how.settings(),
        rows=found.rows,
        first_lsn=found.first,
        first_prev_lsn=found.first_prev,
        last_lsn=found.last,
        last_end_lsn=found.last_end,
    )


COLUMNS = "* REPLACE (start_lsn::UBIGINT AS start_lsn, prev_lsn::UBIGINT AS prev_lsn, end_lsn::UBIGINT AS end_lsn)"


def _write(session: duckdb.DuckDBPyConnection, range_: LSNRange, how: How, said: dict[str, Any], temporary: str) -> Found:
    """Write the rows, sorted, and read them again."""
    copy(session, range_.scan("read_waldump", how, "filename := true"), said, temporary, columns=COLUMNS)
    found = _read(session, range_, temporary)
    if not found.sorted or found.unlinked or found.others:
        raise Failed(
            f"{range_.place}{found.unlinked} records that were written do not name the one before them, {found.others} are not of timeline {range_.timeline}; please report this"
        )
    return found


def _read(session: duckdb.DuckDBPyConnection, range_: LSNRange, path: str) -> Found:
    session.execute("SET preserve_insertion_order = true")  # for lag()
    row = session.execute(
        f"""SELECT count(*), min(start_lsn), arg_min(prev_lsn, start_lsn), max(start_lsn), max(end_lsn), coalesce(bool_and(start_lsn > before), true),
            count(*) FILTER (prev_lsn <> before), count(*) FILTER (timeline <> {range_.timeline})
        FROM (SELECT *, lag(start_lsn) OVER () AS before FROM read_parquet({quoted(path)}, hive_partitioning = false))"""
    ).fetchone()
    assert row
    return Found(*row)


def _end(session: duckdb.DuckDBPyConnection, range_: LSNRange, how: How, found: Found) -> int:
    """Up to where the part has every record: the range's end, unless WAL ends before it."""
    if found.last_end is not None and found.last_end >= range_.end:
        return range_.end
    ended = session.execute(f"SELECT count(*) FROM {range_.scan('read_waldump_rejects', how)}").fetchone()
    if ended == (0,):
        return range_.end
    return range_.begin if found.last_end is None else found.last_end
