"""Processes that run out of something."""

from __future__ import annotations

import os
import re
import resource

from host import RECORDS, Host, check, fault, limited, one, quote, status

GROUP = "limits"


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


@fault(GROUP, "no descriptor left (RLIMIT_NOFILE)")
def no_descriptors(host: Host) -> str:
    connection = host.connect()
    host.works(connection)
    taken = [os.open("/dev/null", os.O_RDONLY)]
    with limited(resource.RLIMIT_NOFILE, taken[0] + 1):
        said = ""
        for function in "read_waldump", "read_waldump_blocks", "waldump_stats", "read_waldump_rejects":
            try:
                connection.execute(f"FROM {function}({quote(host.dump)})").fetchall()
            except Exception as error:
                said = str(error)
            check("pg14.waldump: too many open files" in said, f"{function}: {said or 'no error'}")
            check(one(connection, "SELECT 42") == 42, "SELECT 42")
    host.works(connection)
    return host.told(said.split("Error: ")[-1])


@fault(GROUP, "1,000 files in one query, with 40 descriptors")
def many_files(host: Host) -> str:
    connection = host.connect()
    text = host.dump.read_bytes()[:100_000]
    text = text[: text.rindex(b"\n") + 1]
    for i in range(1000):
        (host.folder / f"{i}.waldump").write_bytes(text)
    with limited(resource.RLIMIT_NOFILE, descriptors() + 40):
        count = one(connection, f"SELECT count(*) FROM {quote(str(host.folder) + '/*.waldump')}")
    check(count == 1000 * text.count(b"\n"), f"{count} rows")
    host.works(connection)
    return f"{count:,} rows"


@fault(GROUP, "DuckDB's memory_limit")
def memory_limit(host: Host) -> str:
    path, connection = host.copy(20), host.connect()
    connection.execute("SET memory_limit = '60MB'; SET temp_directory = ''; SET preserve_insertion_order = false")
    return host.fails(
        connection,
        f"SELECT count(*) FROM (SELECT DISTINCT description, start_lsn, row_number() OVER (ORDER BY description) FROM read_waldump({quote(path)}))",
        r"failed to (allocate|offload|pin)|could not allocate",
    ).split("\n")[0]


@fault(GROUP, "no memory for a vector's text: DuckDB throws an exception at its C API")
def no_memory_for_text(host: Host) -> str:
    path, connection = quote(host.copy(3)), host.connect()
    connection.execute("SET temp_directory = ''; SET preserve_insertion_order = false")
    whole, ours, theirs = 0, 0, 0
    for query in (
        f"SELECT description, count(*) FROM read_waldump({path}) GROUP BY 1 ORDER BY 2 DESC LIMIT 1",
        f"SELECT max(block_ref), length(string_agg(description)) FROM read_waldump({path})",
        f"SELECT start_lsn FROM (FROM read_waldump({path}) ORDER BY description, start_lsn LIMIT 1000000) LIMIT 1",
    ):
        for megabytes in (*range(2, 32, 2), 40, 50, 60, 80, 100):
            connection.execute(f"SET memory_limit = '{megabytes}MB'")
            try:
                connection.execute(query).fetchall()
                whole += 1
            except Exception as error:
                if "DuckDB has no memory left for a vector; raise memory_limit" in str(error):
                    ours += 1
                else:
                    check(
                        re.search("failed to (allocate|offload|pin)|could not allocate|[Oo]ut of [Mm]emory", str(error)) is not None,
                        str(error),
                    )
                    theirs += 1
    connection.execute("RESET memory_limit")
    host.works(connection)
    check(ours + theirs > 0, "no query was short of memory")
    return f"{ours + theirs} errors; DuckDB threw {ours} of them at us; {whole} queries had enough"


@fault(GROUP, "memory of our own: 280 MB of text, all columns, 2 threads")
def own_memory(host: Host) -> str:
    path, connection = host.copy(40), host.connect()
    host.works(connection)
    before = status("VmHWM")
    for order in "true", "false":
        connection.execute(f"SET preserve_insertion_order = {order}")
        sums = ", ".join(f"max({column})" for column in ("description", "block_ref", "start_lsn", "xact_time"))
        connection.execute(f"SELECT count(*), {sums} FROM read_waldump({quote(path)})").fetchall()
        connection.execute(f"COPY (FROM read_waldump({quote(path)})) TO '/dev/null' (FORMAT csv)")
    grown = (status("VmHWM") - before) >> 20
    check(grown < 200, f"{grown} MB")
    host.works(connection)
    return f"at its peak {grown} MB more than a small query"


@fault(GROUP, "60 MB of address space left (ulimit -v), and a record that needs more", ends="out of memory")
def address_space_ours(host: Host) -> str:
    connection = host.connect()
    host.works(connection)
    path = host.folder / "zeros"
    with open(path, "wb") as target:
        target.truncate(200 << 20)
    resource.setrlimit(resource.RLIMIT_AS, (status("VmSize") + (60 << 20),) * 2)
    connection.execute(f"FROM read_waldump({quote(path)}, ignore_errors := true)")
    return "lives"


@fault(GROUP, "LOAD with 500 MB of address space left (ulimit -v)", ends="fatal error: ")
def address_space_load(host: Host) -> str:
    import duckdb

    connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    resource.setrlimit(resource.RLIMIT_AS, (status("VmSize") + (500 << 20),) * 2)
    host.load(connection)
    return "lives"


@fault(GROUP, "no thread left (RLIMIT_NPROC) at LOAD", ends="pthread_create failed")
def no_threads(host: Host) -> str:
    import duckdb

    connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    if os.getuid() == 0:
        os.setgroups([])
        os.setresuid(54321, 54321, 54321)  # whose only process this is
    resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))
    host.load(connection)
    host.works(connection)
    return "lives"


@fault(GROUP, "50 queries, broken off, in error and whole: what stays open")
def nothing_stays(host: Host) -> str:
    connection, path = host.connect(), host.copy(3)
    broken = host.folder / "broken.dump"
    lines = host.dump.read_bytes().splitlines(keepends=True)
    broken.write_bytes(b"".join([*lines[:30000], b"broken\n", *lines[30000:]]))

    def round_of_queries() -> None:
        for i in range(12):
            connection.execute(f"FROM read_waldump({quote(path)}) LIMIT {i}").fetchall()
            check(one(connection, f"SELECT count(*) FROM read_waldump({quote(host.dump)})") == RECORDS, "rows")
            for sql in f"FROM read_waldump({quote(broken)})", f"SELECT error('stop') FROM read_waldump({quote(path)})":
                try:
                    connection.execute(sql).fetchall()
                except Exception:
                    continue
                raise AssertionError("no error")

    round_of_queries()
    before = descriptors(), status("Threads"), status("VmRSS")
    round_of_queries()
    now = descriptors(), status("Threads"), status("VmRSS")
    check(now[0] <= before[0] and now[1] <= before[1] + 4 and now[2] < before[2] + (64 << 20), f"{before} {now}")
    return f"{now[0]} descriptors (before {before[0]}), {now[1]} threads ({before[1]}), {(now[2] - before[2]) >> 20:+d} MB"
