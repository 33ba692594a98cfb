"""Brings tasks to machines and their results back. The only module that knows Ray, and this
is all that is asked of it: another engine that runs a function somewhere would do."""

from __future__ import annotations

import logging
import os
import signal
import socket
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Generic, TypeVar

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing of ours is told to anybody
os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # and no warning of a coming default

import duckdb
import ray
from ray.exceptions import RayError

from .session import Failed, words

Task = TypeVar("Task")
Result = TypeVar("Result")

STORE = 80 << 20  # bytes of shared memory: results are small, and rows go to files
RETRIES = 10  # of a task whose machine or process died under it
AHEAD = 3  # tasks that wait for each core, so that none waits for the driver


@dataclass(frozen=True)
class Outcome(Generic[Task, Result]):
    """What became of a task: a result, or what went wrong."""

    task: Task
    result: Result | None
    error: str
    node: str  # the machine


@dataclass(frozen=True)
class Cluster:
    """The machines: those of a cluster that is there, or some cores of this one."""

    address: str = ""
    cpus: int = 0

    def __enter__(self) -> Cluster:
        quiet: dict[str, Any] = {"logging_level": logging.ERROR, "log_to_driver": False}
        ends = signal.getsignal(signal.SIGTERM)  # which Ray takes for itself
        try:
            if self.address:
                _reach(self.address)
                ray.init(address=self.address, **quiet)
            else:
                ray.init(address="local", num_cpus=self.cpus or os.cpu_count(), object_store_memory=STORE, include_dashboard=False, **quiet)
        except (RayError, OSError, ValueError, RuntimeError) as error:
            where = f"--address {self.address}" if self.address else "a local cluster"
            raise Failed(f"{where}: {str(error).splitlines()[0]}; see with `ray status` whether there is one") from None
        signal.signal(signal.SIGTERM, ends)
        return self

    def __exit__(self, *_: object) -> None:
        ray.shutdown()


def _reach(address: str) -> None:
    """Raises where nothing listens: Ray itself would wait for minutes."""
    host, _, port = address.rpartition(":")
    if host and port.isdigit():
        socket.create_connection((host, int(port)), timeout=10).close()


def scatter(do: Callable[[Task], Result], tasks: Iterable[Task]) -> Iterator[Outcome[Task, Result]]:
    """Do the tasks wherever there is a core, and yield what became of them, as they end. No more
    tasks are in memory than the machines have a use for."""
    resources: Callable[[], dict[str, float]] = ray.cluster_resources
    function = ray.put(do)
    remote: Any = ray.remote(num_cpus=1, max_retries=RETRIES)(_run)
    waiting = iter(tasks)
    running: dict[Any, Task] = {}
    while True:
        room = int(resources().get("CPU", 1)) * (1 + AHEAD) - len(running)
        for task in islice(waiting, max(0, room)):
            running[remote.remote(function, task)] = task
        if not running:
            return
        done, _ = ray.wait(list(running), num_returns=1)
        more, _ = ray.wait(list(running), num_returns=len(running), timeout=0)
        for reference in {*done, *more}:
            task = running.pop(reference)
            try:
                result, error, node = ray.get(reference)
            except RayError as lost:
                result, error, node = None, f"{type(lost).__name__}: {str(lost).splitlines()[0]}; run this again", ""
            yield Outcome(task, result, error, node)


def _run(do: Callable[[Task], Result], task: Task) -> tuple[Result | None, str, str]:
    """A task, on a machine. What is wrong with it is a result: Ray's own errors are of machines."""
    node = f"{socket.gethostname()}/{ray.get_runtime_context().get_node_id()[:8]}"
    try:
        return do(task), "", node
    except (Failed, OSError, duckdb.Error) as error:
        return None, words(error), node
