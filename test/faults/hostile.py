"""What someone may write into a query, or put into a file."""

from __future__ import annotations

import gzip
import os
import pty
import re
import socket
import struct
import zlib
from pathlib import Path

import duckdb

from host import RECORDS, Connection, Host, check, fault, message, one, quote, status, within

GROUP = "hostile"
# Of every type that SQL has, and of the ends of each.
VALUES = [
    "NULL", "true", "0", "-1", "1", "2147483648", "-9223372036854775808", "9223372036854775807", "18446744073709551615",
    "170141183460469231731687303715884105727", "1.5", "-0.0::DOUBLE", "1e300", "'nan'::DOUBLE", "'inf'::DOUBLE", "''", "'x'",
    "'0'", "'auto'", "'none'", "'UTC'", "repeat('x', 1000000)", "'a' || chr(10) || 'b'", "chr(0)", "chr(128169)", "'\\x00\\xFF'::BLOB",
    "[]", "[NULL]", "[1]", "[0, 100]", "[100, 0]", "[-1, 100]", "[0, 18446744073709551615]", "[18446744073709551615, 18446744073709551615]",
    "['a', 'b']", "[[0], [1]]", "range(100000)", "{'a': 1}", "MAP {'a': 1}", "DATE '2024-01-01'", "TIMESTAMPTZ '2024-01-01'",
    "INTERVAL 1 DAY", "'00000000-0000-0000-0000-000000000000'::UUID", "'101'::BIT", "TIME '10:00'", "1::DECIMAL(38, 10)",
]  # fmt: skip
# What DuckDB itself says of a value that is none of the parameter's type.
OTHER_TYPE = ("Failed to cast value", "out of range", "Could not convert", "Unimplemented type for cast", "can't be cast")


def attempt(host: Host, connection: Connection, sql: str) -> str | None:
    """The error of a query that may have one, but no other harm."""
    with within(20, sql[:200]):
        try:
            connection.execute(sql).fetchall()
        except duckdb.Error as error:
            check("internal error" not in str(error).lower(), f"{sql[:200]}: {str(error)[:2000]}")
            return message(error)
    return None


@fault(GROUP, "every named parameter of every function with every type, NULL, negative, huge")
def parameters(host: Host) -> str:
    connection, small = host.connect(), host.folder / "small.dump"
    small.write_bytes(b"".join(host.dump.read_bytes().splitlines(keepends=True)[:20]))
    functions = connection.execute(
        "SELECT function_name, parameters FROM duckdb_functions() WHERE function_type = 'table' AND function_name LIKE '%waldump%'"
    ).fetchall()
    asked = errors = 0
    for function, names in functions:
        named = [name for name in names if name not in ("col0", "path")]
        check(len(named) >= 3, f"{function}: {names}")
        for name in named:
            for value in VALUES:
                said = attempt(host, connection, f"SELECT count(*) FROM {function}({quote(small)}, {name} := {value})")
                asked += 1
                if said is None:
                    continue
                errors += 1
                check(
                    said.startswith(f"{function}: ") or any(part in said for part in OTHER_TYPE),
                    f"{function}, {name} := {value}: {said[:500]}",
                )
                check(len(said) < 1000 or not said.startswith(function), f"{name} := {value}: an error of {len(said)} bytes")
        said = attempt(host, connection, f"FROM {function}({quote(small)}, no_such := 1)")
        check(said is not None and "no_such" in said, f"no_such: {said}")
        for value in VALUES:
            said = attempt(host, connection, f"SELECT count(*) FROM {function}({value})")
            check(said is not None and said.startswith(f"{function}: "), f"{function}({value}): {said}")
            asked, errors = asked + 1, errors + 1
    host.works(connection)
    return f"{asked:,} calls of {len(functions)} functions: {errors:,} clear errors, the others have their meaning"


@fault(GROUP, "values that a parameter takes mean what the docs say")
def meanings(host: Host) -> str:
    connection = host.connect()
    size = host.dump.stat().st_size
    for arguments, expected in {
        "byte_range := [0, 18446744073709551615]": RECORDS,
        "byte_range := [18446744073709551615, 18446744073709551615]": 0,
        f"byte_range := [{size}, {size}]": 0,
        "threads := 18446744073709551615": RECORDS,
        "max_record_size := 1073741823": RECORDS,
        "ignore_errors := -1": RECORDS,
        "ignore_errors := 0": RECORDS,
        "timezone := 'NONE'": RECORDS,
        "compression := 'none'": RECORDS,
    }.items():
        count = one(connection, f"SELECT count(*) FROM read_waldump({quote(host.dump)}, {arguments})")
        check(count == expected, f"{arguments}: {count} rows")
    return "as they say"


@fault(GROUP, "pg_lsn, block_refs and pg_wal_lsn_diff of anything")
def scalars(host: Host) -> str:
    connection = host.connect()
    texts = [
        "NULL", "''", "'/'", "'0/'", "'/0'", "'0/0'", "'FFFFFFFF/FFFFFFFF'", "'100000000/0'", "'-1/0'", "'0/0/0'", "' 0/0'", "'0/ 0'",
        "'g/0'", "chr(0)", "'0/0' || chr(0)", "repeat('0', 1000000) || '/0'", "repeat('blkref #0: rel 1/2/3 blk 4, ', 30000)",
        "'blkref #'", "'blkref #0: rel 1/2/3 fork main blk 99999999999999999999 FPW'", "'blkref #' || repeat('9', 100000)", "chr(128169)",
        "'blkref #0: rel 1/2/3 blk 4 (FPW); hole: offset: 9, length'", "'\\xFF'::BLOB", "-1", "[]",
    ]  # fmt: skip
    errors = 0
    for text in texts:
        for sql in (
            f"SELECT ({text})::pg_lsn", f"SELECT TRY_CAST({text} AS pg_lsn)", f"SELECT block_refs({text})",
            f"SELECT pg_wal_lsn_diff({text}, '0/0')", f"SELECT '0/1'::pg_lsn - ({text})", f"SELECT len(block_refs(x)) FROM (SELECT {text} AS x FROM range(3))",
        ):  # fmt: skip
            errors += attempt(host, connection, sql) is not None
    check(one(connection, "SELECT 'FFFFFFFF/FFFFFFFF'::pg_lsn::UBIGINT") == 2**64 - 1, "the largest LSN")
    host.works(connection)
    return f"{len(texts) * 6} calls, {errors} errors"


@fault(GROUP, "paths: empty, of 4 KB and more, with newlines, quotes, patterns, escapes, no UTF-8")
def paths(host: Host) -> str:
    connection = host.connect()
    for path, pattern in {
        "": r"^read_waldump: : no such file",
        "x" * 255: r": no such file$",
        "x" * 256: r": file name too long$",
        "x/" * 2100: r": file name too long$",
        "x" * 1_000_000: r"file name too long$",
        "no-such" + "*" * 5000: r"matches this pattern$|file name too long$",
        "no-such" + "[" * 100: r"syntax error in pattern$|matches this pattern$",
        "{" * 1000: r"syntax error in pattern$|matches this pattern$",
        "{a,b}" * 12: r"matches this pattern$",
        "test/**/" + "**/" * 60 + "no-such": r"matches this pattern$",
        "\n\n": r": no such file$",
        "/": r"^read_waldump: /: is a directory",
        "http://127.0.0.1:1/wal.dump": r"^read_waldump: ",
    }.items():
        try:
            with within(10, f"path {path[:40]!r}"):
                connection.execute(f"FROM read_waldump({quote(path)})").fetchall()
        except duckdb.Error as error:
            check(bool(re.search(pattern, message(error))), f"{path[:60]!r}: {message(error)[-300:]!r}")
        else:
            raise AssertionError(f"{path[:60]!r}: no error")
    names = [
        "new\nline",
        "'quote'",
        '"double"',
        "tab\t",
        "*star*",
        "[set]",
        "{alt}",
        "back\\slash",
        "ünï",
        "-",
        "x" * 240,
        "\x01\x1b[31m",
    ]
    for name in names:
        file = host.folder / f"{name}.waldump"
        file.write_bytes(host.dump.read_bytes())
        count = one(connection, f"SELECT count(*) FROM read_waldump({quote(file)}, filename := true) WHERE filename = {quote(file)}")
        check(count == RECORDS, f"{file}: {count}")
        file.unlink()
    bad = os.fsencode(host.folder) + b"/no-utf8-\xff\xfe.waldump"
    Path(os.fsdecode(bad)).write_bytes(host.dump.read_bytes())
    count = one(
        connection,
        f"SELECT count(*) FROM read_waldump({quote(host.folder / 'no-utf8*')}, filename := true) WHERE filename LIKE '%no-utf8-%'",
    )
    check(count == RECORDS, f"a name that is no UTF-8: {count}")
    count = one(connection, f"SELECT count(*) FROM read_waldump({quote(host.dump)} || chr(0) || 'x')")
    check(count == RECORDS, "a path ends at a NUL, as in C")
    host.works(connection)
    return "an error with the path in it; whatever name a file has, it is read"


@fault(GROUP, "/proc, devices, a directory, a socket, a terminal, as a path and as stdin")
def no_files(host: Host) -> str:
    connection = host.connect()
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(host.folder / "socket"))
    terminal, other = pty.openpty()
    no_file, no_size = (
        r": is neither a file nor a pipe$",
        r": has no size, and yet something in it, as the files of /proc have; copy it first",
    )
    for path, pattern in {
        "/dev/zero": no_file,
        "/dev/random": no_file,
        "/dev/urandom": no_file,
        "/dev/full": no_file,
        "/dev/null": no_file,
        "/dev/tty": no_file,
        os.ttyname(other): no_file,
        str(host.folder / "socket"): no_file,
        str(host.folder): r": is a directory; name the files in it",
        "/proc/self/environ": no_size,
        "/proc/self/maps": no_size,
        "/proc/cpuinfo": no_size,
        "/proc/self/fd": r": is a directory",
        "/proc/self/mem": r": input/output error$",
    }.items():
        with within(5, path):
            host.fails(connection, f"FROM read_waldump({quote(path)})", pattern)
            host.fails(connection, f"FROM read_waldump({quote(path)}, ignore_errors := true)", pattern)
    for path in "/proc/kmsg", "/proc/sys/kernel/random/uuid", "/sys/kernel/mm/transparent_hugepage/enabled":
        if os.access(path, os.R_OK):
            with within(5, path):
                said = attempt(host, connection, f"FROM read_waldump({quote(path)})")
            check(said is not None, f"{path}: no error")
    os.close(terminal)
    host.works(connection)
    return "is neither a file nor a pipe / has no size, and yet something in it / is a directory / input/output error"


@fault(GROUP, "stdin from /dev/zero: a record that never ends")
def endless(host: Host) -> str:
    os.dup2(os.open("/dev/zero", os.O_RDONLY), 0)
    connection = host.connect()
    before = status("VmHWM")
    with within(30, "256 MiB of zeros"):
        said = host.fails(
            connection,
            "FROM read_waldump('-')",
            r"^read_waldump: -:1 \(byte 0\): a record is longer than max_record_size, 268435456 bytes",
        )
        host.fails(
            connection,
            "FROM read_waldump('/dev/stdin', ignore_errors := true, max_record_size := 1000000)",
            r"longer than max_record_size, 1000000 bytes",
        )
    grown = (status("VmHWM") - before) >> 20
    check(grown < 600, f"{grown} MB")
    return f"{said} ({grown} MB)"


def zstd_frame(window: int, blocks: bytes) -> bytes:
    """A frame whose window has 2^window bytes."""
    return b"\x28\xb5\x2f\xfd" + bytes([0, (window - 10) << 3]) + blocks


def zstd_repeat(byte: int, times: int) -> bytes:
    """Blocks of 128 KiB of one byte each, each four bytes long."""
    size = 128 << 10
    block = struct.pack("<I", size << 3 | 1 << 1)[:3] + bytes([byte])
    last = struct.pack("<I", size << 3 | 1 << 1 | 1)[:3] + bytes([byte])
    return block * (times - 1) + last


def lz4_repeat(byte: int, megabytes: int) -> bytes:
    """A frame of blocks of 4 MiB of one byte each."""
    size = 4 << 20
    # One byte as it is, a match of the rest but for five, and five as they are.
    match = size - 1 - 5 - 4 - 15
    block = bytes([0x1F, byte, 1, 0]) + b"\xff" * (match // 255) + bytes([match % 255]) + bytes([0x50]) + bytes([byte]) * 5
    return b"\x04\x22\x4d\x18\x60\x70\x73" + (struct.pack("<I", len(block)) + block) * (megabytes // 4) + b"\0\0\0\0"


def bombs(byte: int, megabytes: int) -> dict[str, bytes]:
    """So many MB of one byte, packed."""
    part = gzip.compress(bytes([byte]) * (16 << 20), 9)
    return {
        "gz": part * (megabytes // 16),
        "zst": zstd_frame(27, zstd_repeat(byte, 8 * megabytes)),
        "lz4": lz4_repeat(byte, megabytes),
    }


@fault(GROUP, "zip bombs: 64 MB of empty lines, and a line of 1 GB, in gzip, zstd (window of 128 MiB) and lz4", slow=True)
def zip_bombs(host: Host) -> str:
    connection = host.connect()
    host.works(connection)
    peaks = list[int]()
    for byte, megabytes, pattern in (
        (ord("\n"), 64, ""),
        (0, 1024, r"wal\.\w+:1 \(byte 0\): a record is longer than max_record_size"),
    ):
        for kind, packed in bombs(byte, megabytes).items():
            path = host.folder / f"wal.{kind}"
            path.write_bytes(packed)
            Path("/proc/self/clear_refs").write_text("5")  # the peak starts again
            before = status("VmRSS")
            with within(60, f"a bomb of {kind}"):
                if pattern:
                    host.fails(connection, f"FROM read_waldump({quote(path)})", pattern)
                else:
                    check(one(connection, f"SELECT count(*) FROM read_waldump({quote(path)})") == 0, "rows")
            peaks.append((status("VmHWM") - before) >> 20)
    check(max(peaks[:3]) < 150 and max(peaks[3:]) < 600, f"{peaks} MB")
    host.works(connection)
    return f"0 rows, or: a record is longer than max_record_size; at most {max(peaks[:3])} and {max(peaks[3:])} MB more"


@fault(GROUP, "zstd with a window of 2 GB; packed in itself; text named as packed data")
def windows(host: Host) -> str:
    connection = host.connect()
    path = host.folder / "wal.zst"
    path.write_bytes(zstd_frame(31, zstd_repeat(10, 10)))
    before = status("VmHWM")
    said = host.fails(
        connection,
        f"FROM read_waldump({quote(path)})",
        r"the zstd data is corrupt, after 0 decompressed bytes: window size exceeded",
    )
    path.write_bytes(gzip.compress(gzip.compress(host.dump.read_bytes())))
    host.fails(connection, f"FROM read_waldump({quote(path)})", r":1 \(byte 0\): expected \"rmgr: \"")
    for magic in b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18":
        for rest in b"", b"\0", b"\xff" * 100, os.urandom(1000), zlib.compress(b"x"):
            path.write_bytes(magic + rest)
            host.fails(connection, f"FROM read_waldump({quote(path)})", r"the \w+ data (is corrupt|ends too early)")
    grown = (status("VmHWM") - before) >> 20
    check(grown < 100, f"{grown} MB")
    return said


@fault(GROUP, "symbolic links in a circle, under `**`, `*` and as they are")
def circles(host: Host) -> str:
    connection = host.connect()
    (host.folder / "a/b").mkdir(parents=True)
    (host.folder / "a/wal.waldump").write_bytes(host.dump.read_bytes())
    (host.folder / "a/b/up").symlink_to("../..")
    (host.folder / "a/self").symlink_to(".")
    (host.folder / "a/b/self.waldump").symlink_to("self.waldump")
    (host.folder / "a/broken.waldump").symlink_to("nothing")
    with within(5, "**"):
        count = one(connection, f"SELECT count(*) FROM read_waldump({quote(host.folder / '**/wal.waldump')})")
        check(count == RECORDS, f"{count} rows")
        count = one(connection, f"SELECT count(*) FROM read_waldump({quote(host.folder / '*/*/wal.waldump')})")
        check(count == RECORDS, f"through one link: {count} rows")
    said = host.fails(connection, f"FROM read_waldump({quote(host.folder / 'a/b/self.waldump')})", r"too many levels of symbolic links$")
    return "** follows no link, each file comes once; " + said


@fault(GROUP, "a folder of 100,000 files", slow=True)
def large_folder(host: Host) -> str:
    connection = host.connect()
    folder = host.folder / "many"
    folder.mkdir()
    for i in range(100_000):
        os.close(os.open(folder / f"{i:06d}.waldump", os.O_CREAT | os.O_WRONLY))
    (folder / "050000.waldump").write_bytes(host.dump.read_bytes())
    before = status("VmHWM")
    with within(30, "100,000 files"):
        count = one(connection, f"SELECT count(*) FROM {quote(folder / '*.waldump')}")
        check(count == RECORDS, f"{count} rows")
        host.fails(connection, f"FROM read_waldump({quote(folder / '*.dump')})", "no file matches this pattern$")
    grown = (status("VmHWM") - before) >> 20
    check(grown < 300, f"{grown} MB")
    host.works(connection)
    return f"{count:,} rows, {grown} MB more"
