"""Asks real DuckDB clients whether their settings and file systems are the extension's, too.

    python test/hosts/settings.py [--extension FILE] [--only VERSION]

The clients are the Python ones of clients.txt. From 1.5.6 on a DuckDB lends its files to
extensions: then its settings for external access decide what read_waldump may read, and
URLs are read, here those of fsspec's file systems. Older ones read local files only.
"""

from __future__ import annotations

import argparse
import gc
import gzip
import os
import re
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb

ROOT = Path(__file__).resolve().parents[2]
HOSTS = ROOT / ".cache/hosts"
RECORDS = 38399  # of test/data/pg14.waldump.gz
URLS = "from 1.5.6 on"  # what an older DuckDB's error says of them


class Session:
    """A database in memory that has the extension."""

    def __init__(self, extension: str, *file_systems: object) -> None:
        import duckdb

        self.connection = duckdb.connect(config={"allow_unsigned_extensions": "true", "threads": "4"})
        self.connection.execute(f"LOAD '{extension}'")
        for file_system in file_systems:
            self.connection.register_filesystem(file_system)

    def run(self, sql: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql).fetchall()

    def value(self, sql: str) -> object:
        return self.run(sql)[0][0]

    def count(self, path: str, function: str = "read_waldump") -> object:
        return self.value(f"SELECT count(*) FROM {function}('{path}')")

    def fails(self, sql: str, *parts: str) -> str:
        """The error's message, which has to have the parts."""
        import duckdb

        try:
            rows = self.run(sql)
        except duckdb.Error as error:
            message = str(error)
            missing = [part for part in parts if part not in message]
            assert not missing, f"{sql}: no {missing} in {message}"
            return message
        raise AssertionError(f"{sql}: no error, but {rows[:3]}")

    def refuses(self, path: str) -> None:
        """The settings keep the file from being read."""
        self.fails(f"FROM read_waldump('{path}')", f"read_waldump: {path}: ", "disabled by configuration")


def same(got: object, want: object) -> None:
    assert got == want, f"got {got}, want {want}"


def watched(protocol_: str, dump: bytes, **trouble: Any) -> Any:
    """A file system with one file, protocol://x.waldump, that counts what is open and makes trouble."""
    import fsspec

    class File(fsspec.spec.AbstractBufferedFile):
        def _fetch_range(self, start: int, end: int) -> bytes:
            if start >= trouble.get("broken", len(dump)):
                raise OSError("the disk is on fire")
            if wait := trouble.get("wait"):
                wait()
            return dump[start : min(end, trouble.get("cut", len(dump)))]

        def close(self) -> None:
            if not self.closed:
                self.fs.open_files -= 1
            super().close()
            if trouble.get("close"):
                raise OSError("it does not close")

    class FileSystem(fsspec.AbstractFileSystem):
        protocol = protocol_
        cachable = False
        open_files = opened = 0

        def _open(self, path: str, mode: str = "rb", **_: object) -> File:
            self.open_files += 1
            self.opened += 1
            return File(self, path, mode, block_size=1 << 16, cache_type="none", size=len(dump))

        def info(self, path: str, **_: object) -> dict[str, object]:
            return {"name": path, "size": len(dump), "type": "file"}

    return FileSystem()


class Checks:
    """What holds from 1.5.6 on: every method is a check. The current folder has dumps/, secret/ and a.waldump."""

    def __init__(self, extension: str, dump: bytes) -> None:
        import fsspec

        self.extension, self.dump = extension, dump
        self.memory = fsspec.filesystem("memory")
        self.memory.pipe({"/x.waldump": dump, "/it's.waldump.gz": gzip.compress(dump), "/empty.waldump": b""})

    def session(self, *file_systems: object) -> Session:
        return Session(self.extension, self.memory, *file_systems)

    def confined(self, *settings: str) -> Session:
        """A session without external access, but for what the settings allow."""
        session = self.session()
        for setting in (*settings, "enable_external_access = false"):
            session.run(f"SET {setting}")
        return session

    def urls(self) -> None:
        s = self.session()
        both = "FROM {0}('memory://x.waldump'{1}) EXCEPT ALL FROM {0}('a.waldump'{1})"
        for call in (
            ("read_waldump", ""),
            ("read_waldump", ", byte_range := [1000000, 2000000], byte_offset := true"),
            ("read_waldump_blocks", ""),
            ("waldump_stats", ", per_record := true"),
        ):
            same(s.run(both.format(*call)), [])
        same(
            s.run("SELECT count(*), any_value(filename) FROM read_waldump('memory://x.waldump', filename := true)"),
            [(RECORDS, "memory://x.waldump")],
        )
        same(s.count("memory://x.waldump", "read_waldump_rejects"), 0)
        same(s.value("SELECT count(*) FROM 'memory://x.waldump'"), RECORDS)
        same(s.count("memory://it''s.waldump.gz"), RECORDS)
        same(s.count("memory://empty.waldump"), 0)
        s.run("CREATE TABLE t AS FROM read_waldump(['memory://x.waldump', 'a.waldump'], byte_offset := true, filename := true)")
        same(
            s.run("SELECT filename, count(*) FROM t GROUP BY filename ORDER BY min(rowid)"),
            [("memory://x.waldump", RECORDS), ("a.waldump", RECORDS)],
        )
        same(
            s.run(
                "SELECT count(*) FROM (SELECT byte_offset, lag(byte_offset) OVER (PARTITION BY filename ORDER BY rowid) AS b FROM t) WHERE byte_offset <= b"
            ),
            [(0,)],
        )

    def patterns(self) -> None:
        s = self.session()
        message = s.fails("FROM read_waldump('memory://*''s.waldump*')", "read_waldump: memory://*'s.waldump*: ", "getvariable('f')")
        advice = re.search(r"SET VARIABLE f = .*\)\)?(?=, then)", message)
        assert advice, message
        s.run(advice[0])
        same(s.value("SELECT count(*) FROM read_waldump(getvariable('f'))"), RECORDS)
        missing = s.fails("FROM read_waldump('memory://none.waldump')", "read_waldump: memory://none.waldump: ")
        assert "getvariable" not in missing, missing
        same(s.count("memory://x.waldump"), RECORDS)

    def one_file_at_once(self) -> None:
        """fsspec's memory file system has one object a file, with one position."""
        s = self.session()
        answers: list[object] = []

        def ask(cursor: duckdb.DuckDBPyConnection, path: str) -> None:
            query = f"SELECT count(*), sum(byte_offset) FROM read_waldump('{path}', byte_offset := true)"
            answers.extend(cursor.execute(query).fetchone() for _ in range(5))

        threads = [
            threading.Thread(target=ask, args=(s.connection.cursor(), path))
            for path in ("memory://x.waldump", "memory:///x.waldump", "memory://x.waldump")
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        same(answers, s.run("SELECT count(*), sum(byte_offset) FROM read_waldump('a.waldump', byte_offset := true)") * 15)

    def end_while_others_read(self) -> None:
        """Who ends a query may hold Python's lock, which those who read the same file wait for."""
        s = self.session()
        counts: list[object] = []

        def ask(cursor: duckdb.DuckDBPyConnection, rounds: int, whole: bool) -> None:
            for _ in range(rounds):
                session = cursor.cursor()
                session.execute(f"SELECT {'count(*)' if whole else '*'} FROM read_waldump('memory://x.waldump')")
                row = session.fetchone()
                counts.extend(row if row and whole else ())
                del session  # with most of the rows unread

        threads = [threading.Thread(target=ask, args=(s.connection.cursor(), 60, whole)) for whole in (True, True, False, False, False)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        same(counts, [RECORDS] * 120)

    def broken_files(self) -> None:
        s = self.session(
            watched("broken", self.dump, broken=3_000_000),
            watched("cut", self.dump, cut=3_000_000),
            watched("stuck", self.dump, close=True),
        )
        for select in ("SELECT count(*) FROM", "SELECT max(description) FROM", "CREATE TABLE t AS FROM"):
            s.fails(f"{select} read_waldump('broken://x.waldump')", "read_waldump: broken://x.waldump (byte ", "the disk is on fire")
        s.fails("FROM waldump_stats('broken://x.waldump')", "waldump_stats: broken://x.waldump (byte ", "the disk is on fire")
        s.fails("SELECT count(*) FROM read_waldump('cut://x.waldump')", "read_waldump: cut://x.waldump: the file was cut to ")
        same(s.count("stuck://x.waldump"), RECORDS)
        same(s.count("memory://x.waldump"), RECORDS)

    def nothing_stays_open(self) -> None:
        fine, broken = watched("fine", self.dump), watched("broken", self.dump, broken=3_000_000)
        s = self.session(fine, broken)
        same(s.count("fine://x.waldump"), RECORDS)
        same(s.run("SELECT count(*) FROM (FROM read_waldump('fine://x.waldump') LIMIT 1)"), [(1,)])
        s.fails("SELECT error('enough') FROM read_waldump('fine://x.waldump')", "enough")
        s.fails("SELECT count(*) FROM read_waldump(['fine://x.waldump', 'broken://x.waldump'])", "the disk is on fire")
        for _ in range(5):
            cursor = s.connection.cursor()
            cursor.execute("FROM read_waldump('fine://x.waldump')")
            cursor.fetchone()
            del cursor  # with most of the rows unread
        s.connection.close()
        gc.collect()
        assert fine.opened > 8 and broken.opened, "the files were not opened"
        same((fine.open_files, broken.open_files), (0, 0))

    def cancel(self) -> None:
        reading, go_on = threading.Event(), threading.Event()

        def wait() -> None:
            reading.set()
            go_on.wait()

        slow = watched("slow", self.dump, wait=wait)
        s = self.session(slow)
        said: list[str] = []
        query = "SELECT sum(length(description)) FROM read_waldump('slow://x.waldump')"
        thread = threading.Thread(target=lambda: said.append(s.fails(query, "Interrupted")))
        thread.start()
        assert reading.wait(60), "nothing is read"
        s.connection.interrupt()
        go_on.set()
        thread.join()
        same(len(said), 1)
        same(s.count("slow://x.waldump"), RECORDS)

    def nothing_allowed(self) -> None:
        s = self.confined()
        if not os.path.exists("fifo"):
            os.mkfifo("fifo")
        # What is there, and what is not, have the same answer.
        for path in (
            "a.waldump",
            "none.waldump",
            "dumps/*.waldump",
            "none/*",
            "dumps",
            "fifo",
            "-",
            "/dev/stdin",
            "/proc/self/fd/0",
            "memory://x.waldump",
        ):
            s.refuses(path)
        for function in ("read_waldump_blocks", "read_waldump_rejects", "waldump_stats"):
            s.fails(f"FROM {function}('a.waldump')", f"{function}: a.waldump: ", "disabled by configuration")
        s.fails("FROM 'a.waldump'", "disabled by configuration")
        s.run("SET lock_configuration = true")
        s.fails("SET allowed_paths = ['a.waldump']")
        s.refuses("a.waldump")

    def some_allowed(self) -> None:
        folder = os.getcwd()
        s = self.confined(f"allowed_directories = ['{folder}/dumps']", "allowed_paths = ['a.waldump']")
        for path in (
            "a.waldump",
            "./a.waldump",
            f"{folder}/a.waldump",
            "dumps/*.waldump",
            f"{folder}/dumps/b.waldump",
            "secret/../a.waldump",
        ):
            same(s.count(path), RECORDS)
        s.fails("FROM read_waldump('dumps/none')", "dumps/none: no such file")
        for path in (
            "secret/s.waldump",
            "dumps/../secret/s.waldump",
            "*.waldump",
            "*/s.waldump",
            "dumps/../secret/*",
            "dumps/*/../../secret/*",
            "dumps/link",
            "~/a.waldump",
            "file:a.waldump",
            "/etc/hostname",
        ):
            s.refuses(path)
        s.fails("FROM read_waldump(['a.waldump', 'secret/s.waldump'])", "secret/s.waldump: ", "disabled by configuration")
        # A pattern that is allowed, and a link out of it.
        s.fails("FROM read_waldump('dumps/l*')", "read_waldump: dumps/link: ", "disabled by configuration")

    def pipes(self) -> None:
        """Asking does not open a FIFO: its writer would be killed."""
        s = self.confined("allowed_directories = ['dumps']")
        os.mkfifo("dumps/fifo")
        writer = subprocess.Popen(["sh", "-c", "cat a.waldump >dumps/fifo"])
        same(s.count("dumps/fifo"), RECORDS)
        same(writer.wait(), 0)
        os.remove("dumps/fifo")

    def set_later(self) -> None:
        """What is prepared is asked for when it runs."""
        s = self.session()
        s.run("PREPARE p AS SELECT count(*) FROM read_waldump('a.waldump')")
        s.run("CREATE VIEW v AS FROM read_waldump('a.waldump')")
        same(s.value("EXECUTE p"), RECORDS)
        s.run("SET enable_external_access = false")
        s.fails("EXECUTE p", "read_waldump: a.waldump: ", "disabled by configuration")
        s.fails("FROM v", "read_waldump: a.waldump: ", "disabled by configuration")

    def no_local_files(self) -> None:
        s = self.session()
        s.run("SET disabled_filesystems = 'LocalFileSystem'")
        for path in ("a.waldump", "dumps/*", "-"):
            s.refuses(path)
        same(s.count("memory://x.waldump"), RECORDS)


class OldChecks:
    """What holds before 1.5.6."""

    def __init__(self, extension: str, dump: bytes) -> None:
        self.extension = extension

    def urls(self) -> None:
        s = Session(self.extension)
        for path in ("s3://bucket/x.waldump", "memory://*.waldump"):
            s.fails(f"FROM read_waldump('{path}')", f"read_waldump: {path}: ", URLS, "copy the file to a disk")
        s.fails("FROM 'https://host/x.waldump.gz'", URLS)
        same(s.count("a.waldump"), RECORDS)

    def settings(self) -> None:
        """As docs/security.md says: they are not seen."""
        s = Session(self.extension)
        s.run("SET enable_external_access = false")
        same(s.count("a.waldump"), RECORDS)


def client(extension: str) -> int:
    """Runs the checks in this process's DuckDB."""
    import duckdb

    dump = gzip.decompress((ROOT / "test/data/pg14.waldump.gz").read_bytes())
    version = tuple(int(part) for part in duckdb.__version__.split("."))
    checks = (Checks if version >= (1, 5, 6) else OldChecks)(extension, dump)
    methods: list[Callable[[], None]] = [
        getattr(checks, name)
        for name, what in vars(type(checks)).items()
        if callable(what) and name not in ("__init__", "session", "confined")
    ]
    failed = 0
    for check in methods:
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            for path in ("dumps/b.waldump", "secret/s.waldump", "a.waldump"):
                Path(path).parent.mkdir(exist_ok=True)
                Path(path).write_bytes(dump)
            os.symlink("../secret/s.waldump", "dumps/link")
            try:
                check()
            except Exception:
                failed += 1
                print(f"{check.__name__}: {traceback.format_exc()}")
            os.chdir(ROOT)
    print(f"{len(methods)} checks, {failed} failed")
    return 1 if failed else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--extension", type=Path, default=ROOT / "dist/waldump.duckdb_extension")
    parser.add_argument("--only", default="", help="the versions that have this in them")
    parser.add_argument("--client", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.client:
        return client(str(arguments.extension))
    lines = [line.split() for line in (ROOT / "test/hosts/clients.txt").read_text().splitlines()]
    versions = [line[1] for line in lines if line[0] == "python" and len(line) == 2 and line[1] >= "1.3" and arguments.only in line[1]]
    fsspec = HOSTS / "fsspec"
    failed = 0
    for version in versions:
        environment = os.environ | {"PYTHONPATH": f"{HOSTS / version}:{fsspec}"}
        command = [str(ROOT / ".cache/python/bin/python"), __file__, "--client", "--extension", str(arguments.extension.resolve())]
        # A lock-up ends after 5 minutes, and says where it was.
        command = ["timeout", "-s", "ABRT", "300", command[0], "-X", "faulthandler", *command[1:]]
        done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        said = done.stdout.splitlines() or [""]
        bad = done.returncode != 0 or done.stderr or " checks, 0 failed" not in said[-1]
        failed += bool(bad)
        print(f"{'FAIL' if bad else 'ok  '} Python {version}: {said[-1]}")
        if bad:
            print(f"exit {done.returncode}", *said, done.stderr, sep="\n")
        sys.stdout.flush()
    print(f"{len(versions)} clients, {failed} failed")
    return 1 if failed or not versions else 0


if __name__ == "__main__":
    sys.exit(main())
