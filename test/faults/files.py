"""Files that come to harm before they are read, and while they are."""

from __future__ import annotations

import ctypes.util
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from host import RECORDS, Connection, Host, Skip, beside, check, fault, one, quote

GROUP = "files"
TIMES = 10  # dumps in a file that is still read when it comes to harm
NOBODY = 65534


@fault(GROUP, "cut while it is read")
def cut(host: Host) -> str:
    path = host.copy(TIMES)
    result = host.streaming(host.connect(), path)
    os.truncate(path, path.stat().st_size // 2)
    return host.rest_fails(result, r"^read_waldump: .*wal\.dump: the file was cut to \d+ bytes while it was read; it had \d+")


@fault(GROUP, "cut while several threads count")
def cut_threads(host: Host) -> str:
    path, connection = host.copy(4 * TIMES), host.connect()

    def shrink() -> None:
        time.sleep(0.03)
        os.truncate(path, 100_000)

    thread = beside(shrink)
    said = host.fails(connection, f"SELECT max(description), count(*) FROM read_waldump({quote(path)})", r"the file was cut to \d+ bytes")
    thread.join()
    return said


@fault(GROUP, "written over with something else while it is read")
def written_over(host: Host) -> str:
    path = host.copy(TIMES)
    result = host.streaming(host.connect(), path)
    size = path.stat().st_size
    with open(path, "r+b") as target:
        target.seek(size // 2)
        target.write(b"no record\n" * ((size - size // 2) // 10))
    return host.rest_fails(result, r"wal\.dump:\d+ \(byte \d+\): expected \"rmgr: \", found \"")


def read_to_the_end(host: Host, result: Connection) -> str:
    rows = 1 + len(result.fetchall())
    check(rows == TIMES * RECORDS, f"{rows} rows")
    host.works(result)
    return f"all {rows:,} rows of the file that was opened"


@fault(GROUP, "replaced by another (rename) while it is read")
def replaced(host: Host) -> str:
    path, other = host.copy(TIMES), host.copy(1, "other.dump")
    result = host.streaming(host.connect(), path)
    other.rename(path)
    said = read_to_the_end(host, result)
    check(one(result, f"SELECT count(*) FROM read_waldump({quote(path)})") == RECORDS, "the next query sees the old file")
    return said + "; the next query reads the new one"


@fault(GROUP, "deleted while it is read")
def deleted(host: Host) -> str:
    path = host.copy(TIMES)
    connection = host.connect()
    result = host.streaming(connection, path)
    path.unlink()
    said = read_to_the_end(host, result)
    return said + "; then: " + host.fails(connection, f"FROM read_waldump({quote(path)})", r"wal\.dump: no such file$")


@fault(GROUP, "deleted between PREPARE and EXECUTE")
def deleted_prepared(host: Host) -> str:
    path, connection = host.copy(), host.connect()
    connection.execute(f"PREPARE p AS SELECT count(*) FROM read_waldump({quote(path)})")
    check(one(connection, "EXECUTE p") == RECORDS, "EXECUTE")
    path.unlink()
    return host.fails(connection, "EXECUTE p", r"wal\.dump: no such file$")


def become_nobody() -> None:
    if os.getuid() == 0:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)


@fault(GROUP, "made unreadable while it is read")
def unreadable(host: Host) -> str:
    path, connection = host.copy(TIMES), host.connect()
    if os.getuid() == 0:
        os.chown(path, NOBODY, NOBODY)
    connection.execute("SELECT now()").fetchone()  # loads what the user nobody may not read
    become_nobody()
    result = host.streaming(connection, path)
    path.chmod(0)
    said = read_to_the_end(host, result)
    return (
        said
        + "; then: "
        + host.fails(connection, f"FROM read_waldump({quote(path)})", r"wal\.dump: permission denied; run this as a user who may read it")
    )


@contextmanager
def failing_file_system(host: Host) -> Iterator[Path]:
    """A file whose second half is on a broken disk."""
    if not ctypes.util.find_library("fuse3") or not os.access("/dev/fuse", os.W_OK):
        raise Skip("needs libfuse3 and /dev/fuse")
    mounted = host.folder / "fuse"
    mounted.mkdir()
    command = [sys.executable, str(Path(__file__).with_name("broken_disk.py")), str(mounted), str(host.copy(TIMES))]
    server = subprocess.Popen(command, stderr=subprocess.DEVNULL)  # libfuse writes about threads
    try:
        deadline = time.monotonic() + 10
        while not (mounted / "wal.dump").exists():
            if server.poll() is not None or time.monotonic() > deadline:
                raise Skip("FUSE does not mount here")
            time.sleep(0.05)
        yield mounted / "wal.dump"
    finally:
        subprocess.run(["fusermount3", "-u", "-z", str(mounted)], check=False, capture_output=True)
        server.send_signal(signal.SIGTERM)
        server.wait(10)


@fault(GROUP, "on a disk that fails in its second half (EIO, by FUSE)")
def broken_disk(host: Host) -> str:
    connection = host.connect()
    with failing_file_system(host) as path:
        said = host.rest_fails(host.streaming(connection, path), r"^read_waldump: \S+wal\.dump \(byte \d+\): input/output error$")
        for sql in "SELECT count(*), max(description) FROM read_waldump({})", "FROM waldump_stats({})":
            host.fails(connection, sql.format(quote(path)), r"wal\.dump \(byte \d+\): input/output error$")
    return said


@fault(GROUP, "/proc/self/mem (EIO at once)")
def proc_mem(host: Host) -> str:
    return host.fails(host.connect(), "FROM read_waldump('/proc/self/mem')", r"^read_waldump: /proc/self/mem: input/output error$")


@fault(GROUP, "grows while it is read")
def grows(host: Host) -> str:
    path = host.copy(TIMES)
    result = host.streaming(host.connect(), path)
    with open(path, "ab") as target:
        target.write(b"no record\n" * 1000)
    return read_to_the_end(host, result)
