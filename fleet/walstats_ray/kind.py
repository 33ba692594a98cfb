"""The kinds of data sets: of dumps, and of WAL."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import duckdb


@dataclass(frozen=True)
class Kind:
    """What the lists of a data set have, and what proves it complete."""

    inputs: str  # the file that lists what there is to be
    input: str  # the columns of a line of it, as read_json takes them
    entry: str  # the columns of a line of the manifest
    required: tuple[str, ...]  # those without which a line of the manifest proves nothing
    key: str  # the column of both that says whose a line is
    whose: str  # what a message has before it
    proofs: tuple[str, ...]  # queries, each of which finds what is missing, or too much, as what is wrong with what
    folders: str  # where the parts are
    what: str  # it is of, for messages
    complete: Callable[[duckdb.DuckDBPyConnection], str]  # says what a data set that is loaded has
