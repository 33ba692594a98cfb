"""Runs the extension under every sanitizer there is for it.

    python test/sanitize/run.py [--only NAME] [--table docs/testing.md]

A host in C (host.c, with DuckDB's library inside) LOADs an extension of which C and the
calls between C and Go are built with AddressSanitizer, and with
UndefinedBehaviorSanitizer; it opens, scans, cancels, errs and closes. Go's own tests run
under AddressSanitizer with its search for leaks, the race detector, and the strict checks
of pointers between Go and C. --table puts what they found into a page.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(1, str(Path(__file__).resolve().parents[1]))

import page

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
MADE = ROOT / ".cache/sanitize"
# How the sanitizers and the runtimes begin what they have to say.
FINDING = re.compile(
    r"^.*(ERROR: (Address|Leak)Sanitizer|runtime error: |WARNING: DATA RACE|cgo argument has Go pointer|unpinned Go pointer"
    r"|write of unpinned Go pointer|fatal error: |^panic: ).*$",
    re.MULTILINE,
)


@dataclass
class Run:
    name: str
    over: str
    do: Callable[[Path], subprocess.CompletedProcess[str]]


@dataclass
class Result:
    run: Run
    tests: str
    findings: int
    trouble: str
    seconds: float

    def row(self) -> str:
        return f"| {self.run.name} | {self.run.over} | {self.tests} | {self.findings if not self.trouble or self.findings else '**failed**'} |\n"


def shell(command: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | environment,
        text=True,
        capture_output=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def must(command: list[str], **environment: str) -> str:
    done = shell(command, **environment)
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout


def go_tests(packages: list[str], *flags: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return shell(["go", "test", "-json", "-count=1", *flags, *packages], CGO_ENABLED="1", **environment)


def host(flag: str, folder: Path, go_flags: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    """Builds the host and the extension, shows that the sanitizer is on, and runs them."""
    made = MADE / flag
    made.mkdir(parents=True, exist_ok=True)
    checked = ["-g", "-O1", "-fno-omit-frame-pointer", f"-fsanitize={flag}", "-fno-sanitize-recover=all"]
    must(
        ["go", "build", *go_flags, "-buildmode=c-shared", "-o", str(made / "waldump.so"), "./extension/loadable"],
        CGO_ENABLED="1", CGO_CFLAGS=" ".join(checked), CGO_LDFLAGS=f"-fsanitize={flag}",
    )  # fmt: skip
    library = must(
        [
            "go",
            "list",
            "-m",
            "-f",
            "{{.Dir}}",
            f"github.com/duckdb/duckdb-go-bindings/lib/{must(['go', 'env', 'GOOS']).strip()}-{must(['go', 'env', 'GOARCH']).strip()}",
        ]
    ).strip()
    linked = re.search(r"^#cgo LDFLAGS: (.*)$", (Path(library) / "prebuilt.go").read_text(), re.MULTILINE)
    assert linked
    libraries = linked[1].replace("${SRCDIR}", library).split()
    binary = str(made / "host")
    must(["gcc", *checked, f"-I{library}", str(HERE / "host.c"), "-o", binary, *libraries])
    for canary in ("overflow", "leak") if flag == "address" else ("shift",):
        if not FINDING.search(shell([binary, canary], **environment).stderr):
            sys.exit(f"{flag}: the sanitizer does not see the {canary} that host.c makes for it")
    platform = must([binary, "platform"]).strip()
    extension = made / "waldump.duckdb_extension"
    must(
        [
            "go",
            "run",
            "./build/mkextension",
            "-version",
            (ROOT / "VERSION").read_text().strip(),
            "-platform",
            platform,
            "-o",
            str(extension),
            str(made / "waldump.so"),
        ]
    )
    text = (folder / "pg14.waldump").read_bytes()
    broken = folder / "broken.dump"
    broken.write_bytes(text[:1_000_000] + b"\nbroken\n" + text[:100_000])
    return shell([binary, str(extension), str(folder / "pg14.waldump"), "test/data/pg16.waldump.gz", str(broken)], **environment)


ASAN = {"ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0"}
BOUNDARY = ["./cshim", "./extension/linked"]
RUNS = [
    Run("AddressSanitizer, LeakSanitizer", "C host, LOAD", lambda folder: host("address", folder, ["-asan"], **ASAN)),
    Run(
        "UndefinedBehaviorSanitizer",
        "C host, LOAD",
        lambda folder: host("undefined", folder, [], UBSAN_OPTIONS="print_stacktrace=1"),
    ),
    Run(
        "AddressSanitizer, LeakSanitizer",
        "cshim, linked",
        lambda _: go_tests(BOUNDARY, "-asan", "-skip=^TestNothingLeaks$", **ASAN),
    ),
    Run(
        "race detector",
        "parser, extension, cshim, linked",
        lambda _: go_tests(["./parser", "./extension", *BOUNDARY], "-race", "-skip=^TestNothingLeaks$"),
    ),
    Run("GOEXPERIMENT=cgocheck2", "cshim, linked", lambda _: go_tests(BOUNDARY, GOEXPERIMENT="cgocheck2")),
    Run("GODEBUG=cgocheck=1", "cshim, linked", lambda _: go_tests(BOUNDARY, GODEBUG="cgocheck=1")),
]


def said(done: subprocess.CompletedProcess[str]) -> tuple[str, str]:
    """What was written, and how many tests that was."""
    if not done.stdout.startswith("{"):
        return done.stdout + done.stderr, done.stdout.strip()
    written, passed = [done.stderr], 0
    for line in done.stdout.splitlines():
        event = json.loads(line) if line.startswith("{") else {"Action": "output", "Output": line}
        if event["Action"] in ("output", "build-output"):
            written.append(event["Output"])
        passed += event["Action"] == "pass" and "Test" in event
    return "".join(written), f"{passed} tests"


def judge(run: Run, folder: Path) -> Result:
    began = time.monotonic()
    done = run.do(folder)
    text, tests = said(done)
    findings = len(FINDING.findall(text))
    trouble = text[-20_000:] if done.returncode or findings or tests == "0 tests" else ""
    return Result(run, tests, findings, trouble, time.monotonic() - began)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="the runs whose row has this in it")
    parser.add_argument("--table", type=Path, help="the page that gets the table")
    arguments = parser.parse_args()
    results: list[Result] = []
    with tempfile.TemporaryDirectory() as name:
        with gzip.open(ROOT / "test/data/pg14.waldump.gz") as source, open(Path(name) / "pg14.waldump", "wb") as target:
            shutil.copyfileobj(source, target)
        for run in RUNS:
            if arguments.only not in f"{run.name}, {run.over}":
                continue
            result = judge(run, Path(name))
            results.append(result)
            verdict = "FAIL" if result.trouble else "ok  "
            print(
                f"{verdict} {run.name}: {run.over} ({result.seconds:.0f} s): {result.tests}, {result.findings} findings",
                flush=True,
            )
            print(result.trouble, end="")
    if arguments.table:
        rows = "".join(result.row() for result in results)
        page.put(arguments.table, "sanitizers", "| sanitizer | over | run | findings |\n|---|---|---|---|\n" + rows)
    failed = sum(1 for result in results if result.trouble)
    print(f"{len(results)} runs, {failed} with findings")
    return 1 if failed or not results else 0


if __name__ == "__main__":
    sys.exit(main())
