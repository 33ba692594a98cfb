"""The works and claims that every run measures."""

from dataclasses import dataclass, replace

import columns
from dumps import Dump
from works import Claim, Engine, Work

ALL = "all rows and columns"
EXTENSION = "dist/waldump.duckdb_extension"
PARSER_TEST = ".cache/bench/parser.test"

AWK = r"""
/^rmgr: / { split($5 $6, length_of, /[\/,]/); records[$2]++; bytes[$2] += length_of[2] }
END { for (name in records) printf "%s %.0f %.0f\n", name, records[name], bytes[name] }
"""


@dataclass(frozen=True)
class Limits:
    """How much each aggregate may take, times `wc -l`; and CREATE TABLE AS, times faster than a regexp."""

    count: float
    manager: float
    relation: float
    texts: float
    create_table: float


FLOORS = Limits(count=1.7, manager=2.2, relation=3, texts=3, create_table=7)
GOALS = Limits(count=1.4, manager=1.7, relation=2.2, texts=3, create_table=8)


def wc(dump: Dump) -> Work:
    """The limit: nothing that looks at every byte is much faster."""
    return Work("lines", "wc -l", Engine.SHELL, f"wc -l {dump.path}", dump.size)


def awk(dump: Dump) -> Work:
    """What many people would type."""
    script = " ".join(AWK.split("\n")).strip()
    return Work("sum by resource_manager", "awk", Engine.SHELL, f"awk '{script}' {dump.path}", dump.size)


def select(question: str, sql: str, dump: Dump, threads: int = 2) -> Work:
    """A query of ours; {wal} is the table function."""
    return Work(question, "read_waldump", Engine.OURS, sql.format(wal=f"read_waldump('{dump.path}')"), dump.size, threads=threads)


def count(dump: Dump) -> Work:
    return select("count(*)", "SELECT count(*) FROM {wal}", dump)


def by_manager(dump: Dump, threads: int = 2) -> Work:
    return select("sum by resource_manager", BY_MANAGER, dump, threads)


def by_relation(dump: Dump) -> Work:
    return select("sum by relation", BY_RELATION, dump)


def max_texts(dump: Dump) -> Work:
    return select("max(description), max(record_type)", "SELECT max(description), max(record_type) FROM {wal}", dump)


def count_columns(which: str, dump: Dump, threads: int = 2) -> Work:
    """Reads some columns and does as little as possible with them."""
    return select(f"counts of {which}", f"SELECT {COUNTS[which]} FROM {{wal}}", dump, threads)


BY_MANAGER = "SELECT resource_manager, count(*), sum(record_length) FROM {wal} GROUP BY ALL"
BY_RELFILENODE = "SELECT relfilenode, sum(record_length) FROM {wal} GROUP BY ALL"
BY_RELATION = "SELECT reltablespace, reldatabase, relfilenode, sum(record_length) FROM {wal} GROUP BY ALL"
COUNTS = {
    "1 column": "count(record_length)",
    "4 columns": "count(start_lsn), count(xid), count(resource_manager), count(record_length)",
    "all columns": "count(COLUMNS(*))",
}


def create_table(peer: str, engine: Engine, source: str, dump: Dump, wanted: list[str]) -> Work:
    """CREATE TABLE AS in memory, of every column, rows in any order."""
    return Work(
        ALL,
        peer,
        engine,
        f"CREATE TABLE wal AS FROM {source}",
        dump.size,
        way="CREATE TABLE AS in memory",
        before="DROP TABLE IF EXISTS wal",
        answer=columns.fingerprint("wal", wanted),
        after="DROP TABLE IF EXISTS wal",
    )


def go_benchmark(peer: str, name: str, dump: Dump, iterations: int) -> Work:
    """One of the parser's benchmarks, on one core."""
    command = f"env DUMP={dump.path} {PARSER_TEST} -test.run=^$ -test.bench=^{name}$ -test.cpu=1 -test.benchtime={iterations}x"
    return Work("all columns, one core", peer, Engine.GO_BENCHMARK, command, dump.size)


def essential(dump: Dump, slice_: Dump, wanted: list[str], limits: Limits) -> list[Claim]:
    """What a change to the parser or the extension is judged by; a few minutes."""
    lines = wc(dump)
    ours = create_table("read_waldump", Engine.OURS, f"read_waldump('{slice_.path}')", slice_, wanted)
    regexp = create_table("read_csv + regexp_extract", Engine.DUCKDB, columns.rows(slice_.path, wanted), slice_, wanted)
    untimed = [name for name in wanted if name != "xact_time"]
    without_time = replace(
        create_table(
            "read_waldump without xact_time",
            Engine.OURS,
            f"(SELECT {', '.join(untimed)} FROM read_waldump('{slice_.path}'))",
            slice_,
            untimed,
        ),
        question="all rows, all columns but xact_time",
    )
    return [
        Claim("count(*)", count(dump), lines, at_most=limits.count),
        Claim("sum by resource_manager", by_manager(dump), lines, at_most=limits.manager),
        Claim("sum by resource_manager", by_manager(dump), awk(dump)),
        Claim("sum by relfilenode", select("sum by relfilenode", BY_RELFILENODE, dump), lines, at_most=FLOORS.relation),
        Claim("max(description), max(record_type)", max_texts(dump), lines, at_most=limits.texts),
        Claim("CREATE TABLE AS, any order", ours, regexp, faster=limits.create_table),
        Claim("CREATE TABLE AS, with the times", ours, without_time, at_most=1.2),
    ]


def parser_alone(dump: Dump, slice_: Dump) -> list[Claim]:
    """The parser without DuckDB; the regexp, which is slow, on the slice."""
    machine = go_benchmark("parser", "BenchmarkAllColumns", dump, 10)
    regexp = go_benchmark("Go's regexp", "BenchmarkAllColumnsTwin", slice_, 1)
    return [
        Claim("parser, all columns, one core", machine, wc(dump), at_most=6),
        Claim("parser, all columns, one core", machine, regexp, faster=15),
    ]
