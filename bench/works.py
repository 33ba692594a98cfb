"""What is measured: a Work is one question put to one peer, a Claim sets two of them side by side."""

from dataclasses import dataclass, field
from enum import StrEnum


class Engine(StrEnum):
    """Who runs a work's command."""

    OURS = "a DuckDB session with the extension"
    DUCKDB = "a DuckDB session without the extension"
    CLICKHOUSE = "a ClickHouse session (chdb)"
    SHELL = "a program"
    SELF_TIMED = "a program that tells its own seconds as JSON"
    GO_BENCHMARK = "a Go benchmark that tells its MB/s, here as seconds for the whole dump"


@dataclass(frozen=True)
class Work:
    """One question, one peer, one command.

    Works with the same question about the same text must give the same answer.
    """

    question: str
    peer: str
    engine: Engine
    command: str  # what is timed: SQL, or a command line
    size: int  # bytes of text it reads
    way: str = ""  # how the question is put, where there are several ways
    before: str = ""  # SQL that prepares it, not timed
    answer: str = ""  # SQL that asks for its answer, not timed; without it the command's own rows are
    after: str = ""  # SQL that tidies up, not timed
    beside: str = ""  # a shell command that runs at the same time: the writing end of a pipe
    writes: tuple[str, ...] = ()  # files that have to be gone before it
    threads: int = 2
    ordered: bool = False  # preserve_insertion_order

    @property
    def title(self) -> str:
        return self.way or self.question

    @property
    def ours(self) -> bool:
        return self.engine is Engine.OURS


@dataclass(frozen=True)
class Claim:
    """How much one work may cost, measured by another."""

    what: str
    work: Work
    against: Work
    or_against: Work | None = None  # if it takes longer
    at_most: float | None = None  # times what `against` takes
    faster: float | None = None  # `against` takes at least so many times as long

    @property
    def target(self) -> str:
        if self.at_most is not None:
            return f"at most {self.at_most:g} x"
        if self.faster is not None:
            return f"at least {self.faster:g} x faster"
        return ""


@dataclass
class Timing:
    """What came of one work."""

    work: Work
    seconds: list[float] = field(default_factory=list)
    error: str = ""
