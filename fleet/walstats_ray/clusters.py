"""A data set of WAL: what its lists have, and what proves that the chain of every cluster is whole.

    _walstats_clusters.jsonl   a line a cluster: the WAL that the data set is to have, and the files that are not read
    _walstats_manifest.jsonl   a line a part: a WALEntry of wal_part.py, the last one of a part counts

WAL does not change: what a part has of a cluster it has for ever, even where the segments are gone.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import duckdb

from . import manifest
from .kind import Kind
from .plan import BATCH, PART
from .session import Failed, How, insert, quoted

ENTRY = """{part: 'VARCHAR', file: 'VARCHAR', system_identifier: 'UBIGINT', timeline: 'UINTEGER', start_lsn: 'BIGINT', end_lsn: 'BIGINT', settings: 'VARCHAR',
    rows: 'BIGINT', first_lsn: 'BIGINT', first_prev_lsn: 'BIGINT', last_lsn: 'BIGINT', last_end_lsn: 'BIGINT',
    bytes: 'BIGINT', sha256: 'VARCHAR', seconds: 'DOUBLE', cpu: 'DOUBLE', finished: 'DOUBLE', before: 'BOOLEAN', node: 'VARCHAR'}"""
# A line without one of these proves nothing: NULL is equal to all and different from none.
REQUIRED = ("part", "file", "timeline", "start_lsn", "end_lsn", "settings", "rows", "bytes", "finished")
INPUT = """{system_identifier: 'UBIGINT', newest_timeline: 'UINTEGER', segment_size: 'BIGINT', start_lsn: 'BIGINT', end_lsn: 'BIGINT',
    files: 'STRUCT(file VARCHAR, error VARCHAR, note VARCHAR)[]'}"""

# Parts with the one before them, by the LSN where they begin.
CHAIN = """(SELECT e.*, i.segment_size,
        lag(e.end_lsn, 1, i.start_lsn) OVER chain AS reached, lag(e.part, 1, '') OVER chain AS part_before, lag(e.timeline, 1, e.timeline) OVER chain AS timeline_before,
        last_value(e.last_lsn IGNORE NULLS) OVER so_far AS last_before, last_value(e.last_end_lsn IGNORE NULLS) OVER so_far AS end_before
    FROM entries e JOIN inputs i USING (system_identifier)
    WINDOW chain AS (PARTITION BY e.system_identifier ORDER BY e.start_lsn, e.end_lsn),
        so_far AS (PARTITION BY e.system_identifier ORDER BY e.start_lsn, e.end_lsn ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING))"""

# A text for a piece of WAL and the segments that it is in.
PIECE = """CASE WHEN ({start} // {size}) = (({end} - 1) // {size}) THEN 'segment ' || segment_at({timeline}, {start}, {size})
    ELSE 'segments ' || segment_at({timeline}, {start}, {size}) || ' to ' || segment_at({timeline}, {end} - 1, {size}) END
    || ', ' || lsn_text({start}) || ' to ' || lsn_text({end})"""


def _piece(start: str, end: str, timeline: str, size: str) -> str:
    return PIECE.format(start=start, end=end, timeline=timeline, size=size)


CLUSTER = "'cluster ' || system_identifier"
PROOFS = (
    """SELECT file, 'a line of the manifest has no ' || missing FROM incomplete""",
    # The files of which walstats ranges has said that their WAL is missing.
    """SELECT u.file, u.error FROM (SELECT unnest(files) AS u FROM inputs) WHERE u.error IS NOT NULL""",
    f"""SELECT {CLUSTER}, 'none of its parts is there' FROM inputs WHERE end_lsn > start_lsn AND system_identifier NOT IN (SELECT system_identifier FROM entries)""",
    f"""SELECT {CLUSTER}, 'its parts have times of ' || count(DISTINCT settings) || ' time zones' FROM entries GROUP BY system_identifier HAVING count(DISTINCT settings) > 1""",
    # Ranges tile the WAL of every cluster.
    f"""SELECT {CLUSTER}, CASE WHEN start_lsn > reached THEN 'no part has ' || {_piece("reached", "start_lsn", "timeline_before", "segment_size")}
        ELSE 'two parts have ' || {_piece("start_lsn", "least(reached, end_lsn)", "timeline", "segment_size")} || ': ' || part_before || ' and ' || part END
    FROM {CHAIN} WHERE start_lsn <> reached AND (start_lsn > reached OR end_lsn > start_lsn)""",
    f"""SELECT {CLUSTER}, 'no part has ' || {_piece("max(e.end_lsn)", "any_value(i.end_lsn)", "max_by(e.timeline, e.end_lsn)", "any_value(i.segment_size)")}
    FROM entries e JOIN inputs i USING (system_identifier) GROUP BY system_identifier HAVING max(e.end_lsn) < any_value(i.end_lsn)""",
    # Timelines follow each other.
    f"""SELECT {CLUSTER}, part || ' is of timeline ' || timeline || ', and ' || part_before || ' before it of timeline ' || timeline_before
    FROM {CHAIN} WHERE timeline < timeline_before""",
    # Where two parts meet, the first record names the last one.
    f"""SELECT {CLUSTER}, 'the chain is broken at ' || lsn_text(first_lsn) || ', segment ' || segment_at(timeline, first_lsn, segment_size)
        || ': the record there says that the one before it begins at ' || lsn_text(first_prev_lsn) || ', and that one begins at ' || lsn_text(last_before)
        || ' and ends at ' || lsn_text(end_before)
    FROM {CHAIN} WHERE start_lsn = reached AND (first_prev_lsn <> last_before OR first_lsn < end_before)""",
    # A part has what it says.
    """SELECT file, part || ' has ' || rows || ' rows, and does not say which is the first and the last' FROM entries
    WHERE rows > 0 AND (first_lsn IS NULL OR first_prev_lsn IS NULL OR last_lsn IS NULL OR last_end_lsn IS NULL)""",
    """SELECT file, part || ' has records from ' || lsn_text(first_lsn) || ' to ' || lsn_text(last_lsn) || ', which are not all in ' || lsn_text(start_lsn) || ' to ' || lsn_text(end_lsn)
    FROM entries WHERE first_lsn < start_lsn OR last_lsn >= end_lsn""",
)


def _complete(session: duckdb.DuckDBPyConnection) -> str:
    row = session.execute(
        """SELECT count(DISTINCT system_identifier), count(DISTINCT (system_identifier, timeline)), count(*), coalesce(sum(rows), 0), coalesce(sum(end_lsn - start_lsn), 0)
        FROM entries"""
    ).fetchone()
    assert row
    clusters, timelines, parts, records, size = map(int, row)
    return f"{clusters} clusters, {timelines} timelines in {parts} ranges, {records} records in {size} bytes of WAL; each chain is whole"


WAL = Kind(
    inputs="_walstats_clusters.jsonl",
    input=INPUT,
    entry=ENTRY,
    required=REQUIRED,
    proofs=PROOFS,
    key="system_identifier",
    whose="cluster ",
    folders="system_identifier=*/timeline=*",
    what="WAL",
    complete=_complete,
)


def notes(session: duckdb.DuckDBPyConnection) -> list[str]:
    """Returns the files that are not read though no WAL is missing, of a data set that is loaded."""
    return [
        f"{file}: {note}"
        for file, note in session.execute(
            "SELECT u.file, u.note FROM (SELECT unnest(files) AS u FROM inputs) WHERE u.note IS NOT NULL ORDER BY ALL"
        ).fetchall()
    ]


def prepare(session: duckdb.DuckDBPyConnection, output: Path, how: How, *, others_append: bool = False) -> int:
    """Leave in the table planned what is still to do; returns how much is done. Where others append to
    the manifest already, it stays as it is."""
    manifest.tidy(output, WAL)
    manifest.load(session, output, WAL)
    # Where each planned timeline ends: a cluster may have left it before it had written all that a part has.
    session.execute(
        """CREATE TABLE turns AS SELECT system_identifier, timeline, min("begin") AS start_lsn,
            lead(min("begin"), 1, 9223372036854775807) OVER (PARTITION BY system_identifier ORDER BY min("begin")) AS end_lsn
        FROM planned GROUP BY system_identifier, timeline"""
    )
    # A part is good if it is there, of these times, and of WAL that the cluster's newest timeline has.
    session.execute(
        f"""CREATE TABLE good AS SELECT e.* FROM entries e JOIN disk USING (part, bytes) JOIN planned_clusters c USING (system_identifier)
            LEFT JOIN turns t ON t.system_identifier = e.system_identifier AND t.timeline = e.timeline
        WHERE e.settings = {quoted(how.settings())} AND e.end_lsn > e.start_lsn
            AND (e.end_lsn <= coalesce(t.end_lsn, c.start_lsn) OR e.timeline > c.newest_timeline)
        QUALIFY e.start_lsn >= coalesce(max(e.end_lsn) OVER (PARTITION BY e.system_identifier ORDER BY e.start_lsn, e.end_lsn
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)"""
    )
    row = session.execute("SELECT count(*) FROM planned").fetchone()
    assert row
    # What is between the good parts is still to do.
    session.execute(
        """CREATE TABLE whole AS SELECT row_number() OVER () AS number, * FROM planned; DROP TABLE planned;
        CREATE TABLE pieces (number BIGINT, "begin" BIGINT, "end" BIGINT)"""
    )
    insert(session, "pieces", pieces_of(session))
    session.execute(
        f"""CREATE TABLE planned AS SELECT * EXCLUDE number REPLACE ({PART.replace("lsn(start_lsn)", '"begin"').replace("lsn(end_lsn)", '"end"')} AS part)
        FROM (SELECT w.* REPLACE (p."begin" AS "begin", p."end" AS "end") FROM whole w JOIN pieces p USING (number))"""
    )
    # A part that is not good goes where it can be made again; where the WAL is gone, it stays.
    session.execute(
        """CREATE TABLE keep AS FROM good UNION ALL SELECT e.* FROM entries e ANTI JOIN good USING (part)
        WHERE NOT EXISTS (SELECT 1 FROM planned_clusters c WHERE c.system_identifier = e.system_identifier
            AND e.start_lsn >= c.start_lsn AND (e.end_lsn <= c.end_lsn OR e.timeline < c.newest_timeline))"""
    )
    lost = session.execute("SELECT count(*) FROM entries ANTI JOIN keep USING (part)").fetchone()
    assert lost
    if lost[0] and others_append:
        raise Failed(
            f"{output}: parts that are to be made again: {lost[0]}; remove {manifest.MANIFEST}, and run this again: the other parts say themselves what they have"
        )
    # What a task has written whose driver died before it knew is in the plan. What is of older WAL stays.
    stale = session.execute(
        """SELECT part FROM (SELECT part, regexp_extract(part, '/(\\d+)-[0-9A-F]{8}-([0-9A-F]{16})-[0-9A-F]{16}[.]parquet$', ['system', 'begin']) AS name FROM disk)
            JOIN planned_clusters ON name.system = system_identifier::VARCHAR AND try_cast('0x' || name.begin AS BIGINT) >= start_lsn
        WHERE part NOT IN (SELECT part FROM keep) AND part NOT IN (SELECT part FROM planned)"""
    )
    while batch := stale.fetchmany(BATCH):
        for (part,) in batch:
            os.remove(output / part)
    left = session.execute("SELECT count(DISTINCT number) FROM pieces").fetchone()
    assert left
    _add_inputs(session, output)
    if not others_append:
        manifest.write(session, output, "keep", manifest.MANIFEST)
    return int(row[0]) - int(left[0])


def pieces_of(session: duckdb.DuckDBPyConnection) -> Iterator[tuple[int, int, int]]:
    """Yields what no good part has of each range: the range's number, and from where to where. It walks
    over both once, where a join would compare every range of a cluster with every part."""
    good = _rows(session, "SELECT system_identifier, start_lsn, end_lsn FROM good ORDER BY ALL")
    part = next(good, None)
    for system, begin, end, number in _rows(session, 'SELECT system_identifier, "begin", "end", number FROM whole ORDER BY ALL'):
        at = begin
        while part and (part[0], part[2]) <= (system, at):
            part = next(good, None)
        while part and part[0] == system and part[1] < end:
            if at < part[1]:
                yield number, at, part[1]
            at = part[2]
            if at >= end:  # the next range may have more of this part
                break
            part = next(good, None)
        if at < end:
            yield number, at, end


def _rows(session: duckdb.DuckDBPyConnection, query: str) -> Iterator[tuple[int, ...]]:
    found = session.cursor().execute(query)
    while batch := found.fetchmany(BATCH):
        yield from batch


def _add_inputs(session: duckdb.DuckDBPyConnection, output: Path) -> None:
    """Adds the planned clusters to those that the data set must have. What was there once stays, unless
    the cluster has left the timeline."""
    session.execute(
        """CREATE TABLE all_inputs AS
        SELECT system_identifier, greatest(p.newest_timeline, i.newest_timeline) AS newest_timeline, coalesce(p.segment_size, i.segment_size) AS segment_size,
            least(p.start_lsn, i.start_lsn) AS start_lsn,
            CASE WHEN p.newest_timeline > i.newest_timeline THEN p.end_lsn WHEN p.newest_timeline < i.newest_timeline THEN i.end_lsn
                ELSE greatest(p.end_lsn, i.end_lsn) END AS end_lsn, p.files
        FROM planned_clusters p LEFT JOIN inputs i USING (system_identifier)
        UNION ALL SELECT system_identifier, newest_timeline, segment_size, start_lsn, end_lsn, files FROM inputs ANTI JOIN planned_clusters USING (system_identifier)
        WHERE system_identifier <> 0 ORDER BY system_identifier"""
    )
    manifest.write(session, output, "all_inputs", WAL.inputs)
