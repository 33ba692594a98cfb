"""The columns of read_waldump, as the peers compute them: one regular expression."""

# Written for RE2 (DuckDB, ClickHouse), for dumps since 9.5, and tried against
# other ways to write it: one expression with all groups beats a short one
# followed by a second for the block reference by a tenth.
HEADER = (
    r"^rmgr: (\S+) +len \(rec/tot\): +(\d+)/ *(\d+), tx: +(\d+), "
    r"lsn: ([0-9A-F]+)/([0-9A-F]{8}), prev ([0-9A-F]+)/([0-9A-F]{8}), "
    r"desc: (UNKNOWN \([0-9a-f]+\)|\S+) ?"
)
BLOCK_REF = r"(?:, (blkref #\d+: rel (\d+)/(\d+)/(\d+)(?: fork (\w+))? blk (\d+).*))?$"
RECORD = HEADER + "(.*?)" + BLOCK_REF
GROUPS = ["rm", "rec", "tot", "tx", "lsn_hi", "lsn_lo", "prev_hi", "prev_lo", "id", "de", "br", "ts", "db", "rn", "fk", "bl"]

# Shorter ones, for someone who wants no more than one answer.
MANAGER_AND_LENGTH = r"^rmgr: (\S+) +len \(rec/tot\): +\d+/ *(\d+), "
RELATION_AND_LENGTH = r"^rmgr: \S+ +len \(rec/tot\): +\d+/ *(\d+), .*?(?:, blkref #\d+: rel (\d+)/(\d+)/(\d+).*)?$"

# name, type, SQL over the groups; with the types of read_waldump (pg_lsn is an
# alias of UBIGINT). xact_time is read from dumps that were printed with TZ=UTC.
COLUMNS = [
    ("start_lsn", "UBIGINT", "('0x' || m.lsn_hi || m.lsn_lo)::UBIGINT"),
    ("prev_lsn", "UBIGINT", "('0x' || m.prev_hi || m.prev_lo)::UBIGINT"),
    ("xid", "UINTEGER", "m.tx::UINTEGER"),
    ("resource_manager", "VARCHAR", "m.rm"),
    ("record_type", "VARCHAR", "m.id"),
    ("record_length", "UINTEGER", "m.tot::UINTEGER"),
    ("fpi_length", "UINTEGER", "m.tot::UINTEGER - m.rec::UINTEGER"),
    ("description", "VARCHAR", "m.de"),
    (
        "xact_time",
        "TIMESTAMPTZ",
        "CASE WHEN m.id IN ('COMMIT', 'ABORT', 'PREPARE', 'COMMIT_PREPARED', 'ABORT_PREPARED', 'END_OF_RECOVERY', 'OVERWRITE_CONTRECORD') "
        r"THEN (nullif(regexp_extract(m.de, '(\d{4,}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}) UTC', 1), '') || '+00')::TIMESTAMPTZ END",
    ),
    ("reltablespace", "UINTEGER", "nullif(m.ts, '')::UINTEGER"),
    ("reldatabase", "UINTEGER", "nullif(m.db, '')::UINTEGER"),
    ("relfilenode", "UINTEGER", "nullif(m.rn, '')::UINTEGER"),
    ("relfork", "VARCHAR", "CASE WHEN m.bl = '' THEN NULL WHEN m.fk = '' THEN 'main' ELSE m.fk END"),
    ("relblocknumber", "UINTEGER", "nullif(m.bl, '')::UINTEGER"),
    ("block_ref", "VARCHAR", "nullif(m.br, '')"),
]


def lines(dump: str, parallel: bool = True) -> str:
    """The lines of a dump in DuckDB, as one column `line`; in the order of the file only if not parallel."""
    how = "" if parallel else ", parallel = false"
    return f"read_csv('{dump}', columns = {{'line': 'VARCHAR'}}, delim = chr(1), quote = '', escape = '', header = false, auto_detect = false{how})"


def extract(dump: str, pattern: str, groups: list[str], parallel: bool = True) -> str:
    """A subquery of the record lines' groups, as one struct column `m`.

    The condition is on the line: on `m`, DuckDB would match every line twice.
    """
    names = ", ".join(f"'{g}'" for g in groups)
    return f"(SELECT regexp_extract(line, '{pattern}', [{names}]) AS m FROM {lines(dump, parallel)} WHERE starts_with(line, 'rmgr: '))"


def rows(dump: str, wanted: list[str], parallel: bool = True) -> str:
    """A subquery with the columns of read_waldump."""
    columns = ",\n  ".join(f"{sql} AS {name}" for name, _, sql in COLUMNS if name in wanted)
    return f"(SELECT {columns}\n FROM {extract(dump, RECORD, GROUPS, parallel)})"


def fingerprint(source: str, wanted: list[str], position: str = "") -> str:
    """SQL for the number of rows and sums that any change of any value changes: of all columns, and of each.

    With the column that tells a row's position, the sums change with the order of the rows, too.
    """
    columns = [f"{name}::{kind}" for name, kind, _ in COLUMNS if name in wanted]
    together = [*columns, *([position] if position else [])]
    sums = ",\n  ".join(f"sum(hash({c}))" for c in [", ".join(together), *columns])
    return f"SELECT count(*),\n  {sums}\nFROM {source}"
