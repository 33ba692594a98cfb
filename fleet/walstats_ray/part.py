"""One task: the records of a range, as one Parquet file.

    python -m walstats_ray.part OUT FILE:BEGIN:END PART >> OUT/_walstats_manifest.jsonl

FILE:BEGIN:END, or a range of WAL as JSON, and PART are what `python -m walstats_ray.tasks` prints. This is all that an engine
has to run, on any machine and as often as it likes: a part gets its name when it is whole, so
two runs of a task leave one part, and one that finds its part done says what is in it.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from dataclasses import asdict, dataclass
from typing import Any

import duckdb

from . import install, wal_part
from .lines import count_lines
from .parquet import Began, Written, copy, said_of, settle, temporary_beside
from .ranges import Range, folder_of, identity_of, source_of
from .session import Failed, How, avoidable, opened, quoted, words
from .wal import from_json
from .wal_part import WALEntry


@dataclass(frozen=True, kw_only=True)
class Entry(Written):
    """What the manifest says of a part of dumps."""

    size: int  # of the file
    mtime_ns: int
    begin: int
    end: int
    lines: int  # that end in the range, by other eyes than the extension's
    records: int  # what the extension says that the lines of the range's records are
    continuations: int
    empty_lines: int
    messages: int
    rejects: int
    reject: str  # the first
    min_lsn: int | None
    max_lsn: int | None


@dataclass(frozen=True)
class Found:
    """What a part has, as it was read."""

    rows: int
    min_lsn: int | None
    max_lsn: int | None
    sorted: bool
    untimed: int  # ends of transactions without their time


def convert(range_: Range, output: str, how: How) -> Entry:
    """Write the range's part, unless it is there, and say what is in it."""
    began = Began()
    session = opened(how)
    path = os.path.join(output, range_.part + ".parquet")
    range_.check()
    said = said_of(session, path)
    before = said is not None and said.items() >= _claims(range_, how).items()
    if said is not None and before:
        found = _read(session, path)
    else:
        said = {**_claims(range_, how), **_counts(session, range_, how)}
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with temporary_beside(path) as temporary:
            found = _write(session, range_, how, said, temporary)
            range_.check()
            settle(temporary, path)
    return Entry(**said, **began.written(output, range_.part, before=before), rows=found.rows, min_lsn=found.min_lsn, max_lsn=found.max_lsn)


def _claims(range_: Range, how: How) -> dict[str, Any]:
    """What a part says of itself that another range's, or another file's, does not."""
    identity = range_.identity
    return {
        "file": range_.file,
        "size": identity.size,
        "mtime_ns": identity.mtime_ns,
        "begin": range_.begin,
        "end": range_.end,
        "settings": how.settings(),
    }


def _counts(session: duckdb.DuckDBPyConnection, range_: Range, how: How) -> dict[str, Any]:
    """The lines, counted twice, and the first that is no record."""
    names = ("records", "continuations", "empty_lines", "messages", "rejects")
    row = session.execute(f"SELECT {', '.join(names)} FROM {range_.scan('waldump_lines', how)}").fetchone()
    assert row
    counts: dict[str, Any] = dict(zip(names, row, strict=True))
    reject = ""
    if counts["rejects"]:
        reject = _first_reject(session, range_, how)
        whole = range_.begin == 0 and range_.end == range_.identity.size
        if whole and not counts["records"] and "ends inside a record" not in reject:
            raise Failed(f"{reject}; no line is a record")
    return {**counts, "reject": reject, "lines": count_lines(range_)}


def _first_reject(session: duckdb.DuckDBPyConnection, range_: Range, how: How) -> str:
    """The words of read_waldump, which stops there; of what is no dump at all they say more."""
    try:
        session.execute(f"SELECT count(*) FROM {range_.scan('read_waldump', how)}")
    except duckdb.Error as error:
        return avoidable(error)[0]
    return ""


def _write(session: duckdb.DuckDBPyConnection, range_: Range, how: How, said: dict[str, Any], temporary: str) -> Found:
    """Write the rows, sorted, and read them again."""
    options = ["filename := true"]
    lenient = said["rejects"] > 0
    try:
        copy(session, range_.scan("read_waldump", how, *options, *["ignore_errors := true"] * lenient), said, temporary)
    except duckdb.Error as error:
        # A number that does not fit is NULL; a time that may mean anything is not.
        if lenient or "a time zone" in str(error) or not avoidable(error)[1]:
            raise
        copy(session, range_.scan("read_waldump", how, *options, "ignore_errors := true"), said, temporary)
    found = _read(session, temporary)
    if not found.sorted:  # a file is, unless it has the WAL of several timelines
        in_order = f"(FROM read_parquet({quoted(temporary)}) ORDER BY start_lsn)"
        copy(session, in_order, said, temporary + ".sorted", ordered=True)
        os.replace(temporary + ".sorted", temporary)
        found = _read(session, temporary)
    if found.rows != said["records"] or not found.sorted:
        raise Failed(f"{range_.file}: {found.rows} rows were written of {said['records']} records; please report this")
    if lenient and found.untimed and not how.timezone:
        raise Failed(
            f"{range_.file}: {found.untimed} times have no zone that says what they mean; "
            "pass timezone := '<the TZ pg_waldump ran with>', or timezone := 'none' to leave such times out"
        )
    return found


def _read(session: duckdb.DuckDBPyConnection, path: str) -> Found:
    session.execute("SET preserve_insertion_order = true")  # for lag()
    row = session.execute(
        f"""SELECT count(*), min(start_lsn), max(start_lsn), coalesce(bool_and(start_lsn >= before), true),
            count(*) FILTER (resource_manager = 'Transaction' AND xact_time IS NULL AND (record_type ILIKE 'commit%' OR record_type ILIKE 'abort%'))
        FROM (SELECT *, lag(start_lsn) OVER () AS before FROM read_parquet({quoted(path)}))"""
    ).fetchone()
    assert row
    return Found(*row)


def _print(entry: Entry | WALEntry) -> None:
    sys.stdout.write(json.dumps(asdict(entry)) + "\n")  # in one write, as several processes may append to one file


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m walstats_ray.part", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("output", metavar="OUT", help="the data set's folder")
    parser.add_argument("range", metavar="FILE:BEGIN:END", help="or a range of WAL, as JSON")
    parser.add_argument("part", metavar="PART", help="a name that no other range has")
    parser.add_argument(
        "--source", choices=("file", "folder"), default="file", help="whose WAL it is: the file's name says so, or that of its folder"
    )
    parser.add_argument(
        "--extension", default="", metavar="FILE", help=f"{install.EXTENSION} (default $WALDUMP_EXTENSION, or the one beside walstats)"
    )
    parser.add_argument("--timezone", default="", help="that pg_waldump ran in, or none")
    options = parser.parse_args()
    fields = re.fullmatch(r"(?s)(.+):(\d+):(\d+)", options.range)
    wal = options.range.startswith("{")
    if not fields and not wal:
        parser.error("give FILE:BEGIN:END or JSON, as python -m walstats_ray.tasks prints it")
    try:
        how = How(install.extension(options.extension), options.timezone)
        if wal:
            _print(wal_part.convert(from_json(options.range), options.output, how))
            return 0
        assert fields
        file = os.path.abspath(fields[1])
        part = os.path.join(folder_of(source_of(file, options.source)), options.part)
        range_ = Range(file, int(fields[2]), int(fields[3]), part, identity_of(file))
        entry = convert(range_, options.output, how)
    except (Failed, OSError, duckdb.Error) as error:
        print("walstats-ray:", words(error), file=sys.stderr)
        return 1
    _print(entry)
    return 3 if entry.rejects else 0


if __name__ == "__main__":
    sys.exit(main())
