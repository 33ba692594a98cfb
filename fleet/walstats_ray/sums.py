"""One task: what the records of a range add up to. And the gathering of such sums."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files

import duckdb

from .ranges import Range
from .session import How, avoidable, connect, insert, opened
from .wal import LSNRange

Key = tuple[str | int | None, ...]


@dataclass(frozen=True)
class Sums:
    """Numbers by what they are of, and what was left out of them."""

    rows: dict[Key, tuple[int, ...]]
    rejects: int = 0
    reject: str = ""  # the first: what it is, and where

    def plus(self, other: Sums) -> Sums:
        """Both together."""
        rows = self.rows  # which is ours
        for key, numbers in other.rows.items():
            rows[key] = tuple(a + b for a, b in zip(rows[key], numbers, strict=True)) if key in rows else numbers
        return Sums(rows, self.rejects + other.rejects, self.reject or other.reject)


def together(all_: Iterable[Sums]) -> Sums:
    """Returns the sums of all."""
    total = Sums({})
    for sums in all_:
        total = total.plus(sums)
    return total


# Of each manager, or record type.
STATS = "count, record_size, fpi_size"


def stats(range_: Range | LSNRange, how: How, per_record: bool) -> Sums:
    """The counts and sizes of waldump_stats."""
    by_record = f"per_record := {str(per_record).lower()}"
    select = f'SELECT "resource_manager/record_type", {STATS} FROM '
    session = opened(how)
    range_.check()
    try:
        found, rejects, reject = session.execute(select + range_.scan("waldump_stats", how, by_record)).fetchall(), 0, ""
    except duckdb.Error as error:
        reject, can_go_on = avoidable(error)
        if not can_go_on or not range_.leniently:
            raise
        found = session.execute(select + range_.scan("waldump_stats", how, by_record, *range_.leniently)).fetchall()
        rejects = range_.rejects(how)
    range_.check()
    return Sums({(name,): tuple(numbers) for name, *numbers in found}, rejects, reject)


# Of each relation and record type: wal_by_relation_and_type, whose sums all other views of
# relations and types are made from.
KEYS = "reltablespace, reldatabase, relfilenode, relation, kind, database, table_name, partition_of, resource_manager, record_type"
NUMBERS = "records, bytes, fpi_bytes, images"
BY_RELATION = "wal_by_relation_and_type"


def by_relation(range_: Range | LSNRange, how: How) -> Sums:
    """The sums of the view, over the text itself."""
    session = opened(how)
    range_.check()
    session.execute(f"CREATE OR REPLACE VIEW wal AS FROM {range_.scan('read_waldump', how, *range_.leniently, 'filename := true')}")
    _make_views(session)
    found = session.execute(f"SELECT {KEYS}, {NUMBERS} FROM {BY_RELATION}").fetchall()
    rejects = range_.rejects(how)
    range_.check()
    keys = len(KEYS.split(", "))
    return Sums({row[:keys]: row[keys:] for row in found}, rejects)


def _make_views(session: duckdb.DuckDBPyConnection) -> None:
    there = session.execute(f"SELECT count(*) FROM duckdb_views() WHERE view_name = '{BY_RELATION}'").fetchone()
    if there == (0,):
        session.execute(views())


def views() -> str:
    """The statements that make the views, which walstats convert has, too."""
    parts = files(__package__).joinpath("views").iterdir()
    return "\n".join(part.read_text() for part in sorted(parts, key=lambda part: part.name))


def gathered(sums: Sums) -> duckdb.DuckDBPyConnection:
    """A session with the views of relations and types, over the sums."""
    session = connect("1GB")
    session.execute(
        """CREATE TABLE wal (start_lsn UBIGINT, prev_lsn UBIGINT, xid UINTEGER, resource_manager VARCHAR, record_type VARCHAR,
            record_length UINTEGER, fpi_length UINTEGER, description VARCHAR, xact_time TIMESTAMPTZ, reltablespace UINTEGER,
            reldatabase UINTEGER, relfilenode UINTEGER, relfork VARCHAR, relblocknumber UINTEGER, block_ref VARCHAR, filename VARCHAR)"""
    )
    _make_views(session)
    session.execute(f"CREATE TABLE sums AS SELECT {KEYS}, {NUMBERS} FROM {BY_RELATION} WITH NO DATA")
    session.execute(f"DROP VIEW {BY_RELATION}; ALTER TABLE sums RENAME TO {BY_RELATION}")
    insert(session, BY_RELATION, ((*key, *numbers) for key, numbers in sums.rows.items()))
    return session
