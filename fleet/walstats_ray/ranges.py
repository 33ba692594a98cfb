"""The tasks: ranges of bytes of dumps, as `walstats ranges` plans them."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from urllib.parse import quote

from .session import Failed, How, opened, quoted

SKIPPABLE = tuple(bytes([0x50 + i]) + b"\x2a\x4d\x18" for i in range(16))  # pzstd's files begin with such a frame
PACKED = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18", *SKIPPABLE)  # gzip, zstd, lz4
ENDINGS = re.compile(r"(\.(waldump|dump|txt))?(\.(gz|zst|lz4))?$", re.IGNORECASE)


@dataclass(frozen=True)
class Identity:
    """A file as it was when it was planned: another one has another."""

    size: int
    mtime_ns: int


def identity_of(path: str) -> Identity:
    info = os.stat(path)
    return Identity(info.st_size, info.st_mtime_ns)


@dataclass(frozen=True)
class Range:
    """The records of a dump that start in [begin, end)."""

    file: str
    begin: int
    end: int
    part: str  # the name of what becomes of it, under the data set's folder, without an ending
    identity: Identity

    @property
    def packed(self) -> bool:
        """A packed file can only be read from its beginning on, so it is one range."""
        with open(self.file, "rb") as file:
            return file.read(4).startswith(PACKED)

    @property
    def system(self) -> int:
        """The system identifier of its cluster: 0, as the text does not say it."""
        return 0

    @property
    def place(self) -> str:
        """What a message about the range begins with."""
        return f"{self.file}: bytes {self.begin} to {self.end}: "

    @property
    def leniently(self) -> tuple[str, ...]:
        """Options that leave out what is no record."""
        return ("ignore_errors := true",)

    def rejects(self, how: How) -> int:
        """How many lines are no records."""
        row = opened(how).execute(f"SELECT rejects FROM {self.scan('waldump_lines', how)}").fetchone()
        assert row
        return int(row[0])

    def check(self) -> None:
        """Raises unless the file is still the one that was planned."""
        if self.end > self.identity.size:
            raise Failed(
                f"{self.file}: has {self.identity.size} bytes, and the range ends at {self.end}: the file is another than the plan's; plan it again"
            )
        if identity_of(self.file) != self.identity:
            raise Failed(f"{self.file}: has changed since it was planned; run this again when no program writes to it")

    def scan(self, function: str, how: How, *options: str) -> str:
        """A function of the extension's over the range, as SQL."""
        arguments = [quoted(self.file), *options]
        if how.timezone and function == "read_waldump":
            arguments.append(f"timezone := {quoted(how.timezone)}")
        if function != "read_waldump_rejects":
            arguments.append("threads := 1")
        if not self.packed:
            arguments.append(f"byte_range := [{self.begin}, {self.end}]")
        return f"{function}({', '.join(arguments)})"


def source_of(file: str, by: str) -> str:
    """Whose WAL a dump is: the folder that it is in has the name, or the dump itself."""
    name = os.path.basename(os.path.dirname(os.path.abspath(file))) if by == "folder" else os.path.basename(file)
    return name if by == "folder" else ENDINGS.sub("", name) or name


def folder_of(source: str) -> str:
    """The folder of a source's parts, as read_parquet's hive_partitioning reads it."""
    return "source=" + quote(source, safe=" .,:@+-_()")
