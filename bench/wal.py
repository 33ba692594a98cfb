"""Converts the WAL of a real PostgreSQL server in two ways, and compares rows and times:

    pg_waldump > file; walstats convert file        one pg_waldump, a dump on disk
    walstats convert --wal DIR                      several, and none

    make walstats && .cache/python/bin/python bench/wal.py [--wal DIR] [--size GB] [--runs 3] [--keep]

Without --wal it makes a server in a folder of its own (Debian: apt-get install postgresql-15;
root needs the user postgres), has pgbench and some bulk work write WAL, and stops it. Needs
the Python package duckdb; `make test` has put one into .cache/python.
"""

import argparse
import os
import pwd
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import duckdb

from machine import this_machine
from seconds import Seconds, middle

SEGMENT = re.compile(r"[0-9A-F]{24}")
UTC = {**os.environ, "TZ": "UTC", "LC_ALL": "C"}


def programs() -> Path:
    """Where the newest server's programs are."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if not found:
        sys.exit("bench/wal.py: no PostgreSQL server is installed; on Debian: apt-get install postgresql-15")
    return found[-1].parent


class Server:
    """A server that writes WAL and keeps all of it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.data = folder, folder / "data"
        self.user = pwd.getpwnam("postgres") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
        os.chown(folder, self.user.pw_uid, self.user.pw_gid)
        self.run("initdb", "-D", self.data, "-A", "trust", "-N", "-E", "UTF8", "--locale=C", "-U", "bench")
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": folder,
            "wal_keep_size": "100GB",
            "max_wal_size": "2GB",
            "synchronous_commit": "off",
        }
        with open(self.data / "postgresql.conf", "a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())

    def run(self, program: str, *arguments: object) -> None:
        """Runs a program of the server as its user."""
        ids: dict[str, Any] = {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []} if os.getuid() == 0 else {}
        done = subprocess.run(
            [programs() / program, *map(str, arguments)],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            **ids,
        )
        if done.returncode:
            sys.exit(f"bench/wal.py: {program}: {done.stdout}")

    def write(self, size: int) -> None:
        """Works until there are so many bytes of WAL."""
        # Its output may not be a pipe of ours: the server would keep it open.
        self.run("pg_ctl", "-D", self.data, "-l", self.folder / "log", "-w", "start", "-o", "-c log_min_messages=warning")
        try:
            connection = ("-h", self.folder, "-U", "bench", "postgres")
            self.run("pgbench", "-i", "-q", "-s", 20, *connection)
            while sum(path.stat().st_size for path in segments(self.data / "pg_wal")) < size:
                self.run("pgbench", "-c", 4, "-j", 2, "-T", 10, "-M", "prepared", "-n", *connection)
        finally:
            self.run("pg_ctl", "-D", self.data, "-m", "fast", "-w", "stop")


def segments(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if SEGMENT.fullmatch(path.name))


def processors() -> float:
    """How long processors worked for commands that have ended."""
    times = os.times()
    return times.children_user + times.children_system


def timed(*command: object, stdout: Path | None = None, codes: tuple[int, ...] = (0,)) -> Seconds:
    """How long a command takes."""
    begin, before = time.perf_counter(), processors()
    with open(stdout or os.devnull, "wb") as out:
        done = subprocess.run([str(word) for word in command], stdout=out, stderr=subprocess.PIPE, text=True, env=UTC, check=False)
    if done.returncode not in codes:
        sys.exit(f"bench/wal.py: {command}: {done.stderr}")
    return Seconds(time.perf_counter() - begin, processors() - before)


def compare(one: Path, other: Path, tables: list[str]) -> None:
    """Ends unless two databases have the same rows, each as often."""
    session = duckdb.connect()
    session.execute(f"ATTACH '{one}' AS a (READ_ONLY); ATTACH '{other}' AS b (READ_ONLY)")
    for table in tables:
        # A sum of hashes: EXCEPT ALL of ten million rows takes longer than all the rest.
        query = "SELECT count(*), sum(hash(t)::HUGEINT), bit_xor(hash(t, 1)) FROM (SELECT * EXCLUDE filename FROM {}.{}) t"
        a, b = (session.execute(query.format(name, table)).fetchone() for name in "ab")
        if a != b or not a or not a[0]:
            sys.exit(f"bench/wal.py: {table}: the rows differ: {a} and {b}")
        print(f"{table}: the same {a[0]:,} rows")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wal", type=Path, help="a folder of WAL that is there, instead of a server's")
    parser.add_argument("--size", type=float, default=1.1, help="how many GB of WAL the server writes")
    parser.add_argument("--runs", type=int, default=3, help="the times are medians of so many")
    parser.add_argument("--walstats", type=Path, default=Path("dist/walstats"))
    parser.add_argument("--keep", action="store_true", help="leave the folder with the server and the outputs")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="walstats.bench."))
    try:
        measure(options, folder)
    finally:
        if options.keep:
            print(folder)
        else:
            shutil.rmtree(folder)


def measure(options: argparse.Namespace, folder: Path) -> None:
    wal = options.wal
    if not wal:
        folder.chmod(0o755)  # for the server's user
        (folder / "server").mkdir()
        server = Server(folder / "server")
        server.write(int(options.size * 1e9))
        wal = server.data / "pg_wal"
    first = segments(wal)[0]
    size = first.stat().st_size
    start = int(first.name[8:16], 16) << 32 | int(first.name[16:], 16) * size
    dump, by_file, by_wal = folder / "wal.dump", folder / "file.duckdb", folder / "wal.duckdb"
    for flags in ["--no-blocks"], []:
        one, two, other = [], [], []
        for _ in range(options.runs):
            by_file.unlink(missing_ok=True)
            by_wal.unlink(missing_ok=True)
            # It fails where WAL ends.
            one.append(
                timed(programs() / "pg_waldump", "-p", wal, "-s", f"{start >> 32:X}/{start & 0xFFFFFFFF:X}", stdout=dump, codes=(0, 1))
            )
            two.append(timed(options.walstats, "convert", dump, "-o", by_file, "--quiet", *flags))
            other.append(timed(options.walstats, "convert", "--wal", wal, "-o", by_wal, "--quiet", *flags))
            print(f"pg_waldump > file: {one[-1]}, convert file: {two[-1]}, convert --wal: {other[-1]}", *flags)
        compare(by_file, by_wal, ["wal"] if flags else ["wal", "wal_blocks"])
        both = middle([Seconds(a.wall + b.wall, a.cpu + b.cpu) for a, b in zip(one, two, strict=True)])
        print(f"{' '.join(['convert', *flags])}: {middle(other)}, {middle(other).wall / both.wall:.2f} of {both}\n")
    machine = this_machine("bench/wal.py")
    print(
        f"{sum(path.stat().st_size for path in segments(wal)) / 1e9:.2f} GB of WAL, {dump.stat().st_size / 1e9:.2f} GB of text; {machine.date}; {machine.lines[0]}; load {os.getloadavg()[0]:.1f}"
    )


if __name__ == "__main__":
    main()
