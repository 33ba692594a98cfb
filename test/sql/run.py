"""Runs sqllogictest files against the extension in a stock DuckDB.

    python test/sql/run.py --extension dist/waldump.duckdb_extension [FILE...]

The part of DuckDB's sqllogictest in use:

    statement ok                 SQL that succeeds
    statement error              SQL, `----`, a part of the message, or `<REGEX>:` and a pattern in it
    query [TYPES] [nosort|rowsort|valuesort]
                                 SQL, `----`, the rows: tab-separated, NULL, `(empty)`
    onlyif duckdb >= 1.5         the next step is for these versions only (or `< 1.5`)
    load [FILE]                  start again on this database, in memory without one
    require waldump              load the extension into it
    foreach NAME VALUE...        the steps up to `endloop` once for each value, as ${NAME}

${DATA} is a folder with the unpacked dumps of test/data, ${TMP} an empty one. Every file
starts in an empty database in memory, with the extension loaded.

A runner that takes every answer shows nothing, so each step of must-fail.txt is run, too,
and has to fail.
"""

from __future__ import annotations

import argparse
import gzip
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

ROOT = Path(__file__).resolve().parents[2]
MUST_FAIL = Path(__file__).with_name("must-fail.txt")
HEADS = {
    "statement": re.compile(r"statement (?P<kind>ok|error)"),
    "query": re.compile(r"(?P<kind>query)(?: (?P<types>[ITRBD]+))?(?: (?P<sort>nosort|rowsort|valuesort))?"),
    "load": re.compile(r"(?P<kind>load)(?: (?P<file>\S+))?"),
    "require": re.compile(r"(?P<kind>require) waldump"),
}
ONLYIF = re.compile(r"onlyif duckdb (>=|<) ([\d.]+)")
FOREACH = re.compile(r"foreach (\w+)((?: \S+)+)")


@dataclass
class Step:
    """One statement, query or command of a file, and what it should give."""

    line: int
    head: dict[str, str | None]
    sql: str
    expected: list[str] = field(default_factory=list)


def parse(path: Path) -> Iterator[Step]:
    """Returns the steps of a file: blocks of lines with empty lines between them."""
    found: list[tuple[int, list[str]]] = []
    block: list[str] = []
    for number, text in enumerate([*path.read_text(encoding="utf-8").split("\n"), ""], 1):
        if text.startswith("#") and "----" not in block:
            continue
        if text.strip():
            if not block:
                found.append((number, block))
            block.append(text)
        else:
            block = []
    return unrolled(path, found)


def unrolled(path: Path, blocks: list[tuple[int, list[str]]]) -> Iterator[Step]:
    """Returns the steps of blocks, those of a foreach once for each of its values."""
    while blocks:
        (line, block), blocks = blocks[0], blocks[1:]
        if not block[0].startswith("foreach"):
            if (made := step(path, line, block)) is not None:
                yield made
            continue
        loop, end = FOREACH.fullmatch(block[0]), end_of_loop(blocks)
        if loop is None or len(block) > 1 or end is None:
            raise SystemExit(f"{path}:{line}: not understood, or without its endloop: {block[0]}")
        for value in loop[2].split():
            body = [(n, [text.replace(f"${{{loop[1]}}}", value) for text in lines]) for n, lines in blocks[:end]]
            yield from unrolled(path, body)
        blocks = blocks[end + 1 :]


def end_of_loop(blocks: list[tuple[int, list[str]]]) -> int | None:
    """Returns the index of the endloop that belongs to the foreach before these blocks; None if there is none."""
    depth = 1
    for index, (_, block) in enumerate(blocks):
        depth += block[0].startswith("foreach") - (block == ["endloop"])
        if depth == 0:
            return index
    return None


def step(path: Path, line: int, block: list[str]) -> Step | None:
    """The step that a block describes; None if it is for other versions of DuckDB."""
    wanted = True
    while block[0].startswith("onlyif"):
        if (condition := ONLYIF.fullmatch(block[0])) is None or len(block) == 1:
            raise SystemExit(f"{path}:{line}: not understood: {block[0]}")
        newer = version(duckdb.__version__) >= version(condition[2])
        wanted = wanted and newer == (condition[1] == ">=")
        line, block = line + 1, block[1:]
    pattern = HEADS.get(block[0].split()[0])
    if pattern is None or (head := pattern.fullmatch(block[0])) is None:
        raise SystemExit(f"{path}:{line}: not understood: {block[0]}")
    split = block.index("----") if "----" in block else len(block)
    expects, has_sql = head["kind"] in ("error", "query"), head["kind"] not in ("load", "require")
    if expects != (split < len(block)) or has_sql != (split > 1):
        raise SystemExit(f"{path}:{line}: {block[0]!r} does not fit what follows")
    if head["kind"] == "error" and split + 1 == len(block):
        raise SystemExit(f"{path}:{line}: an error without its message")
    return Step(line, head.groupdict(), "\n".join(block[1:split]), block[split + 1 :]) if wanted else None


def version(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", text)[:3]]


class Session:
    """A connection, and the folders that steps name."""

    def __init__(self, extension: Path, folders: dict[str, str]) -> None:
        self.extension = extension
        self.folders = folders
        self.connection = duckdb.connect(":memory:")
        self.load(None)
        self.require()

    def load(self, file: str | None) -> None:
        self.connection.close()
        database = self.filled(file or ":memory:")
        self.connection = duckdb.connect(database, config={"allow_unsigned_extensions": "true"})
        self.connection.execute("SET TimeZone = 'UTC'")

    def require(self) -> None:
        self.connection.execute("LOAD '{}'".format(str(self.extension).replace("'", "''")))

    def filled(self, text: str) -> str:
        return re.sub(r"\$\{(\w+)\}", lambda name: self.folders.get(name[1], name[0]), text)

    def failure(self, step: Step) -> str | None:
        """Runs a step; what is wrong with what it gave, if anything."""
        kind = step.head["kind"]
        try:
            if kind == "query":
                return self.query(step)
            if kind == "load":
                self.load(step.head["file"])
            elif kind == "require":
                self.require()
            else:
                self.connection.execute(self.filled(step.sql)).fetchall()
        except duckdb.Error as error:
            if kind == "error":
                return wrong_message(str(error), self.filled("\n".join(step.expected)))
            return f"failed: {error}"
        return "expected an error, got none" if kind == "error" else None

    def query(self, step: Step) -> str | None:
        sql = self.filled(step.sql)
        if not sql.upper().startswith(("EXECUTE", "EXPLAIN")):
            # DuckDB's own text of a value, as its shell prints it: the client has no pg_lsn.
            sql = f"SELECT CAST(COLUMNS(*) AS VARCHAR) FROM (\n{sql}\n)"
        rows = self.connection.execute(sql).fetchall()
        types, sort = step.head["types"], step.head["sort"]
        if types and rows and len(rows[0]) != len(types):
            return f"expected {len(types)} columns, got {len(rows[0])}"
        got = ["\t".join("NULL" if value is None else str(value) or "(empty)" for value in row) for row in rows]
        expected = [self.filled(line) for line in step.expected]
        if sort == "valuesort":
            got, expected = ([value for row in side for value in row.split("\t")] for side in (got, expected))
        if sort in ("rowsort", "valuesort"):
            got, expected = sorted(got), sorted(expected)
        if got == expected:
            return None
        return "\n".join(["expected", *expected[:20], f"got ({len(got)} rows)", *got[:20]])


def wrong_message(message: str, wanted: str) -> str | None:
    """What is wrong with an error's message, if anything."""
    pattern = wanted.removeprefix("<REGEX>:")
    if wanted in message or (pattern != wanted and re.search(pattern, message)):
        return None
    return f"expected an error with\n{wanted}\ngot\n{message}"


def run(path: Path, extension: Path, data: str) -> tuple[int, list[str]]:
    """Runs a file: how many steps it has, and what failed."""
    failures: list[str] = []
    count = 0
    with tempfile.TemporaryDirectory() as empty:
        session = Session(extension, {"DATA": data, "TMP": empty})
        for step in parse(path):
            count += 1
            if problem := session.failure(step):
                failures.append(f"{path}:{step.line}: {step.sql}\n{problem}")
        session.connection.close()
    return count, failures


def unpack(source: Path, target: Path) -> None:
    """Copies the files of a folder, those that end in .gz unpacked and without it."""
    for path in source.rglob("*"):
        copy = target / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".gz":
            with gzip.open(path) as packed, open(copy.with_suffix(""), "wb") as plain:
                shutil.copyfileobj(packed, plain)
        elif path.is_file():
            shutil.copy(path, copy)


def main() -> int:
    arguments = argparse.ArgumentParser(description="Runs sqllogictest files.")
    arguments.add_argument("--extension", type=Path, default=ROOT / "dist/waldump.duckdb_extension")
    arguments.add_argument("files", nargs="*", type=Path)
    given = arguments.parse_args()
    if not given.extension.is_file():
        raise SystemExit(f"{given.extension}: no such file; `make extension` builds it")
    files = given.files or sorted((ROOT / "test/sql").glob("*.test"))
    bad = total = 0
    with tempfile.TemporaryDirectory() as data:
        unpack(ROOT / "test/data", Path(data))
        count, failures = run(MUST_FAIL, given.extension, data)
        if count == 0 or len(failures) != count:
            passed = count - len(failures)
            raise SystemExit(f"{MUST_FAIL}: {passed} of {count} wrong expectations pass: the runner is broken")
        for path in files:
            started = time.perf_counter()
            count, failures = run(path, given.extension, data)
            seconds = time.perf_counter() - started
            print(f"{'FAIL' if failures else 'ok  '} {path.name:<24} {count:4} steps {seconds:6.2f} s")
            print("".join(f"\n{problem}\n" for problem in failures), end="")
            total, bad = total + count, bad + len(failures)
    print(f"{total} steps in {len(files)} files with DuckDB {duckdb.__version__}, {bad} failed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
