"""What people and programs are shown: the tables of walstats stats and walstats top."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import duckdb

from .sums import Sums

PLACES = ("count", "record_size", "fpi_size", "combined_size")


def stats_rows(sums: Sums, names: Sequence[str]) -> list[dict[str, Any]]:
    """The rows of waldump_stats. Sizes are bytes; percentages are of the column."""
    rows: list[dict[str, Any]] = []
    for name in names:
        count, record, fpi = sums.rows[(name,)]
        rows.append({"resource_manager/record_type": name, "count": count, "record_size": record, "fpi_size": fpi, "combined_size": record + fpi})
    totals = {place: sum(row[place] for row in rows) for place in PLACES}
    result = []
    for row in rows:
        full: dict[str, Any] = {"resource_manager/record_type": row["resource_manager/record_type"]}
        for place in PLACES:
            full[place] = row[place]
            full[place + "_percentage"] = 100 * row[place] / totals[place] if totals[place] else 0
        result.append(full)
    return result


def stats_text(rows: list[dict[str, Any]]) -> str:
    """The table as pg_waldump --stats prints it: XLogDumpDisplayStats, src/bin/pg_waldump/pg_waldump.c."""
    line = "%-27s %20s %8s %20s %8s %20s %8s %20s %8s\n"
    text = line % ("Type", "N", "(%)", "Record size", "(%)", "FPI size", "(%)", "Combined size", "(%)")
    text += line % ("----", "-", "---", "-----------", "---", "--------", "---", "-------------", "---")
    for row in rows:
        numbers = [value for place in PLACES for value in (row[place], row[place + "_percentage"])]
        text += "%-27s %20d (%6.02f) %20d (%6.02f) %20d (%6.02f) %20d (%6.02f)\n" % (row["resource_manager/record_type"], *numbers)
    count, record, fpi, combined = (sum(row[place] for row in rows) for place in PLACES)

    def of_all(size: int) -> str:
        return f"[{100 * size / combined if combined else 0:.02f}%]"

    text += "%-27s %20s %8s %20s %8s %20s %8s %20s\n" % ("", "--------", "", "--------", "", "--------", "", "--------")
    return text + "%-27s %20d %-9s%20d %-9s%20d %-9s%20d %-6s\n" % ("Total", count, "", record, of_all(record), fpi, of_all(fpi), combined, "[100%]")


# As walstats top asks the views.
RELATIONS = """SELECT coalesce(relation, '(no relation)') AS name, relation, share, records, bytes, fpi_bytes, images
    FROM wal_by_relation ORDER BY bytes DESC, records DESC, relation"""
TYPES = """SELECT resource_manager || '/' || record_type AS name, resource_manager, record_type, share, records, bytes, fpi_bytes, images
    FROM wal_by_record_type ORDER BY bytes DESC, records DESC, resource_manager, record_type"""
FIRST_SCREEN = (("RELATION", RELATIONS, 10), ("RECORD TYPE", TYPES, 5))


def top_json(session: duckdb.DuckDBPyConnection) -> str:
    """All relations and record types, as JSON."""
    result = {}
    for name, query in (("relations", RELATIONS), ("record_types", TYPES)):
        found = session.execute(query)
        columns = [column[0] for column in found.description or []]
        result[name] = [{key: value for key, value in zip(columns, row, strict=True) if key != "name"} for row in found.fetchall()]
    return json.dumps(result, indent=2)


def top_text(session: duckdb.DuckDBPyConnection) -> str:
    """The largest relations and record types, with the columns of walstats top."""
    tables = []
    for title, query, most in FIRST_SCREEN:
        found = session.execute(f"SELECT name, bytes, records, fpi_bytes, sum(bytes) OVER () FROM ({query}) LIMIT {most}").fetchall()
        rows = [(title, "BYTES", "SHARE", "RECORDS", "IN IMAGES")]
        rows += [(name, size(own), share(own, whole), f"{records:,}", share(fpi, own)) for name, own, records, fpi, whole in found]
        widths = [max(len(row[i]) for row in rows) for i in range(5)]
        tables.append("".join("  ".join([row[0].ljust(widths[0]), *(row[i].rjust(widths[i]) for i in range(1, 5))]) + "\n" for row in rows))
    return "\n".join(tables)


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
