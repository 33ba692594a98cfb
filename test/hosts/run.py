"""Loads the extension into real, unmodified DuckDB clients and asks each the same.

    python test/hosts/run.py [--extension FILE] [--all] [--table docs/clients.md]

The clients of clients.txt, which build/tools.sh installs, run hosts.sql over several
connections at once. Each has to be of its version, to print hosts.expected for every
run, to write nothing else and to end with 0. --all asks all of them, twenty times over
in one process; --table puts the result into a page, between its marks.
"""

from __future__ import annotations

import argparse
import gzip
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(1, str(Path(__file__).resolve().parents[1]))

import page
from footer import for_platform

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
HOSTS = ROOT / ".cache/hosts"
CONNECTIONS = 4
NAMES = {"shell": "shell", "python": "Python", "node": "Node", "jvm": "JVM (JDBC)", "go": "Go (linked)"}


@dataclass
class Client:
    """A DuckDB: how it is started on SQL from stdin."""

    kind: str
    package: str  # the version of the package, such as 1.5.6-r.1
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def version(self) -> str:
        """The version of DuckDB."""
        return ".".join(re.findall(r"\d+", self.package)[:3])

    @property
    def connections(self) -> int:
        return 1 if self.kind == "shell" else CONNECTIONS

    def run(self, sql: str, rounds: int, connections: int) -> subprocess.CompletedProcess[str]:
        """What it prints of the rows, with | between the columns, for each round and connection."""
        command = [*self.command, str(rounds), str(connections)]
        if self.kind == "shell":
            command, sql = self.command, ".open :memory:\n".join([sql] * rounds)
        return subprocess.run(command, input=sql, env=os.environ | self.environment, cwd=ROOT, text=True, capture_output=True, check=False)


def clients(every: bool) -> list[Client]:
    """Those of clients.txt."""
    found: list[Client] = []
    lines = [line.split() for line in (HERE / "clients.txt").read_text().splitlines() if not line.startswith("#")]
    ours = next(version for kind, version, *_ in lines if kind == "shell")
    for kind, version, *when in lines:
        if when and not every:
            continue
        folder = HOSTS / (version if kind == "python" else f"{kind}-{version}")
        if kind == "shell":
            binary = ROOT / ".cache/python/bin/duckdb" if version == ours else folder / "bin/duckdb"
            options = ["-init", "/dev/null", "-unsigned", "-list", "-noheader", "-nullvalue", "NULL"]
            # The package's command is a binary, or since 1.5 a script of Python's.
            found.append(Client(kind, version, [str(binary), *options], {"PYTHONPATH": str(folder)}))
        elif kind == "python":
            python = str(ROOT / ".cache/python/bin/python")
            found.append(Client(kind, version, [python, str(HERE / "client.py")], {"PYTHONPATH": str(folder)}))
        elif kind == "node":
            modules = {"NODE_PATH": str(folder / "node_modules")}
            found.append(Client(kind, version, ["node", str(HERE / "client.cjs")], modules))
        elif kind == "jvm":
            # The first compiler alone: its code never stops to notice null by a signal.
            options = ["-XX:TieredStopAtLevel=1", "-cp", str(folder / f"duckdb_jdbc-{version}.jar")]
            found.append(Client(kind, version, ["java", *options, str(HERE / "Client.java")]))
        elif kind == "go":
            found.append(Client(kind, version, ["go", "run", "./test/hosts/client"], {"CGO_ENABLED": "1"}))
        else:
            sys.exit(f"test/hosts/clients.txt: no client is a {kind}")
    return found


@dataclass
class Result:
    client: Client
    platform: str
    runs: int
    seconds: float
    trouble: str  # empty where all is well

    def row(self) -> str:
        says = f"all {self.runs} runs right" if not self.trouble else "**failed**"
        file = self.platform if self.client.kind != "go" else "none"
        return f"| {NAMES[self.client.kind]} | {self.client.package} | {file} | {self.client.connections} | {says} |\n"


def ask(client: Client, extension: Path, dump: Path, folder: Path, rounds: int) -> Result:
    """Runs hosts.sql in a client."""
    started = time.monotonic()
    first = "SET TimeZone = 'UTC';\n"  # what the clients run once
    asked = client.run(first + "SELECT platform FROM pragma_platform();\n", 1, 1)
    platform = asked.stdout.strip()
    if asked.returncode != 0 or not re.fullmatch(r"\w+", platform):
        return Result(client, "unknown", 0, time.monotonic() - started, f"it does not start: {asked}")
    sql, expected = "SELECT version();\n", f"v{client.version}\n"
    if client.kind != "go":
        first = f"LOAD '{for_platform(extension, platform, folder)}';\n"
        sql = first + sql
        sql += "SELECT extension_version FROM duckdb_extensions() WHERE extension_name = 'waldump' AND loaded;\n"
        expected += (ROOT / "VERSION").read_text()
    sql += (HERE / "hosts.sql").read_text().replace("${DUMP}", str(dump)).replace("${WAL}", str(ROOT / "wal/testdata"))
    expected += (HERE / "hosts.expected").read_text()
    runs = rounds * client.connections
    done = client.run(sql, rounds, client.connections)
    trouble = ""
    if done.returncode != 0 or done.stdout != expected * runs or done.stderr:
        trouble = f"exit {done.returncode}\n{done.stderr}\nexpected {runs} times\n{expected}\ngot\n{done.stdout[:20_000]}"
    return Result(client, platform, runs, time.monotonic() - started, trouble)


def write_table(target: Path, results: list[Result]) -> None:
    """Puts the results between the page's marks."""
    table = "| client | package | file | connections at once | result |\n|---|---|---|---|---|\n"
    table += "".join(result.row() for result in results)
    page.put(target, "hosts", table)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--extension", type=Path, default=ROOT / "dist/waldump.duckdb_extension")
    parser.add_argument("--all", action="store_true", help="every client, twenty times over")
    parser.add_argument("--only", default="", help="the clients whose name or version has this in it")
    parser.add_argument("--table", type=Path, help="the page that gets the table")
    arguments = parser.parse_args()
    results: list[Result] = []
    missing = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        dump = folder / "pg14.waldump"
        with gzip.open(ROOT / "test/data/pg14.waldump.gz") as source, open(dump, "wb") as target:
            shutil.copyfileobj(source, target)
        for client in clients(arguments.all):
            if arguments.only not in f"{client.kind} {client.package}":
                continue
            if not shutil.which(client.command[0]):
                print(f"--   {client.kind} {client.package}: there is no {client.command[0]} here")
                missing += 1
                continue
            result = ask(client, arguments.extension.resolve(), dump, folder, 20 if arguments.all else 1)
            results.append(result)
            verdict = "FAIL" if result.trouble else "ok  "
            print(f"{verdict} {client.kind} {client.package} ({result.platform}): {result.runs} runs, {result.seconds:.1f} s")
            if result.trouble:
                print(result.trouble)
            sys.stdout.flush()
    failed = sum(1 for result in results if result.trouble)
    if arguments.table:
        write_table(arguments.table, results)
    print(f"{len(results)} clients, {failed} failed" + (f", {missing} not here" if missing else ""))
    return 1 if failed or not results else 0


if __name__ == "__main__":
    sys.exit(main())
