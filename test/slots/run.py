"""Asks real DuckDB clients whether their functions are where cshim/duckdb_api.h says.

A C extension writes down what LOAD brings; nm knows the functions of the client's library
by name. The clients are the Python ones of test/hosts/clients.txt; the last line counts.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HEADER = ROOT / "cshim/duckdb_api.h"
PYTHON = ROOT / ".cache/python/bin/python"
LOAD = """
import duckdb, sys
connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})
connection.execute("SET enable_progress_bar = false")
connection.execute(f"LOAD '{sys.argv[1]}'")
import _duckdb
print(_duckdb.__file__)
"""


def written() -> dict[int, str]:
    """The slots of the header."""
    return {int(slot): f"duckdb_{name}" for slot, name in re.findall(r"\bF\((\d+), [^,]+, (\w+),", HEADER.read_text())}


def build(folder: Path) -> Path:
    """The C extension, which writes to slots.txt beside it."""
    library, extension = folder / "slots.so", folder / "slots.duckdb_extension"
    sources = [str(ROOT / file) for file in ("test/slots/slots.c", "cshim/api.c", "cshim/fork.c")]
    out = f'-DOUT="{folder / "slots.txt"}"'
    subprocess.run(["cc", "-shared", "-fPIC", f"-I{HEADER.parent}", out, "-o", str(library), *sources], check=True)
    make = ["go", "run", "./build/mkextension", "-version", "v0", "-o", str(extension), str(library)]
    subprocess.run(make, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
    return extension


def symbols(library: str) -> dict[int, set[str]]:
    """The names of the functions that a library exports, by their offset."""
    found: dict[int, set[str]] = {}
    for line in subprocess.run(
        ["nm", "--dynamic", "--defined-only", library], capture_output=True, text=True, check=True
    ).stdout.splitlines():
        address, _, name = line.split(maxsplit=2)
        found.setdefault(int(address, 16), set()).add(name)
    return found


def wrong(extension: Path, client: Path) -> tuple[int, list[str]]:
    """How many slots the client has of ours, and which of them hold something else."""
    done = subprocess.run(
        [str(PYTHON), "-c", LOAD, str(extension)], env={"PYTHONPATH": str(client)}, capture_output=True, text=True, check=True
    )
    names = symbols(done.stdout.strip())
    table = dict(line.split() for line in (extension.parent / "slots.txt").read_text().splitlines())
    band = {slot: name for slot, name in written().items() if slot < 357 or any(int(s) >= 357 for s in table)}
    mistaken = [
        f"slot {slot}: {name} is expected, and there is {', '.join(names.get(int(table.get(str(slot), '0'), 16), {'nothing'}))}"
        for slot, name in band.items()
        if name not in names.get(int(table.get(str(slot), "0"), 16), set())
    ]
    return len(band), mistaken


def main() -> int:
    asked_always = [line.split() for line in (ROOT / "test/hosts/clients.txt").read_text().splitlines() if not line.endswith(" all")]
    versions = [words[1] for words in asked_always if words[0] == "python"]
    failed = asked = 0
    with tempfile.TemporaryDirectory() as folder:
        extension = build(Path(folder))
        for version in versions:
            if tuple(map(int, version.split("."))) < (1, 4):
                continue  # their module exports no names
            slots, mistaken = wrong(extension, ROOT / ".cache/hosts" / version)
            asked += 1
            failed += bool(mistaken)
            print(f"{'FAIL' if mistaken else 'ok  '} Python {version}: {slots} slots", *mistaken, sep="\n     ")
    print(f"{asked} clients, {failed} failed")
    return 1 if failed or not asked else 0


if __name__ == "__main__":
    sys.exit(main())
