"""Prints the suites that ctest ran as a table: each with the last line it wrote, its own count.

python3 build/summary.py JUNIT.xml
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from xml.etree import ElementTree


@dataclass
class Suite:
    name: str
    seconds: float
    passed: bool
    says: str


def suites(path: str) -> list[Suite]:
    found: list[Suite] = []
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        # Colours, as ctest writes them into XML.
        written = re.sub(r"\[NON-XML-CHAR-0x1B\]\[[0-9;]*m", "", case.findtext("system-out") or "").split("\n")
        # `go run` writes the status after what the program wrote.
        said = [line.strip() for line in written if line.strip() and not line.startswith("exit status")]
        # Of Go's tests, "DONE 12 tests, 1 skipped in 3.456s".
        says = re.sub(r"^DONE (.*) in [\d.]+m?s$", r"\1", said[-1] if said else "")
        name, seconds = case.get("name", ""), float(case.get("time", "0"))
        found.append(Suite(name, seconds, case.get("status") == "run", says))
    return found


def main() -> int:
    ran = suites(sys.argv[1])
    if not ran:
        print("no suite has that name", file=sys.stderr)
        return 1
    width = max(len(suite.name) for suite in ran)
    print()
    for suite in ran:
        verdict = "ok  " if suite.passed else "FAIL"
        print(f"  {verdict} {suite.name:<{width}} {suite.seconds:7.1f} s  {suite.says}")
    failed = [suite.name for suite in ran if not suite.passed]
    verdict = f"{len(failed)} failed: {', '.join(failed)}; what they wrote is above" if failed else "all passed"
    print(f"\n{len(ran)} suites with {sum(suite.seconds for suite in ran):.0f} s of work, {verdict}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
