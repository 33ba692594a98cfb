"""How far the whole job is: a bar on a terminal, a line every five seconds elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from .tables import size

EVERY = 5.0  # seconds


class Bar:
    """Shows tasks and bytes that are done, on the standard error."""

    def __init__(self, quiet: bool) -> None:
        self.console = Console(stderr=True)
        self.quiet = quiet
        self.tasks = self.bytes = self.done = self.done_bytes = 0
        self.began = self.said = time.monotonic()
        self.progress: Progress | None = None

    def __enter__(self) -> Bar:
        return self

    def begin(self, tasks: int, bytes_: int) -> None:
        self.tasks, self.bytes = tasks, bytes_
        if not self.quiet and self.console.is_terminal and tasks:
            columns = (
                MofNCompleteColumn(),
                TextColumn("ranges"),
                BarColumn(),
                DownloadColumn(),
                TransferSpeedColumn(),
                TimeRemainingColumn(),
            )
            self.progress = Progress(*columns, console=self.console, transient=True)
            # The count is of ranges, the other columns are of bytes.
            self.bar = self.progress.add_task("", total=bytes_)
            self.progress.start()

    def advance(self, bytes_: int) -> None:
        self.done += 1
        self.done_bytes += bytes_
        if self.progress:
            self.progress.update(self.bar, advance=bytes_)
        elif not self.quiet and time.monotonic() - self.said >= EVERY:
            self.said = time.monotonic()
            speed = size(int(self.done_bytes / (self.said - self.began)))
            print(f"{self.done} of {self.tasks} ranges, {size(self.done_bytes)} of {size(self.bytes)}, {speed}/s", file=sys.stderr)

    def say(self, text: str) -> None:
        """A line that stays, over the bar."""
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self.progress:
            self.progress.stop()
