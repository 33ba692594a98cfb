"""The tasks where the input is WAL: ranges of LSNs, as `walstats ranges` plans them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from .lsn import lsn_text
from .session import How, quoted


@dataclass(frozen=True)
class LSNRange:
    """The records of a cluster's WAL that begin in [begin, end), all of one timeline. WAL does not
    change: a range has the same rows each time it is read."""

    system: int  # the cluster's system identifier
    timeline: int  # that the records belong to
    newest: int  # of the cluster's timelines, which read_wal is to read with those it came from
    begin: int
    end: int
    files: tuple[str, ...]  # that have the records: history files, segments, and those after them for the last record
    part: str  # the name of what becomes of it, under the data set's folder, without an ending

    @property
    def file(self) -> str:
        """The first segment."""
        return next(file for file in self.files if not file.endswith(".history"))

    @property
    def place(self) -> str:
        """What a message about the range begins with."""
        return f"{self.file}: WAL from {lsn_text(self.begin)} to {lsn_text(self.end)}: "

    @property
    def leniently(self) -> tuple[str, ...]:
        """Options that leave out what is no record: none, as WAL with damage is not whole."""
        return ()

    def check(self) -> None:
        """Nothing to check: records have checksums, and each names the one before it."""

    def scan(self, function: str, how: How, *options: str) -> str:
        """A function of the extension's over the range, as SQL. It is named as the one for text."""
        files = "[" + ", ".join(map(quoted, self.files)) + "]"
        arguments = [
            files,
            *options,
            f"start_lsn := '{lsn_text(self.begin)}'",
            f"end_lsn := '{lsn_text(self.end)}'",
            f"timeline := {self.newest}",
            "threads := 1",
        ]
        if how.timezone and function == "read_waldump":
            arguments.append(f"timezone := {quoted(how.timezone)}")
        return f"{function.replace('waldump', 'wal')}({', '.join(arguments)})"

    def rejects(self, how: How) -> int:
        """How many lines are no records: WAL has none."""
        return 0

    def to_json(self) -> str:
        """Returns the range as a text for the command line."""
        return json.dumps(asdict(self))


def from_json(text: str) -> LSNRange:
    """Returns the range that to_json wrote."""
    fields = json.loads(text)
    return LSNRange(**{**fields, "files": tuple(fields["files"])})
