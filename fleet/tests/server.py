"""Real servers that write WAL for the tests: clusters with segments of 1 MB."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

BIN = Path("/usr/lib/postgresql/15/bin")
SETTINGS = """
listen_addresses = ''
fsync = off
full_page_writes = off
wal_keep_size = 2GB
max_wal_size = 2GB
autovacuum = off
checkpoint_timeout = 1h
"""


class Server:
    """A cluster of PostgreSQL 15. PostgreSQL refuses to run as root, and takes the user postgres then."""

    def __init__(self) -> None:
        if not BIN.exists():
            pytest.skip(f"{BIN} is not here")
        self.user = "postgres" if os.getuid() == 0 else None
        self.folder = Path(tempfile.mkdtemp(prefix="walstats.fleet."))
        if self.user:
            shutil.chown(self.folder, self.user)
        self.data = self.folder / "data"
        self._run("initdb", "-D", self.data, "--wal-segsize=1", "--no-sync", "--username=postgres")
        with (self.data / "postgresql.conf").open("a") as file:
            file.write(f"{SETTINGS}unix_socket_directories = '{self.folder}'\n")
        self._start()

    def _run(self, program: str, *arguments: str | Path) -> None:
        done = subprocess.run(
            [BIN / program, *arguments],
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            user=self.user,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    def _start(self) -> None:
        self._run("pg_ctl", "start", "-w", "-D", self.data, "-l", self.folder / "log")

    def sql(self, text: str) -> None:
        """Execute statements."""
        self._run("psql", "-h", self.folder, "-U", "postgres", "-v", "ON_ERROR_STOP=1", "-c", text)

    def write(self, segments: int) -> None:
        """Write about so many segments of WAL, of records long and short."""
        self.sql(
            "CREATE TABLE IF NOT EXISTS t (i int PRIMARY KEY, x text); CREATE TABLE IF NOT EXISTS wide (x text); ALTER TABLE wide ALTER x SET STORAGE EXTERNAL"
        )
        for _ in range(segments // 10):
            self.sql(
                "INSERT INTO t SELECT n, repeat('x', n % 100) FROM generate_series(1, 40000) n ON CONFLICT (i) DO UPDATE SET x = t.x || '.';"
                "INSERT INTO wide SELECT repeat(n::text, 8000) FROM generate_series(1, 10) n; SELECT pg_switch_wal()"
            )

    def promote(self, lost: int = 0) -> Path:
        """Let the server recover and begin a timeline of its own. Before, a copy of it goes on, on the old
        timeline, for about so many segments. Return the folder of the copy's WAL."""
        self._run("pg_ctl", "stop", "-w", "-m", "fast", "-D", self.data)
        if lost:
            shutil.copytree(self.data, self.folder / "copy")
            if self.user:
                subprocess.run(["chown", "-R", self.user, self.folder / "copy"], check=True)
            self._start()
            self.write(lost)
            self._run("pg_ctl", "stop", "-w", "-m", "fast", "-D", self.data)
            self.data.rename(self.folder / "lost")
            (self.folder / "copy").rename(self.data)
        (self.data / "standby.signal").touch()
        self._start()
        self._run("pg_ctl", "promote", "-w", "-D", self.data)
        return self.folder / "lost/pg_wal"

    def stop(self) -> None:
        """Stop it."""
        self._run("pg_ctl", "stop", "-w", "-m", "immediate", "-D", self.data)

    @property
    def wal(self) -> Path:
        """The folder of its segments and history files, and of segments that it has made ready for later."""
        return self.data / "pg_wal"

    def remove(self) -> None:
        """Remove all of it."""
        shutil.rmtree(self.folder)
