"""Reads the WAL of a real PostgreSQL server beside what else reads it, and writes bench/wal.md.

    make walstats extension && .cache/python/bin/python bench/wal.py [--wal DIR] [--size GB] [--runs 5] [--keep]

Every run measures each work once, so that a noisy machine disturbs all of them. The WAL is in
the page cache. Without --wal it makes a server in a folder of its own (Debian: apt-get install
postgresql-15 zstd; root needs the user postgres), has pgbench write WAL, and stops it.
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
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Work:
    """Something that is timed: a command, or SQL in a session that is there."""

    name: str
    command: tuple[object, ...] = ()
    sql: str = ""
    codes: tuple[int, ...] = (0,)


@dataclass(frozen=True)
class Claim:
    """How long one work may take, in parts of another's time."""

    work: str
    against: str
    at_most: float
    seconds: float = 0.0  # beside that

    @property
    def wanted(self) -> str:
        return f"{self.at_most:.2f}" + (f" and {self.seconds:.1f} s" if self.seconds else "")


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
            "checkpoint_timeout": "1d",  # the WAL does not grow while it is read
            "autovacuum": "off",
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
        """Works until there are so many bytes of WAL, and stays."""
        # Its output may not be a pipe of ours: the server would keep it open.
        self.run("pg_ctl", "-D", self.data, "-l", self.folder / "log", "-w", "start", "-o", "-c log_min_messages=warning")
        self.run("pgbench", "-i", "-q", "-s", 20, *self.connection)
        while sum(path.stat().st_size for path in segments(self.data / "pg_wal")) < size:
            self.run("pgbench", "-c", 4, "-j", 2, "-T", 10, "-M", "prepared", "-n", *self.connection)
        self.run("psql", "-qc", "CREATE EXTENSION pg_walinspect", "-c", "CHECKPOINT", *self.connection)
        time.sleep(20)  # after 15 s without work the server writes its last snapshot of running transactions

    @property
    def connection(self) -> tuple[object, ...]:
        """What its clients are told."""
        return ("-h", self.folder, "-U", "bench", "postgres")

    def wal_stats(self, start: str) -> Work:
        """pg_walinspect's statistics of the WAL from start on, made in the server."""
        sql = f"SELECT count(*) FROM pg_get_wal_stats('{start}', pg_current_wal_flush_lsn())"
        return Work("pg_get_wal_stats", (programs() / "psql", "-XAtc", sql, *self.connection))

    def stop(self) -> None:
        """Stops it, if it runs."""
        if (self.data / "postmaster.pid").exists():
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


def works(options: argparse.Namespace, wal: Path, start: str, dump: Path, packed: Path) -> list[Work]:
    waldump = (programs() / "pg_waldump", "-p", wal, "-s", start)
    ours = (options.walstats, "dump", "-p", wal, "-s", start)
    read = f"read_wal('{wal}')"
    table = "CREATE OR REPLACE TABLE t AS "
    table_file, text = dump.with_name("wal.duckdb"), dump.with_name("again.dump")
    return [
        Work("pg_waldump", waldump, codes=(0, 1)),
        Work("pg_waldump -z", (*waldump, "-z"), codes=(0, 1)),
        Work("walstats dump", ours, codes=(0, 1)),
        Work("walstats dump --threads 1", (*ours, "--threads", 1), codes=(0, 1)),
        Work("walstats dump -z", (*ours, "-z"), codes=(0, 1)),
        Work("walstats top", (options.walstats, "top", "--quiet", wal)),
        Work("walstats report", (options.walstats, "report", "--quiet", "--json", wal)),
        Work("walstats convert", ("sh", "-c", f"rm -f {table_file} && {options.walstats} convert --quiet {wal} -o {table_file}")),
        Work(
            "pg_waldump, and walstats convert of its text",
            (
                "sh",
                "-c",
                f"rm -f {table_file}; {' '.join(map(str, waldump))} >{text}; {options.walstats} convert --quiet {text} -o {table_file}",
            ),
        ),
        Work("zstd -dc", ("zstd", "-dcq", *sorted(packed.iterdir()))),
        Work("count(*)", sql=f"SELECT count(*) FROM {read}"),
        Work("sum by manager", sql=f"SELECT resource_manager, sum(record_length) FROM {read} GROUP BY 1"),
        Work(
            "sum by manager, no checksums",
            sql=f"SELECT resource_manager, sum(record_length) FROM read_wal('{wal}', verify_checksums := false) GROUP BY 1",
        ),
        Work("sum by relation", sql=f"SELECT relfilenode, sum(record_length) FROM {read} GROUP BY 1"),
        Work("count(*) of zstd segments", sql=f"SELECT count(*) FROM read_wal('{packed}')"),
        Work("max(description)", sql=f"SELECT max(description) FROM {read}"),
        # The same columns as the text has.
        Work("CREATE TABLE AS, all columns", sql=f"{table}SELECT * EXCLUDE (end_lsn, main_data_length, timeline) FROM {read}"),
        Work(
            "CREATE TABLE AS, no description",
            sql=f"{table}SELECT * EXCLUDE (description, end_lsn, main_data_length, timeline) FROM {read}",
        ),
        # What DuckDB itself takes for the rows, on the one thread that keeps their order.
        Work(
            "CREATE TABLE AS from a table, one thread",
            sql="SET threads = 1; CREATE OR REPLACE TABLE u AS FROM t; SET threads = 2; DROP TABLE u",
        ),
        Work(
            "CREATE TABLE AS, in any order",
            sql="SET preserve_insertion_order = false; "
            f"{table}SELECT * EXCLUDE (description, end_lsn, main_data_length, timeline) FROM {read}; RESET preserve_insertion_order",
        ),
        Work("CREATE TABLE AS from the text", sql=f"{table}FROM read_waldump('{dump}')"),
        Work("CREATE TABLE AS from the text, no description", sql=f"{table}SELECT * EXCLUDE description FROM read_waldump('{dump}')"),
    ]


CLAIMS = [
    Claim("count(*)", "pg_waldump -z", 0.45),
    Claim("sum by manager", "pg_waldump -z", 0.5),
    Claim("sum by manager, no checksums", "pg_waldump -z", 0.35),
    Claim("sum by relation", "pg_waldump -z", 0.6),
    Claim("sum by manager", "pg_get_wal_stats", 0.5),
    Claim("CREATE TABLE AS, no description", "CREATE TABLE AS from the text, no description", 0.8),
    Claim("CREATE TABLE AS, no description", "CREATE TABLE AS from a table, one thread", 1.0),
    Claim("CREATE TABLE AS, in any order", "CREATE TABLE AS from the text, no description", 0.8),
    Claim("CREATE TABLE AS, all columns", "CREATE TABLE AS from the text", 1.0),
    Claim("count(*) of zstd segments", "zstd -dc", 1.15),
    Claim("walstats dump", "pg_waldump", 1 / 6),
    Claim("walstats dump --threads 1", "pg_waldump", 1 / 3.5),
    Claim("walstats dump -z", "pg_waldump -z", 0.5),
    Claim("walstats top", "pg_waldump -z", 0.5, seconds=0.3),
    Claim("walstats report", "walstats top", 1.3, seconds=3.0),
    Claim("walstats convert", "pg_waldump, and walstats convert of its text", 0.25),
    Claim("max(description)", "pg_waldump", 1 / 8),
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wal", type=Path, help="a folder of WAL that is there, instead of a server's")
    parser.add_argument("--size", type=float, default=1.1, help="how many GB of WAL the server writes")
    parser.add_argument("--runs", type=int, default=5, help="the times are medians of so many")
    parser.add_argument("--walstats", type=Path, default=Path("dist/walstats"))
    parser.add_argument("--extension", type=Path, default=Path("dist/waldump.duckdb_extension"))
    parser.add_argument("--output", type=Path, default=Path("bench/wal.md"), help="where the report goes")
    parser.add_argument("--keep", action="store_true", help="leave the folder with the server and the outputs")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="walstats.bench."))
    try:
        options.output.write_text(measure(options, folder))
    finally:
        if options.keep:
            print(folder)
        else:
            shutil.rmtree(folder)


def pack(wal: Path, folder: Path) -> Path:
    """A folder of the same segments, as .zst."""
    folder.mkdir()
    for path in segments(wal):
        subprocess.run(["zstd", "-q", "-1", path, "-o", folder / f"{path.name}.zst"], check=True)
    return folder


def measure(options: argparse.Namespace, folder: Path) -> str:
    """Makes the WAL, if none is given, and returns the report."""
    if options.wal:
        return report(options, folder, options.wal, None)
    folder.chmod(0o755)  # for the server's user
    (folder / "server").mkdir()
    server = Server(folder / "server")
    try:
        server.write(int(options.size * 1e9))
        return report(options, folder, server.data / "pg_wal", server)
    finally:
        server.stop()


def report(options: argparse.Namespace, folder: Path, wal: Path, server: Server | None) -> str:
    """Times every work on the WAL, and returns the report."""
    first = segments(wal)[0]
    place = int(first.name[8:16], 16) << 32 | int(first.name[16:], 16) * first.stat().st_size
    start = f"{place >> 32:X}/{place & 0xFFFFFFFF:X}"
    dump = folder / "wal.dump"
    timed(programs() / "pg_waldump", "-p", wal, "-s", start, stdout=dump, codes=(0, 1))
    todo = works(options, wal, start, dump, pack(wal, folder / "zst"))
    if server:
        todo.append(server.wal_stats(start))

    session = duckdb.connect(config={"allow_unsigned_extensions": "true", "threads": 2})
    session.execute(f"LOAD '{options.extension}'")
    rows = [
        session.execute(f"SELECT count(*) FROM {read}('{path}')").fetchall()[0]
        for read, path in (("read_wal", wal), ("read_waldump", dump))
    ]
    if rows[0] != rows[1]:
        sys.exit(f"bench/wal.py: read_wal has {rows[0]} records, pg_waldump's text {rows[1]}")
    times: dict[str, list[Seconds]] = {work.name: [] for work in todo}
    for _ in range(options.runs):
        for work in todo:
            times[work.name].append(in_session(session, work.sql) if work.sql else timed(*work.command, codes=work.codes))
    medians = {name: middle(runs) for name, runs in times.items()}

    machine = this_machine("bench/wal.py")
    size = sum(path.stat().st_size for path in segments(wal))
    lines = [
        "# WAL itself",
        "",
        f"{size / 1e9:.2f} GB of WAL of PostgreSQL {programs().parent.name}, {rows[0][0]:,} records, {dump.stat().st_size / 1e9:.2f} GB of text; {machine.date}; {machine.lines[0]}.",
        f"Medians of {options.runs} runs, each of which has all of them; in brackets the seconds of processors.",
        "",
        "| what | time | of | ratio | wanted |",
        "|---|---|---|---|---|",
    ]
    for claim in CLAIMS:
        if claim.against not in medians:
            continue
        ratio = medians[claim.work].wall / medians[claim.against].wall
        lines.append(f"| {claim.work} | {medians[claim.work]} | {claim.against}: {medians[claim.against]} | {ratio:.2f} | {claim.wanted} |")
    print("\n".join(lines))
    return "\n".join(lines) + "\n"


def in_session(session: duckdb.DuckDBPyConnection, sql: str) -> Seconds:
    """How long SQL takes."""
    begin, before = time.perf_counter(), time.process_time()
    session.execute(sql).fetchall()
    return Seconds(time.perf_counter() - begin, time.process_time() - before)


if __name__ == "__main__":
    main()
