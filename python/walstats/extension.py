"""Finds the extension's file, or makes the one that the installed DuckDB asks for."""

from __future__ import annotations

import atexit
import os
import re
import shutil
import tempfile
from functools import cache
from pathlib import Path

import duckdb

from . import footer

NAME = "waldump.duckdb_extension"  # DuckDB takes the name of the entry point from the file's name
VARIABLE = "WALDUMP_EXTENSION"


class Error(duckdb.Error):
    """Says why the functions cannot be loaded, and what to do."""


def check_version(version: str) -> None:
    """Raises Error if a DuckDB is older than the C API that the extension needs."""
    if (number := re.match(r"v(\d+)\.(\d+)", version)) and (int(number[1]), int(number[2])) < (1, 2):
        raise Error(f"walstats: DuckDB 1.2 or later is required, and this is {version}; upgrade it with: pip install -U duckdb")


def for_platform(platform: str) -> Path:
    """Returns a file of the extension for a platform."""
    file = _file()
    ours = footer.platform(file.read_bytes())
    if not ours:
        raise Error(f"walstats: {file} is not a DuckDB extension: it does not end in an extension's footer; install walstats again")
    if platform == ours:
        return file
    if platform == ours + "_gcc4":  # Python's DuckDB 1.2 has this name for it; the code is the same
        return _copy(file, platform, os.getpid())
    raise Error(f"walstats: {file} is for {ours}, and this DuckDB is for {platform}; {_advice(platform)}")


@cache
def _copy(file: Path, platform: str, process: int) -> Path:
    """Returns a copy of an extension for another platform, which is removed when the process ends.

    There is one for a process: each file that is loaded brings a Go runtime, and a process must not have two.
    """
    folder = Path(tempfile.mkdtemp(prefix="walstats-"))

    def remove() -> None:
        if os.getpid() == process:  # a forked child leaves it to its parent
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(remove)
    copy = folder / NAME
    copy.write_bytes(footer.with_platform(file.read_bytes(), platform))
    return copy


def _file() -> Path:
    """Returns the extension that $WALDUMP_EXTENSION names, or the package's own."""
    if named := os.environ.get(VARIABLE, ""):
        file = Path(named).absolute()
        if not file.is_file():
            raise Error(f"walstats: {file}: no such file; {VARIABLE} must name a {NAME}, or be unset")
        return file
    file = Path(__file__).absolute().with_name(NAME)
    if not file.is_file():
        raise Error(f"walstats: {file}: no such file; install the wheel, or name the extension's file in {VARIABLE}")
    return file


def _advice(platform: str) -> str:
    """Returns what to do where the package has no extension for a platform."""
    build = f"or build the extension for {platform} from source and name the file in {VARIABLE}"
    if platform.startswith("windows"):
        return f"there is no file for Windows: use WSL 2 or a Linux container, {build}"
    if platform.startswith("osx"):
        return f"there is no file for macOS: use a Linux container or virtual machine, {build}"
    if platform.endswith("_musl"):
        return f"there is no file for musl (Alpine Linux): use a system with glibc, such as the image python:3-slim, {build}"
    return f"install the wheel for {platform}, {build}"
