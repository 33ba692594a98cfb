"""Loads the extension into real, unmodified DuckDB clients and asks each the same.

The shell and the Python clients of clients.txt, which build/tools.sh installs, run
hosts.sql; each has to be of its version and to print hosts.expected.
"""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
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
            print("|".join("NULL" if v is None else str(v).replace("+00:00", "+00") for v in row))
"""


def statements(dump: Path) -> str:
    return (HERE / "hosts.sql").read_text().replace("${EXTENSION}", str(EXTENSION)).replace("${DUMP}", str(dump))


@dataclass
class Client:
    """A DuckDB: how it is started on SQL from stdin."""

    name: str
    version: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, sql: str) -> subprocess.CompletedProcess[str]:
        """What it prints of the rows, with | between the columns."""
        return subprocess.run(
            self.command, input=sql, env=os.environ | self.environment, text=True, capture_output=True, check=False
        )


def clients() -> list[Client]:
    """The shell, and the Python clients of clients.txt."""
    python, shell = (str(ROOT / ".cache/python/bin" / name) for name in ("python", "duckdb"))
    found: list[Client] = []
    lines = (HERE / "clients.txt").read_text().splitlines()
    for name, version in (line.split() for line in lines if not line.startswith("#")):
        if name == "shell":
            found.append(Client(name, version, [shell, "-unsigned", "-list", "-noheader", "-nullvalue", "NULL"]))
        else:
            folder = ROOT / ".cache/hosts" / version
            found.append(Client(name, version, [python, "-c", CLIENT], {"PYTHONPATH": str(folder)}))
    return found


def main() -> int:
    expected = (HERE / "hosts.expected").read_text()
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        dump = Path(folder, "pg14.waldump")
        with gzip.open(ROOT / "test/data/pg14.waldump.gz") as source, open(dump, "wb") as target:
            shutil.copyfileobj(source, target)
        asked = clients()
        for client in asked:
            version = client.run("SELECT version();\n").stdout.strip()
            done = client.run(statements(dump))
            fine = done.returncode == 0 and done.stdout == expected and not done.stderr and version == f"v{client.version}"
            print(f"{'ok  ' if fine else 'FAIL'} {client.name} {client.version}")
            if not fine:
                failed += 1
                print(f"version {version}, exit {done.returncode}\n{done.stderr}\nexpected\n{expected}\ngot\n{done.stdout}")
    print(f"{len(asked)} clients, {failed} failed")
    return 1 if failed or not asked else 0


if __name__ == "__main__":
    sys.exit(main())
