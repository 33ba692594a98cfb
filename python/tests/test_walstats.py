"""The installed package in one DuckDB. tests/run.py runs this in the environment of each client."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import textwrap
import unittest
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from unittest import mock

import duckdb
import walstats
from walstats import extension, footer

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "test/data/demo"
COUNT = f"SELECT count(*) FROM read_wal('{DEMO}')"
RECORDS = 9712
PACKAGED = Path(walstats.__file__).with_name(extension.NAME)


def python(code: str, folder: str = ".", **more: str) -> subprocess.CompletedProcess[str]:
    """Runs code in a process of its own."""
    command = [sys.executable, "-c", textwrap.dedent(code)]
    return subprocess.run(command, cwd=folder, env=os.environ | more, text=True, capture_output=True, check=False)


def count(con: duckdb.DuckDBPyConnection) -> int:
    """Returns the number of records of the demo."""
    (records,) = con.execute(COUNT).fetchone() or (0,)
    return int(records)


def unsigned() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"allow_unsigned_extensions": "true"})


class Installed(unittest.TestCase):
    def test_it_is_the_wheel(self) -> None:
        self.assertTrue(Path(walstats.__file__).is_relative_to(sys.prefix), walstats.__file__)

    def test_the_licences_of_what_is_inside(self) -> None:
        self.assertIn("github.com/klauspost/compress", PACKAGED.with_name("LICENSE").read_text())

    def test_the_fleet_finds_the_extension(self) -> None:
        """walstats-ray looks for it in the folders of the package walstats."""
        spec = find_spec("walstats")
        assert spec is not None
        found = [Path(folder, extension.NAME).exists() for folder in spec.submodule_search_locations or []]
        self.assertEqual(found, [True])


class Docs(unittest.TestCase):
    def test_python_as_it_stands(self) -> None:
        """Every block of Python that imports walstats runs, on the demo for the folder of a server."""
        pages = [(ROOT / page).read_text() for page in ("README.md", "docs/install.md", "python/README.md")]
        blocks = re.findall(r"```python\n(.*?)```", "\n".join(pages), re.DOTALL)
        blocks = [block for block in blocks if "import walstats" in block]
        self.assertEqual(len(blocks), 4)
        with tempfile.TemporaryDirectory() as folder:
            done = python("\n".join(blocks).replace("/var/lib/postgresql/15/main", str(DEMO)), folder)
        self.assertEqual(done.returncode, 0, done.stderr)


class Connect(unittest.TestCase):
    def test_a_query(self) -> None:
        con = walstats.connect()
        self.assertEqual(count(con), RECORDS)
        self.assertEqual(len(con.execute(f"FROM read_wal('{DEMO}') WHERE xact_time IS NOT NULL LIMIT 2").fetchall()), 2)

    def test_a_file_and_the_options_of_duckdb(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            database = Path(folder, "it's.duckdb")
            with walstats.connect(database) as con:
                con.execute(f"CREATE TABLE wal AS FROM read_wal('{DEMO}')")
            with walstats.connect(str(database), read_only=True, config={"threads": "1"}) as con:
                self.assertEqual(con.execute("SELECT count(*), current_setting('threads') FROM wal").fetchone(), (RECORDS, 1))
                with self.assertRaisesRegex(duckdb.Error, "read-only"):
                    con.execute("DROP TABLE wal")

    def test_other_connections_stay_as_they_were(self) -> None:
        walstats.connect()
        with self.assertRaisesRegex(walstats.Error, "does not allow unsigned extensions"):
            walstats.load(duckdb.connect())

    def test_the_caller_keeps_its_options(self) -> None:
        config = {"threads": "1"}
        walstats.connect(config=config)
        self.assertEqual(config, {"threads": "1"})

    def test_unsigned_refused_by_the_caller(self) -> None:
        with self.assertRaisesRegex(walstats.Error, "config has allow_unsigned_extensions = 'false', .* leave it out"):
            walstats.connect(config={"allow_unsigned_extensions": "false"})

    def test_a_failure_closes_the_file(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            database = str(Path(folder, "wal.duckdb"))
            with mock.patch.dict(os.environ, WALDUMP_EXTENSION="/nowhere"), self.assertRaises(walstats.Error):
                walstats.connect(database)
            duckdb.connect(database).close()  # with another configuration: an error if it were open

    def test_many_threads(self) -> None:
        """DuckDB 1.2 and 1.3 cannot LOAD from two threads at once."""
        counted: list[int] = []
        with tempfile.TemporaryDirectory() as folder:
            database = str(Path(folder, "wal.duckdb"))
            held = walstats.connect(database)
            threads = [Thread(target=lambda: counted.append(count(walstats.connect(database)))) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            held.close()
        self.assertEqual(counted, [RECORDS] * 8)


class Load(unittest.TestCase):
    def test_into_a_connection(self) -> None:
        con = unsigned()
        self.assertIs(walstats.load(con), con)
        self.assertIs(walstats.load(con), con)  # the second does nothing
        self.assertEqual(count(con), RECORDS)

    def test_at_once_into_many(self) -> None:
        con = unsigned()
        failed: list[BaseException] = []

        def work(cursor: duckdb.DuckDBPyConnection) -> None:
            try:
                count(walstats.load(cursor))
            except BaseException as e:
                failed.append(e)

        threads = [Thread(target=work, args=(con.cursor(),)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failed, [])

    def test_unsigned_not_allowed(self) -> None:
        with self.assertRaises(walstats.Error) as raised:
            walstats.load(duckdb.connect())
        self.assertEqual(
            str(raised.exception),
            "walstats.load: this connection does not allow unsigned extensions, and DuckDB takes that setting only when it opens a database; "
            'open it with walstats.connect(path), or with duckdb.connect(path, config={"allow_unsigned_extensions": "true"})',
        )
        self.assertIsInstance(raised.exception, duckdb.Error)
        # What the message says works.
        self.assertEqual(count(walstats.load(duckdb.connect(config={"allow_unsigned_extensions": "true"}))), RECORDS)

    def test_not_a_connection(self) -> None:
        with self.assertRaisesRegex(TypeError, "a connection of duckdb.connect is required, and this is str"):
            walstats.load("wal.duckdb")  # type: ignore[arg-type]


class Extension(unittest.TestCase):
    def test_old_versions(self) -> None:
        for version in ("v1.2.0", "v1.10.0", "v2.0.1", "v3.0.0-dev12", "unknown"):
            extension.check_version(version)
        for version in ("v1.1.3", "v0.10.2"):
            with self.assertRaisesRegex(walstats.Error, f"1.2 or later is required, and this is {version}; .* pip install -U duckdb"):
                extension.check_version(version)

    def test_the_file_of_a_platform(self) -> None:
        ours = footer.platform(PACKAGED.read_bytes())
        self.assertEqual(extension.for_platform(ours), PACKAGED)
        other = extension.for_platform(ours + "_gcc4")
        self.assertEqual(footer.platform(other.read_bytes()), ours + "_gcc4")
        self.assertEqual(other.name, extension.NAME)
        self.assertEqual(other.read_bytes()[: -footer.SIZE], PACKAGED.read_bytes()[: -footer.SIZE])

    def test_one_file_is_loaded_and_none_is_left(self) -> None:
        """Two files would be two Go runtimes in a process, which Go does not support."""
        code = """
            import os, walstats
            connections = [walstats.connect() for _ in range(3)]
            if os.fork() == 0:
                raise SystemExit
            os.wait()
            connections.append(walstats.connect())
            print(*{line.split()[-1] for line in open("/proc/self/maps") if "waldump" in line}, sep="\\n")
        """
        with tempfile.TemporaryDirectory() as folder:
            loaded = python(code, TMPDIR=folder).stdout.split()
            self.assertEqual(len(loaded), 1, loaded)
            self.assertEqual(os.listdir(folder), [])

    def test_other_platforms_say_what_to_do(self) -> None:
        for platform, words in {
            "osx_arm64": "no file for macOS: use a Linux container",
            "windows_amd64": "no file for Windows: use WSL 2",
            "linux_amd64_musl": "no file for musl .Alpine Linux.: use a system with glibc",
            "linux_riscv64": "install the wheel for linux_riscv64",
        }.items():
            with self.assertRaisesRegex(walstats.Error, f"this DuckDB is for {platform}; .*{words}.*WALDUMP_EXTENSION"):
                extension.for_platform(platform)

    def test_a_named_file(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            named = Path(folder, "o'clock", extension.NAME)
            named.parent.mkdir()
            named.write_bytes(PACKAGED.read_bytes())
            asked = python(f"import walstats; print(walstats.connect().execute({COUNT!r}).fetchall())", WALDUMP_EXTENSION=str(named))
            self.assertEqual(asked.stdout, f"[({RECORDS},)]\n", asked.stderr)
            for content in (b"short", bytes(5000)):
                named.write_bytes(content)
                with (
                    mock.patch.dict(os.environ, WALDUMP_EXTENSION=str(named)),
                    self.assertRaisesRegex(walstats.Error, "o'clock.* is not a DuckDB extension: .* footer"),
                ):
                    walstats.connect()

    def test_no_file(self) -> None:
        with (
            mock.patch.dict(os.environ, WALDUMP_EXTENSION="/nowhere"),
            self.assertRaisesRegex(walstats.Error, "^walstats: /nowhere: no such file; WALDUMP_EXTENSION must name"),
        ):
            walstats.connect()
        with (
            mock.patch.object(extension, "NAME", "missing"),
            self.assertRaisesRegex(walstats.Error, "/missing: no such file; install the wheel"),
        ):
            walstats.connect()


if __name__ == "__main__":
    unittest.main()
