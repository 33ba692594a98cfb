"""What happens to the process: pipes, signals, fork."""

from __future__ import annotations

import ctypes
import os
import pty
import re
import select
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import duckdb

from host import RECORDS, ROOT, Connection, Host, Skip, beside, check, fault, message, one, quote, within

GROUP = "process"
TIMES = 60


def shell_command(*options: str) -> list[str]:
    """The shell of this client's version."""
    # The shell itself: the package's command is a script of Python's, which Ctrl-C ends.
    binary = Path(duckdb.__file__).parents[1] / "duckdb_cli/duckdb"
    if not binary.exists():
        raise Skip("the shell is asked beside the client of its own version")
    return [str(binary), "-init", "/dev/null", "-unsigned", *options]


def writer(path: Path, text: bytes, ended: list[str]) -> threading.Thread:
    """Writes text into a FIFO, and closes it."""

    def write() -> None:
        try:
            with open(path, "wb") as pipe:
                pipe.write(text)
            ended.append("written")
        except BrokenPipeError:
            ended.append("broken pipe")

    return beside(write)


@fault(GROUP, "a pipe whose writer dies inside a record")
def pipe_writer_dies(host: Host) -> str:
    pipe, connection = host.folder / "pipe", host.connect()
    os.mkfifo(pipe)
    thread = writer(pipe, host.dump.read_bytes()[:1_000_030], [])
    said = host.fails(connection, f"FROM read_waldump({quote(pipe)})", r"pipe:\d+ \(byte \d+\): the file ends inside a record")
    thread.join(10)
    return said


@fault(GROUP, "a pipe that LIMIT leaves unread")
def pipe_left(host: Host) -> str:
    pipe, connection, ended = host.folder / "pipe", host.connect(), list[str]()
    os.mkfifo(pipe)
    thread = writer(pipe, host.dump.read_bytes() * 8, ended)
    check(len(connection.execute(f"FROM read_waldump({quote(pipe)}) LIMIT 3").fetchall()) == 3, "rows")
    thread.join(20)
    check(ended == ["broken pipe"], f"the writer: {ended}")
    host.works(connection)
    return "3 rows; the writer gets EPIPE"


@fault(GROUP, "the shell's output goes into a pipe that is closed early")
def shell_output_closed(host: Host) -> str:
    sql = f"LOAD {quote(host.extension)}; FROM read_waldump({host.again(TIMES)});"
    shell = subprocess.Popen(shell_command("-csv", "-c", sql), stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT)
    assert shell.stdout and shell.stderr
    check(shell.stdout.readline().startswith(b"start_lsn"), "no first line")
    shell.stdout.close()
    with within(30, "the end of the shell"):
        shell.wait(30)
    said = shell.stderr.read().decode()
    check("panic" not in said and "fatal error" not in said, said)
    return f"the shell ends ({signal.Signals(-shell.returncode).name if shell.returncode < 0 else shell.returncode})"


@fault(GROUP, "Ctrl-C in the shell, on a terminal")
def shell_ctrl_c(host: Host) -> str:
    ours, theirs = pty.openpty()
    shell = subprocess.Popen(
        shell_command("-dark-mode"),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        cwd=ROOT,
        env=os.environ | {"TERM": "dumb"},
        preexec_fn=take_terminal,  # noqa: PLW1509  an ioctl needs no lock
    )
    os.close(theirs)
    screen = b""

    def wait_for(pattern: bytes, seconds: float) -> None:
        nonlocal screen
        deadline = time.monotonic() + seconds
        while not re.search(pattern, screen):
            ready, _, _ = select.select([ours], [], [], max(0, deadline - time.monotonic()))
            check(bool(ready), f"the shell does not say {pattern!r}: {screen[-2000:]!r}")
            try:
                screen += os.read(ours, 65536)
            except OSError as error:  # of a terminal that is no longer open
                raise AssertionError(f"the shell ended: {screen[-2000:]!r}") from error

    def say(text: str) -> None:
        nonlocal screen
        screen = b""
        os.write(ours, text.encode() + b"\r")

    try:
        wait_for(rb"\bD ", 20)
        say(f"LOAD {quote(host.extension)}; SELECT 'load' || 'ed';")
        wait_for(b"loaded", 20)
        say(f"CREATE TABLE t AS FROM read_waldump({host.again(TIMES)}) ORDER BY description;")
        time.sleep(0.4)
        os.write(ours, b"\x03")
        wait_for(rb"\^C[^$]*\bD ", 20)
        say(f"SELECT 'tables' || (SELECT count(*) FROM duckdb_tables()) || ', count' || count(*) FROM read_waldump({quote(host.dump)});")
        wait_for(f"tables0, count{RECORDS}".encode(), 20)
    finally:
        shell.kill()
        shell.wait()
        os.close(ours)
    return "no table, and the next prompt"


def take_terminal() -> None:
    """Makes stdin the terminal whose Ctrl-C this process gets."""
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@fault(GROUP, "Ctrl-C in Python (SIGINT)")
def python_ctrl_c(host: Host) -> str:
    connection = host.connect()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # who runs in the background ignores it
    threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    with within(15, "Ctrl-C"):
        try:
            connection.execute(f"CREATE TABLE t AS FROM read_waldump({host.again(2 * TIMES)})")
        except (KeyboardInterrupt, RuntimeError, duckdb.Error) as error:
            said = f"{type(error).__name__}: {error}".rstrip(": ")
        else:
            raise AssertionError("not interrupted")
    host.works(connection)
    return said


@fault(GROUP, "fork after LOAD (os.fork, multiprocessing's fork): in the child")
def forked(host: Host) -> str:
    connection = host.connect()
    result = host.streaming(connection.cursor(), host.copy(10))
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(30)  # a child that hangs must not be left
        os.write(theirs, in_child(host, connection).encode())
        os._exit(0)
    os.close(theirs)
    with open(ours, encoding="utf-8") as pipe:
        said = pipe.read()
    _, ended = os.waitpid(child, 0)
    check(ended == 0 and said.startswith("this process was forked after LOAD"), f"{said} ({ended})")
    check(len(result.fetchall()) == 10 * RECORDS - 1, "the parent's scan")
    host.works(connection)
    return said


def in_child(host: Host, connection: Connection) -> str:
    """Everything of ours says the same error, nothing hangs, and DuckDB itself goes on."""
    said = set()
    for sql in (
        f"SELECT count(*) FROM read_waldump({quote(host.dump)})",
        f"FROM waldump_stats({quote(host.dump)})",
        "SELECT '0/1'::pg_lsn",
        "SELECT block_refs('blkref #0: rel 1/2/3 blk 4')",
    ):
        try:
            said.add(f"{sql}: {connection.execute(sql).fetchall()}")
        except duckdb.Error as error:
            said.add(message(error))
    try:
        host.load(duckdb.connect(config={"allow_unsigned_extensions": "true"}))
        said.add("LOAD works")
    except duckdb.Error as error:
        said.add(str(error).split("': ")[-1])
    if one(connection, "SELECT TRY_CAST('0/1' AS pg_lsn)") is not None:
        said.add("TRY_CAST gives something")
    if one(connection, "SELECT 42") != 42:
        said.add("SELECT 42")
    return " / ".join(said)  # not closed: DuckDB joins its threads then, which are not here


@fault(GROUP, "fork before LOAD, LOAD in the child; and a spawned process")
def forked_before(host: Host) -> str:
    child = os.fork()
    if child == 0:
        signal.alarm(30)
        host.works(host.connect())
        os._exit(0)
    _, ended = os.waitpid(child, 0)
    check(ended == 0, f"the child ended with {ended}")
    connection = host.connect()
    program = (
        "import duckdb; c = duckdb.connect(config={'allow_unsigned_extensions': 'true'});"
        f"c.execute({'LOAD ' + quote(host.extension)!r}); print(c.execute({'SELECT count(*) FROM read_waldump(' + quote(host.dump) + ')'!r}).fetchone()[0])"
    )
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    check(out.strip() == str(RECORDS), out)
    host.works(connection)
    return "works"


@fault(GROUP, "SIGPIPE, ignored as Python does: a write into a closed pipe")
def sigpipe_ignored(host: Host) -> str:
    connection = host.connect()
    ours, theirs = os.pipe()
    os.close(ours)
    try:
        os.write(theirs, b"x")
    except BrokenPipeError:
        host.works(connection)
        return "BrokenPipeError, as before LOAD"
    raise AssertionError("no error")


@fault(GROUP, "SIGPIPE, not ignored: the same")
def sigpipe_default(host: Host) -> str:
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        host.works(host.connect())
        ours, theirs = os.pipe()
        os.close(ours)
        os.write(theirs, b"x")
        os._exit(0)
    _, ended = os.waitpid(child, 0)
    check(os.WIFSIGNALED(ended) and os.WTERMSIG(ended) == signal.SIGPIPE, f"the process ended with {ended}")
    host.works(host.connect())
    return "SIGPIPE ends the process, as before LOAD"


@fault(GROUP, "2,000 signals a second (SIGALRM, SIGPROF, SIGUSR1, SIGCHLD) with the host's handlers, set before and after LOAD")
def signals(host: Host) -> str:
    counts = dict.fromkeys((signal.SIGALRM, signal.SIGPROF, signal.SIGUSR1, signal.SIGCHLD), 0)

    def count(which: int, _: object) -> None:
        counts[signal.Signals(which)] += 1

    signal.signal(signal.SIGALRM, count)
    signal.signal(signal.SIGCHLD, count)
    connection = host.connect()
    signal.signal(signal.SIGPROF, count)
    signal.signal(signal.SIGUSR1, count)
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
    signal.setitimer(signal.ITIMER_PROF, 0.001, 0.001)
    path, over = host.copy(4), time.monotonic() + 2
    done = threading.Event()

    def bother() -> None:
        while not done.wait(0.002):
            os.kill(os.getpid(), signal.SIGUSR1)

    bothering = beside(bother)
    queries = 0
    while time.monotonic() < over:
        subprocess.run(["true"], check=True)
        rows = one(connection, f"SELECT count(*) FROM (SELECT description FROM read_waldump({quote(path)}))")
        check(rows == 4 * RECORDS, f"{rows} rows")
        queries += 1
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.setitimer(signal.ITIMER_PROF, 0)
    done.set()
    bothering.join()
    host.works(connection)
    check(all(counts.values()) and queries > 1, f"{counts}, {queries} queries")
    return "every answer right, every handler of the host called"


@fault(GROUP, "SIGSEGV of the host's own: Python's faulthandler", ends="Fatal Python error: Segmentation fault")
def own_segfault(host: Host) -> str:
    import faulthandler

    faulthandler.enable()
    host.works(host.connect())
    ctypes.string_at(0)
    return "lives"
