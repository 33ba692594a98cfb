"""Loads the extension into real, unmodified DuckDB clients and asks each the same.

The shell and the Python clients that build/tools.sh installed run hosts.sql; each
has to print hosts.expected.
"""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
EXTENSION = ROOT / "dist/waldump.duckdb_extension"

CLIENT = """
import duckdb, sys
connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})
for statement in sys.stdin.read().split(";\\n"):
    rows = connection.execute(statement).fetchall() if statement.strip() else []
    if statement.startswith("SELECT"):
        for row in rows:
            print("|".join("NULL" if v is None else str(v) for v in row))
"""


def statements(dump: Path) -> str:
    return (HERE / "hosts.sql").read_text().replace("${EXTENSION}", str(EXTENSION)).replace("${DUMP}", str(dump))


def clients() -> list[tuple[str, list[str], dict[str, str]]]:
    """Name, command and environment of every client."""
    python = str(ROOT / ".cache/python/bin/python")
    shell = [str(ROOT / ".cache/python/bin/duckdb"), "-unsigned", "-list", "-noheader", "-nullvalue", "NULL"]
    found: list[tuple[str, list[str], dict[str, str]]] = [("shell", shell, {})]
    for folder in sorted((ROOT / ".cache/hosts").iterdir()):
        if folder.suffix != ".new":
            found.append((f"Python {folder.name}", [python, "-c", CLIENT], {"PYTHONPATH": str(folder)}))
    return found


def main() -> int:
    expected = (HERE / "hosts.expected").read_text()
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        dump = Path(folder, "pg14.waldump")
        with gzip.open(ROOT / "test/data/pg14.waldump.gz") as source, open(dump, "wb") as target:
            shutil.copyfileobj(source, target)
        for name, command, environment in clients():
            done = subprocess.run(
                command, input=statements(dump), env=os.environ | environment, text=True, capture_output=True, check=False
            )
            fine = done.returncode == 0 and done.stdout == expected and not done.stderr
            print(f"{'ok  ' if fine else 'FAIL'} {name}")
            if not fine:
                failed += 1
                print(f"exit {done.returncode}\n{done.stderr}\nexpected\n{expected}\ngot\n{done.stdout}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
