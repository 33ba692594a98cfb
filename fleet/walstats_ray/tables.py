"""What people and programs are shown: the tables of walstats stats and walstats top."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import duckdb

from .session import Failed
from .sums import Sums


def stats(sums: Sums, program: str, as_json: bool) -> str:
    """Returns the table of walstats stats. walstats itself sorts the rows, as PostgreSQL numbers them,
    and prints them."""
    names = ("count", "record_size", "fpi_size")
    rows = [{"resource_manager/record_type": key[0], **dict(zip(names, numbers, strict=True))} for key, numbers in sums.rows.items()]
    command = [program, "stats", "--sums", *["--json"] * as_json, "-"]
    try:
        done = subprocess.run(command, input=json.dumps(rows), capture_output=True, text=True, check=False)
    except OSError:
        raise Failed(f"{program}: cannot be run; build it with make walstats, or name it with --walstats") from None
    if done.returncode:
        raise Failed(f"{program}: {done.stderr.strip().removeprefix('walstats: ')}; it must be of this walstats-ray's version")
    return done.stdout


# As walstats top asks the views.
RELATIONS = """SELECT coalesce(relation, '(no relation)') AS name, relation, share, records, bytes, fpi_bytes, images
    FROM wal_by_relation ORDER BY bytes DESC, records DESC, relation"""
TYPES = """SELECT resource_manager || '/' || record_type AS name, resource_manager, record_type, share, records, bytes, fpi_bytes, images
    FROM wal_by_record_type ORDER BY bytes DESC, records DESC, resource_manager, record_type"""
FIRST_SCREEN = (("RELATION", RELATIONS, 10), ("RECORD TYPE", TYPES, 5))


def top_json(clusters: dict[int, duckdb.DuckDBPyConnection]) -> str:
    """Returns all relations and record types as JSON: of several clusters, a list with the system identifier of each."""
    if len(clusters) < 2:
        return json.dumps(next(map(_top_of, clusters.values())), indent=2)
    return json.dumps({"clusters": [{"system_identifier": system, **_top_of(session)} for system, session in clusters.items()]}, indent=2)


def _top_of(session: duckdb.DuckDBPyConnection) -> dict[str, list[dict[str, Any]]]:
    result = {}
    for name, query in (("relations", RELATIONS), ("record_types", TYPES)):
        found = session.execute(query)
        columns = [column[0] for column in found.description or []]
        result[name] = [{key: value for key, value in zip(columns, row, strict=True) if key != "name"} for row in found.fetchall()]
    return result


def top_text(clusters: dict[int, duckdb.DuckDBPyConnection]) -> str:
    """Returns the largest relations and record types, with the columns of walstats top: of several clusters, those of each."""
    texts = []
    for system, session in clusters.items():
        title = [f"Cluster {system}\n"] if len(clusters) > 1 else []
        texts.append("\n".join([*title, *_first_screen(session)]))
    return "\n".join(texts)


def _first_screen(session: duckdb.DuckDBPyConnection) -> list[str]:
    tables = []
    for title, query, most in FIRST_SCREEN:
        found = session.execute(f"SELECT name, bytes, records, fpi_bytes, sum(bytes) OVER () FROM ({query}) LIMIT {most}").fetchall()
        rows = [(title, "BYTES", "SHARE", "RECORDS", "IN IMAGES")]
        rows += [(name, size(own), share(own, whole), f"{records:,}", share(fpi, own)) for name, own, records, fpi, whole in found]
        widths = [max(len(row[i]) for row in rows) for i in range(5)]
        tables.append("".join("  ".join([row[0].ljust(widths[0]), *(row[i].rjust(widths[i]) for i in range(1, 5))]) + "\n" for row in rows))
    return tables


UNITS = ("B", "kB", "MB", "GB", "TB", "PB", "EB")


def size(number: int) -> str:
    """Bytes as people write them: 1.2 GB."""
    if number < 10:
        return f"{number} B"
    unit = (len(str(number)) - 1) // 3
    value = int(number / 1000**unit * 10 + 0.5) / 10
    return f"{value:.1f} {UNITS[unit]}" if value < 10 else f"{value:.0f} {UNITS[unit]}"


def share(part: int, whole: int) -> str:
    """A part of a whole in percent; "under 1 %" is not "0 %"."""
    percent = part / whole * 100 if whole else 0
    if percent == 0:
        return "0 %"
    if percent < 0.1:
        return "< 0.1 %"
    if percent < 9.95:
        return f"{percent:.1f} %"
    if 99.5 < percent < 100:  # all is all
        return f"{min(percent, 99.9):.1f} %"
    return f"{percent:.0f} %"
