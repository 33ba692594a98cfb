"""Adds minutes of fuzzing without a finding to the table of a page.

python3 build/fuzzed.py PAGE 10m TARGET...
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

sys.path.insert(1, str(Path(__file__).resolve().parents[1] / "test"))

import page

MINUTES = {"h": 60, "m": 1, "s": 1 / 60}
ROW = re.compile(r"^\| (\w+) \| ([\d.]+) \|$", re.MULTILINE)


def main() -> None:
    target, long, *names = sys.argv[1:]
    parts = re.findall(r"([\d.]+)([hms])", long)
    if not parts or "".join(number + unit for number, unit in parts) != long:
        raise SystemExit(f"{long}: give a time such as 10m, 90s or 1h30m")
    minutes = {name: float(total) for name, total in ROW.findall(page.get(Path(target), "fuzz"))}
    for name in names:
        minutes[name] = minutes.get(name, 0) + sum(float(number) * MINUTES[unit] for number, unit in parts)
    rows = "".join(f"| {name} | {total:g} |\n" for name, total in sorted(minutes.items()))
    page.put(Path(target), "fuzz", "| target | minutes without a finding |\n|---|---|\n" + rows)


if __name__ == "__main__":
    main()
