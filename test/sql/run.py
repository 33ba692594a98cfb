"""Runs sqllogictest files against the extension in a stock DuckDB.

    python test/sql/run.py --extension dist/waldump.duckdb_extension [FILE...]

The part of DuckDB's sqllogictest in use: `statement ok`, `statement error` with an
expected message, `query` with the expected rows (tab-separated, NULL, `(empty)`),
`rowsort`, and `${NAME}` for a folder: ${DATA} the unpacked dumps of test/data, ${TMP}
an empty one. Every file starts in an empty database of its own, with the extension
loaded.
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


@dataclass
class Step:
    """One statement or query of a file, and what it should give."""

    line: int
    kind: str  # ok, error or query
    sort: bool
    sql: str
    expected: list[str] = field(default_factory=list)


def parse(path: Path) -> Iterator[Step]:
    """The steps of a file: blocks of lines with empty lines between them."""
    number = 0
    block: list[tuple[int, str]] = []
    for text in [*path.read_text().split("\n"), ""]:
        number += 1
        if text.startswith("#"):
            continue
        if text.strip():
            block.append((number, text))
        elif block:
            yield step(path, block)
            block = []


def step(path: Path, block: list[tuple[int, str]]) -> Step:
    line, head = block[0]
    lines = [text for _, text in block[1:]]
    words = head.split()
    if words[0] == "statement" and words[1:] in (["ok"], ["error"]):
        kind = words[1]
    elif words[0] == "query":
        kind = "query"
    else:
        raise SystemExit(f"{path}:{line}: not understood: {head}")
    split = lines.index("----") if "----" in lines else len(lines)
    if (kind == "ok") != (split == len(lines)):
        raise SystemExit(f"{path}:{line}: {kind} and its expectation do not fit")
    return Step(line, kind, "rowsort" in words, "\n".join(lines[:split]), lines[split + 1 :])


def text(value: str | None) -> str:
    """A value as an expectation writes it."""
    return "NULL" if value is None else value or "(empty)"


def failure(connection: duckdb.DuckDBPyConnection, step: Step, folders: dict[str, str]) -> str | None:
    """Runs a step; what is wrong with what it gave, if anything."""

    def filled(template: str) -> str:
        return re.sub(r"\$\{(\w+)\}", lambda m: folders[m[1]], template)

    expected = [filled(line) for line in step.expected]
    sql = filled(step.sql)
    if step.kind == "query":
        # DuckDB's own text of a value, as its shell prints it: the client has no pg_lsn.
        sql = f"SELECT CAST(COLUMNS(*) AS VARCHAR) FROM (\n{sql}\n)"
    try:
        rows = connection.execute(sql).fetchall()
    except duckdb.Error as error:
        if step.kind != "error":
            return f"failed: {error}"
        if not expected:
            return "statement error without an expected message"
        wanted = "\n".join(expected)
        return None if wanted in str(error) else f"expected an error with\n{wanted}\ngot\n{error}"
    if step.kind == "error":
        return "expected an error, got none"
    if step.kind == "ok":
        return None
    got = ["\t".join(text(value) for value in row) for row in rows]
    if step.sort:
        got, expected = sorted(got), sorted(expected)
    if got == expected:
        return None
    return "\n".join(["expected", *expected[:20], f"got ({len(got)} rows)", *got[:20]])


def run(path: Path, extension: Path, data: str) -> tuple[int, list[str]]:
    """Runs a file: how many steps it has, and what failed."""
    failures: list[str] = []
    count = 0
    with tempfile.TemporaryDirectory() as empty:
        folders = {"DATA": data, "TMP": empty}
        with duckdb.connect(config={"allow_unsigned_extensions": "true"}) as connection:
            connection.execute("SET TimeZone = 'UTC'")
            connection.execute(f"LOAD '{extension}'")
            for step in parse(path):
                count += 1
                if problem := failure(connection, step, folders):
                    failures.append(f"{path}:{step.line}: {step.sql}\n{problem}")
    return count, failures


def main() -> int:
    arguments = argparse.ArgumentParser(description="Runs sqllogictest files.")
    arguments.add_argument("--extension", type=Path, default=ROOT / "dist/waldump.duckdb_extension")
    arguments.add_argument("files", nargs="*", type=Path)
    given = arguments.parse_args()
    files = given.files or sorted((ROOT / "test/sql").glob("*.test"))
    if not files:
        raise SystemExit("no files to run")
    bad = total = 0
    with tempfile.TemporaryDirectory() as data:
        for packed in (ROOT / "test/data").glob("*"):
            if packed.suffix == ".gz":
                with gzip.open(packed) as source, open(Path(data, packed.stem), "wb") as target:
                    shutil.copyfileobj(source, target)
            elif packed.is_file():
                shutil.copy(packed, data)
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
