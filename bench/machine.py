"""What the numbers were measured on, and with."""

import platform
import subprocess
from dataclasses import dataclass
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


@dataclass(frozen=True)
class Machine:
    """For the head of the report."""

    verb: str
    date: str
    lines: list[str]


def this_machine(verb: str) -> Machine:
    lines = [
        f"{cpu()}; {memory()}; {platform.system()} {platform.release()}",
        f"DuckDB {package('duckdb')}, {first_line('go', 'version').removeprefix('go version ')}, Python {platform.python_version()}",
        f"{first_line('wc', '--version')}; {first_line('awk', '-W', 'version') or first_line('awk', '--version')}",
    ]
    if package("chdb"):
        lines.append(f"ClickHouse {package('chdb-core')} (chdb {package('chdb')})")
    if zstd := first_line("zstd", "--version"):
        lines.append(zstd.strip("* "))
    return Machine(verb, date.today().isoformat(), [line.replace("  ", " ") for line in lines])


def cpu() -> str:
    """`2 cores of an AMD EPYC`."""
    text = Path("/proc/cpuinfo").read_text()
    names = [line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("model name")]
    return f"{len(names)} cores of {names[0] if names else platform.processor()}"


def memory() -> str:
    kilobytes = int(Path("/proc/meminfo").read_text().split()[1])
    return f"{kilobytes / 2**20:.0f} GiB of memory"


def package(name: str) -> str:
    """The version of a Python package, empty where it is not installed."""
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def first_line(*command: str) -> str:
    """The first line that a command prints, empty where there is none."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    lines = done.stdout.splitlines()
    return lines[0] if lines and done.returncode == 0 else ""
