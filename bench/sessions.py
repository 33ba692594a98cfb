"""Runs works, each in the engine it asks for."""

import json
import os
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from works import Engine, Work

Rows = list[list[Any]]


class Failed(Exception):
    """A work that gave an error instead of an answer."""


class Session:
    """An engine in a process of its own (worker.py)."""

    def __init__(self, *engine: str) -> None:
        worker = [sys.executable, str(Path(__file__).with_name("worker.py")), *engine]
        self.process = subprocess.Popen(worker, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, **question: Any) -> dict[str, Any]:
        assert self.process.stdin and self.process.stdout
        try:
            print(json.dumps(question), file=self.process.stdin, flush=True)
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise Failed(f"the engine ended with {self.process.wait()}")
        reply: dict[str, Any] = json.loads(line)
        if "error" in reply:
            raise Failed(reply["error"])
        return reply

    def run(self, sql: str) -> tuple[float, Rows]:
        reply = self.ask(sql=sql)
        return reply["seconds"], reply["rows"]

    def rows(self, sql: str) -> Rows:
        return self.run(sql)[1]

    def peak_memory(self) -> int:
        """Bytes."""
        return int(self.ask(peak=True)["bytes"])

    def close(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()


class Runner:
    """Keeps one session of each engine that is needed."""

    def __init__(self, extension: str | None) -> None:
        self.extension = extension
        self.sessions: dict[Engine, Session] = {}

    def session(self, engine: Engine) -> Session:
        if engine not in self.sessions:
            self.sessions[engine] = self.fresh_session(engine)
        return self.sessions[engine]

    def fresh_session(self, engine: Engine) -> Session:
        match engine:
            case Engine.OURS if self.extension:
                return Session("duckdb", self.extension)
            case Engine.DUCKDB:
                return Session("duckdb")
            case Engine.CLICKHOUSE:
                return Session("clickhouse")
        raise Failed(f"no session of {engine}")

    def close(self) -> None:
        for session in self.sessions.values():
            session.close()

    def run(self, work: Work, answer: bool = False) -> tuple[float, Rows]:
        """The seconds that the work took, and its answer if that is asked for."""
        for path in work.writes:
            Path(path).unlink(missing_ok=True)
            Path(path + ".wal").unlink(missing_ok=True)
        beside = subprocess.Popen(["sh", "-c", work.beside]) if work.beside else None
        try:
            match work.engine:
                case Engine.SHELL | Engine.SELF_TIMED | Engine.GO_BENCHMARK:
                    return self.run_program(work, answer)
                case _:
                    return self.run_sql(work, answer)
        finally:
            if beside:
                beside.kill()
                beside.wait()

    def run_sql(self, work: Work, answer: bool) -> tuple[float, Rows]:
        session = self.session(work.engine)
        if work.engine is not Engine.CLICKHOUSE:
            session.run(f"SET threads = {work.threads}")
            session.run(f"SET preserve_insertion_order = {str(work.ordered).lower()}")
        if work.before:
            session.run(work.before)
        try:
            seconds, rows = session.run(work.command)
            if answer and work.answer:
                rows = session.rows(work.answer)
            return seconds, rows
        finally:
            if work.after:
                session.run(work.after)

    def run_program(self, work: Work, answer: bool) -> tuple[float, Rows]:
        line = work.command.removesuffix(" > /dev/null")
        output = subprocess.PIPE if line == work.command else subprocess.DEVNULL
        begin = time.perf_counter()
        done = subprocess.run(shlex.split(line), stdout=output, stderr=subprocess.PIPE, text=True, env=program_environment(), check=False)
        seconds = time.perf_counter() - begin
        if done.returncode:
            raise Failed(done.stderr.strip() or (done.stdout or "").strip())
        if work.engine is Engine.SELF_TIMED:
            seconds = json.loads(done.stdout)["seconds"]
        if work.engine is Engine.GO_BENCHMARK:
            return work.size / go_benchmark_speed(done.stdout), []
        if answer and work.answer:
            session = self.session(Engine.DUCKDB)
            rows = session.rows(work.answer)
            session.run(work.after)
            return seconds, rows
        return seconds, [line.split() for line in (done.stdout or "").splitlines()]


def program_environment() -> dict[str, str]:
    """What programs see: awk's numbers and text are plain bytes."""
    return {**os.environ, "LC_ALL": "C"}


def go_benchmark_speed(output: str) -> float:
    """Bytes a second."""
    found = re.search(r"^Benchmark.*\s([\d.]+) MB/s", output, re.MULTILINE)
    if not found:
        raise Failed(f"no benchmark ran: {output.strip()}")
    return float(found[1]) * 1e6
