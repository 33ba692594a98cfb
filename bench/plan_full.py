"""What --full adds: every other way to the same rows, and how cost grows."""

from dataclasses import dataclass, replace

import columns
import plan
from dumps import FOLDER, Dump
from works import Claim, Engine, Work

ORIGINAL = ".cache/bench/original"
PARQUET = "read_parquet"
TABLE = "in-memory table"


@dataclass(frozen=True)
class Files:
    """Everything that --full reads."""

    dump: Dump
    slice_: Dump  # a tenth of dump, for the slow peers
    hundredth: Dump
    huge: Dump | None  # four times dump
    parquet: str  # the rows of dump
    zstd: str  # dump, compressed; empty where there is no zstd
    pipe: str  # a FIFO
    parts: str  # a glob of 100 files that are dump


def claims(files: Files, wanted: list[str]) -> list[Claim]:
    """All comparisons but the essential ones."""
    return [
        Claim("sum by relation", plan.by_relation(files.dump), plan.wc(files.dump), at_most=plan.GOALS.relation),
        *tables(files, wanted),
        *regexps(files.slice_, wanted),
        *original(files.dump, wanted),
        *ways_in(files),
    ]


def into_file(work: Work) -> Work:
    """The same CREATE TABLE AS into a new database file, checkpoint included."""
    path = str(FOLDER / "out.duckdb")
    return replace(
        work,
        way="CREATE TABLE AS into a file",
        command=work.command.replace("CREATE TABLE wal", "CREATE TABLE out.wal") + "; CHECKPOINT out",
        before=f"ATTACH '{path}' AS out",
        answer=work.answer.replace("FROM wal", "FROM out.wal"),
        after="DETACH out",
        writes=(path,),
    )


def copy_to_parquet(peer: str, engine: Engine, source: str, dump: Dump, wanted: list[str]) -> Work:
    """COPY to Parquet with zstd, rows in any order."""
    path = str(FOLDER / "out.parquet")
    command = f"COPY (FROM {source}) TO '{path}' (FORMAT parquet, COMPRESSION zstd)"
    answer = columns.fingerprint(f"'{path}'", wanted)
    return Work(plan.ALL, peer, engine, command, dump.size, way="COPY to Parquet", answer=answer, writes=(path,))


def tables(files: Files, wanted: list[str]) -> list[Claim]:
    """Against the same rows when DuckDB already has them."""
    dump = files.dump

    def create(peer: str, engine: Engine, source: str) -> Work:
        return plan.create_table(peer, engine, source, dump, wanted)

    def copy(peer: str, engine: Engine, source: str) -> Work:
        return copy_to_parquet(peer, engine, source, dump, wanted)

    def default(work: Work) -> Work:
        return in_file_order(work, wanted)

    def one_thread(work: Work) -> Work:
        return replace(default(work), threads=1)

    wal = f"read_waldump('{dump.path}')"
    ours, parquet, table = (
        create("read_waldump", Engine.OURS, wal),
        create(PARQUET, Engine.DUCKDB, f"read_parquet('{files.parquet}')"),
        create(TABLE, Engine.DUCKDB, "source"),
    )
    our_copy, table_copy = copy("read_waldump", Engine.OURS, wal), copy(TABLE, Engine.DUCKDB, "source")
    return [
        Claim("CREATE TABLE AS in memory, any order", ours, parquet, at_most=1.1),
        Claim("CREATE TABLE AS into a file, any order", into_file(ours), into_file(parquet), at_most=1.1),
        Claim("COPY to Parquet, any order", our_copy, table_copy, at_most=1.15),
        Claim("CREATE TABLE AS in memory, file order", default(ours), one_thread(table), at_most=1.15),
        Claim("CREATE TABLE AS into a file, file order", default(into_file(ours)), one_thread(into_file(table)), at_most=1.15),
        Claim("COPY to Parquet, file order", default(our_copy), one_thread(table_copy), at_most=1.15),
    ]


def in_file_order(work: Work, wanted: list[str]) -> Work:
    """The same in DuckDB's default settings, the order of the rows checked."""
    written = work.answer.rpartition("FROM ")[2]
    if written.startswith("'"):
        answer = columns.fingerprint(f"read_parquet({written}, file_row_number = true)", wanted, "file_row_number")
    else:
        answer = columns.fingerprint(written, wanted, "rowid")
    return replace(work, question=f"{work.question}, in file order", ordered=True, answer=answer)


def regexps(dump: Dump, wanted: list[str]) -> list[Claim]:
    """Against regular expressions, on the slice: all columns as a view, and the shortest that answers."""
    view = columns.rows(dump.path, wanted)
    short = columns.extract(dump.path, columns.MANAGER_AND_LENGTH, ["rm", "tot"])
    short_sql = f"SELECT m.rm, count(*), sum(m.tot::UINTEGER) FROM {short} GROUP BY ALL"
    relation = columns.extract(dump.path, columns.RELATION_AND_LENGTH, ["tot", "ts", "db", "rn"])
    numbers = ", ".join(f"nullif(m.{g}, '')::UINTEGER AS {g}" for g in ("ts", "db", "rn"))
    relation_sql = f"SELECT {numbers}, sum(m.tot::UINTEGER) FROM {relation} GROUP BY ALL"
    headers = f"SELECT count(*) FROM {columns.lines(dump.path)} WHERE regexp_matches(line, '{columns.HEADER}')"
    copy, regexp_copy = (
        copy_to_parquet("read_waldump", Engine.OURS, f"read_waldump('{dump.path}')", dump, wanted),
        copy_to_parquet("read_csv + regexp_extract", Engine.DUCKDB, view, dump, wanted),
    )

    def regexp(question: str, peer: str, sql: str) -> Work:
        return Work(question, peer, Engine.DUCKDB, sql, dump.size)

    manager, by_relation = plan.by_manager(dump), plan.by_relation(dump)
    short_peer, view_peer = "read_csv + shortest regexp", "read_csv + regexp_extract"
    clickhouse = Work(manager.question, "ClickHouse Regexp", Engine.CLICKHOUSE, clickhouse_sql(dump), dump.size)
    return [
        Claim("count(*)", plan.count(dump), regexp("count(*)", "read_csv + regexp_matches", headers), faster=8),
        Claim("sum by resource_manager", manager, regexp(manager.question, view_peer, plan.BY_MANAGER.format(wal=view)), faster=8),
        Claim("sum by resource_manager", manager, regexp(manager.question, short_peer, short_sql)),
        Claim("sum by resource_manager", manager, clickhouse, faster=20),
        Claim("sum by relation", by_relation, regexp(by_relation.question, view_peer, plan.BY_RELATION.format(wal=view)), faster=8),
        Claim("sum by relation", by_relation, regexp(by_relation.question, short_peer, relation_sql)),
        Claim("COPY to Parquet, any order", copy, regexp_copy, faster=8),
    ]


def clickhouse_sql(dump: Dump) -> str:
    """The aggregate through ClickHouse's own format for such text."""
    kinds = {"rec": "UInt32", "tot": "UInt32", "tx": "UInt32"}
    structure = ", ".join(f"{g} {kinds.get(g, 'String')}" for g in columns.GROUPS)
    pattern = columns.RECORD.replace("\\", "\\\\")
    return (
        f"SELECT rm, count(*), sum(tot) FROM file('{dump.path}', 'Regexp', '{structure}') GROUP BY rm\n"
        f"SETTINGS max_threads = 2, format_regexp = '{pattern}', format_regexp_escaping_rule = 'Raw', format_regexp_skip_unmatched = 1"
    )


def original(dump: Dump, wanted: list[str]) -> list[Claim]:
    """Against the program that read_waldump replaces."""
    path = str(FOLDER / "original.duckdb")
    appender = Work(
        plan.ALL,
        "Go regexp + Appender",
        Engine.SELF_TIMED,
        f"{ORIGINAL} -db {path} {dump.path}",
        dump.size,
        way="CREATE TABLE AS into a file",
        answer=f"ATTACH '{path}' AS original (READ_ONLY); {columns.fingerprint('original.wal', wanted)}",
        after="DETACH original",
        writes=(path,),
    )
    ours = into_file(plan.create_table("read_waldump", Engine.OURS, f"read_waldump('{dump.path}')", dump, wanted))
    return [Claim("CREATE TABLE AS into a file, any order", ours, appender, faster=5)]


def ways_in(files: Files) -> list[Claim]:
    """The same aggregate through compression, a pipe, many files, and at other sizes."""
    plain = plan.by_manager(files.dump)

    def through(peer: str, path: str, beside: str = "") -> Work:
        sql = plan.BY_MANAGER.format(wal=f"read_waldump('{path}')")
        return replace(plain, peer=peer, command=sql, beside=beside)

    claims = [
        Claim(
            "through a pipe", through("read_waldump, pipe", files.pipe, f"exec cat {files.dump.path} > {files.pipe}"), plain, at_most=1.5
        ),
        Claim("100 files", through("read_waldump, 100 files", files.parts), plain, at_most=1.15),
    ]
    if files.zstd:
        unpack = Work("unpack", "zstd -dc", Engine.SHELL, f"zstd -dc {files.zstd} > /dev/null", files.dump.size)
        claims.append(Claim("zstd input", through("read_waldump, zstd", files.zstd), unpack, or_against=plain, at_most=1.3))
    if files.huge:
        claims.append(Claim("4 times the size, by byte", plan.by_manager(files.huge), plain, at_most=1.1))
    return claims


def scaling(files: Files) -> list[Work]:
    """Sizes, threads and columns; no other engine to compare with."""
    dumps = [files.hundredth, files.slice_, files.dump, *([files.huge] if files.huge else [])]
    return [
        *(plan.by_manager(dump, threads) for dump in dumps for threads in (1, 2)),
        *(plan.count_columns(which, files.dump, threads) for which in plan.COUNTS for threads in (1, 2)),
    ]
