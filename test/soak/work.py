"""What the connections of the soak do: queries, right and wrong ones, over files that stay and files that change."""

from __future__ import annotations

import gzip
import random
import re
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

ROOT = Path(__file__).resolve().parents[2]
DUMPS = ("pg14", "pg16", "pg18")
# What a query may say whose file changes under it.
CHANGED = re.compile(
    r"no such file|no file matches|the file was cut to \d+ bytes|the file ends inside a record|pass ignore_errors := true"
    r"|data (is corrupt|ends too early)|^.*: EOF$"
)


@dataclass
class Dump:
    """One whose answers pg_waldump --stats has told."""

    path: Path
    records: int
    size: int  # bytes of all records

    @property
    def sql(self) -> str:
        return "'" + str(self.path).replace("'", "''") + "'"


def dumps(folder: Path) -> list[Dump]:
    """The real dumps, unpacked and packed."""
    found = []
    for name in DUMPS:
        packed = ROOT / f"test/data/{name}.waldump.gz"
        if not packed.exists():
            packed = ROOT / f"test/data/{name}-bkp.waldump.gz"
        total = re.search(
            r"^Total +(\d+) +\d+ \[.*?\] +\d+ \[.*?\] +(\d+)",
            (ROOT / f"test/data/{name}.stats.txt").read_text(),
            re.MULTILINE,
        )
        assert total
        plain = folder / f"{name}.waldump"
        with gzip.open(packed) as source, open(plain, "wb") as target:
            shutil.copyfileobj(source, target)
        found += [Dump(path, int(total[1]), int(total[2])) for path in (packed, plain)]
    return found


class Changing:
    """A folder whose files a thread cuts, replaces, deletes, writes on and breaks."""

    def __init__(self, folder: Path, source: Path) -> None:
        self.folder = folder
        folder.mkdir()
        text = source.read_bytes()[:3_000_000]
        self.text = text[: text.rindex(b"\n") + 1]
        self.paths = [folder / f"{i}.waldump" for i in range(6)]
        for path in self.paths:
            self.replace(path)

    def replace(self, path: Path) -> None:
        new = self.folder / "new"
        text = self.text * random.randint(1, 4)
        if random.random() < 0.3:
            text = gzip.compress(text, 1)
        if random.random() < 0.2:
            text = text[: random.randint(0, len(text))]
        new.write_bytes(text)
        new.rename(path)

    def change(self) -> None:
        path = random.choice(self.paths)
        what = random.random()
        try:
            if what < 0.5:
                self.replace(path)
            elif what < 0.65:
                with open(path, "r+b") as file:
                    file.truncate(random.randint(0, 2_000_000))
            elif what < 0.8:
                with open(path, "ab") as file:
                    file.write(random.choice((self.text[:10_000], b"no record\n" * 100)))
            elif what < 0.9:
                with open(path, "r+b") as file:
                    file.seek(random.randint(0, 1_000_000))
                    file.write(random.randbytes(500))
            else:
                path.unlink()
        except FileNotFoundError:
            self.replace(path)


@dataclass
class Counts:
    right: int = 0
    failed: int = 0  # as it should
    cancelled: int = 0
    reopened: int = 0

    @property
    def all(self) -> int:
        return self.right + self.failed + self.cancelled


class Worker:
    """One connection after another, in a thread of its own."""

    def __init__(self, database: duckdb.DuckDBPyConnection, stable: list[Dump], changing: Changing, seed: int) -> None:
        self.database, self.stable, self.changing = database, stable, changing
        self.random = random.Random(seed)
        self.name = f"made{seed}"
        self.connection = database.cursor()
        self.counts = Counts()
        self.cancelling = threading.Event()  # somebody may have interrupted the query that runs
        self.trouble = ""

    def run(self, over: threading.Event) -> None:
        try:
            while not over.is_set():
                self.once()
        except BaseException as error:  # of a thread: to be told, not lost
            self.trouble = f"{type(error).__name__}: {error}"
            over.set()

    def once(self) -> None:
        if self.random.random() < 0.01:
            self.connection.close()
            self.connection = self.database.cursor()
            self.counts.reopened += 1
        ask = self.random.choice(self.questions())
        self.cancelling.clear()
        try:
            ask()
            self.counts.right += 1
        except duckdb.InterruptException:
            if not self.cancelling.is_set():
                raise
            self.counts.cancelled += 1
        except duckdb.Error as error:
            if "Interrupted!" in str(error) and self.cancelling.is_set():
                self.counts.cancelled += 1
            elif "internal error" in str(error) or not self.expected(str(error)):
                raise
            else:
                self.counts.failed += 1

    def expected(self, said: str) -> bool:
        return self.may_fail and (bool(CHANGED.search(said)) or "stop" in said or "Interrupted!" in said)

    def questions(self) -> list[Callable[[], None]]:
        return [
            self.count, self.sums, self.table, self.copy, self.limit, self.blocks, self.stats, self.prepared,
            self.changed, self.changed, self.changed_all, self.mistake, self.unfetched,
        ]  # fmt: skip

    may_fail = False

    def rows(self, sql: str, may_fail: bool = False) -> list[tuple[Any, ...]]:
        self.may_fail = may_fail
        return self.connection.execute(sql).fetchall()

    def same(self, sql: str, expected: list[tuple[Any, ...]]) -> None:
        got = self.rows(sql)
        if got != expected:
            raise AssertionError(f"{sql}: {got}, not {expected}")

    def count(self) -> None:
        dump = self.random.choice(self.stable)
        self.same(f"SELECT count(*) FROM read_waldump({dump.sql})", [(dump.records,)])

    def sums(self) -> None:
        dump = self.random.choice(self.stable)
        self.same(
            f"SELECT sum(n), sum(b) FROM (SELECT resource_manager, count(*) AS n, sum(record_length) AS b FROM read_waldump({dump.sql}) GROUP BY ALL)",
            [(dump.records, dump.size)],
        )

    def table(self) -> None:
        dump = self.random.choice(self.stable)
        self.rows(f"CREATE OR REPLACE TEMP TABLE {self.name} AS FROM read_waldump({dump.sql}, filename := true)")
        self.same(f"SELECT count(start_lsn), sum(record_length) FROM {self.name}", [(dump.records, dump.size)])
        self.rows(f"DROP TABLE {self.name}")

    def copy(self) -> None:
        dump = self.random.choice(self.stable)
        self.same(
            f"COPY (FROM read_waldump({dump.sql})) TO '{self.changing.folder.parent / self.name}.csv' (FORMAT csv)",
            [(dump.records,)],
        )

    def limit(self) -> None:
        dump = self.random.choice(self.stable)
        n = self.random.choice((1, 100, 5000))
        if len(self.rows(f"SELECT start_lsn::VARCHAR, description FROM read_waldump({dump.sql}) LIMIT {n}")) != n:
            raise AssertionError(f"LIMIT {n}")

    def blocks(self) -> None:
        dump = self.random.choice(self.stable)
        self.same(
            f"SELECT (SELECT count(*) FROM read_waldump_blocks({dump.sql})) = (SELECT sum(len(block_refs(block_ref))) FROM read_waldump({dump.sql}))",
            [(True,)],
        )

    def stats(self) -> None:
        dump = self.random.choice(self.stable)
        per_record = self.random.choice(("true", "false"))
        self.same(
            f"SELECT sum(count), sum(combined_size) FROM waldump_stats({dump.sql}, per_record := {per_record})",
            [(dump.records, dump.size)],
        )

    def prepared(self) -> None:
        dump = self.random.choice(self.stable)
        self.rows(f"PREPARE {self.name} AS SELECT count(*) FROM read_waldump({dump.sql}) WHERE record_length > ?")
        for _ in range(2):
            self.same(f"EXECUTE {self.name}(0)", [(dump.records,)])
        self.rows(f"DEALLOCATE {self.name}")

    def changed(self) -> None:
        path = self.random.choice(self.changing.paths)
        function = self.random.choice(("read_waldump", "read_waldump_blocks", "waldump_stats", "read_waldump_rejects"))
        self.rows(f"SELECT count(*) FROM {function}('{path}')", may_fail=True)

    def changed_all(self) -> None:
        ignore = self.random.choice(("true", "false"))
        self.rows(
            f"SELECT resource_manager, max(description) FROM read_waldump('{self.changing.folder}/*.waldump', ignore_errors := {ignore}) GROUP BY ALL",
            may_fail=True,
        )

    def mistake(self) -> None:
        dump = self.random.choice(self.stable)
        self.rows(f"SELECT CASE WHEN start_lsn > '0/2' THEN error('stop') END FROM read_waldump({dump.sql})", may_fail=True)
        raise AssertionError("error() is none")

    def unfetched(self) -> None:
        dump = self.random.choice(self.stable)
        self.may_fail = False
        self.connection.execute(f"FROM read_waldump({dump.sql})").fetchone()
