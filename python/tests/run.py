"""Builds the wheel, installs it beside each DuckDB and runs test_walstats.py there.

    python python/tests/run.py [--extension FILE | --wheel FILE] [--all]

The clients are Python's in test/hosts/clients.txt. The wheel goes into a fresh virtual environment, and each
DuckDB comes from .cache/hosts, so nothing is downloaded. With --all, every client has an environment of
its own, which pip fills as a user's pip does, and DuckDB 1.1.3 has to be refused with a reason.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
import venv
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
HOSTS = ROOT / ".cache/hosts"
TOO_OLD = "1.1.3"


def clients(every: bool) -> list[str]:
    """Returns the versions of Python's DuckDB in clients.txt."""
    lines = [line.split() for line in (ROOT / "test/hosts/clients.txt").read_text().splitlines()]
    return [line[1] for line in lines if line[:1] == ["python"] and (every or line[2:] != ["all"])]


def call(*command: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Runs a command away from the project's folder, with no variable that names the extension."""
    environment = {name: value for name, value in os.environ.items() if name not in ("WALDUMP_EXTENSION", "PYTHONPATH")}
    with tempfile.TemporaryDirectory() as elsewhere:
        return subprocess.run(command, env=environment | more, cwd=elsewhere, text=True, capture_output=True, check=False)


def pip(python: Path, *arguments: str | Path) -> None:
    """Runs pip on another environment."""
    done = call(sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check", "--quiet", "install", *arguments)
    if done.returncode != 0:
        raise SystemExit(done.stderr)


def from_registry(folder: Path, wheel: Path, version: str) -> Path:
    """Makes a virtual environment with DuckDB and the wheel's other packages as pip installs them."""
    venv.create(folder, symlinks=True)
    pip(folder / "bin/python", f"duckdb=={version}", wheel)
    return folder / "bin/python"


def refused(folder: Path, wheel: Path) -> str:
    """Installs the wheel beside a DuckDB that is too old, and returns what is wrong with the error."""
    venv.create(folder, symlinks=True)
    python = folder / "bin/python"
    pip(python, "--no-deps", f"duckdb=={TOO_OLD}", wheel)
    done = call(python, "-c", "import walstats; walstats.connect()")
    last = done.stderr.strip().splitlines()[-1] if done.stderr else ""
    return "" if f"DuckDB 1.2 or later is required, and this is v{TOO_OLD}" in last else done.stderr


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--extension", type=Path, default=ROOT / "dist/waldump.duckdb_extension")
    parser.add_argument("--wheel", type=Path, help="a wheel that is there, such as the release's")
    parser.add_argument("--all", action="store_true", help="every client, each installed from the registry")
    parser.add_argument("--only", default="", help="the clients whose version has this in it")
    arguments = parser.parse_args()
    tests = failed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wheel = arguments.wheel
        if not wheel:
            done = call(ROOT / "build/wheel.sh", arguments.extension.resolve(), folder)
            if done.returncode != 0:
                raise SystemExit(done.stdout + done.stderr)
            (wheel,) = folder.glob("*.whl")
        wheel = wheel.resolve()
        python = folder / "offline/bin/python"
        venv.create(python.parents[1], symlinks=True)
        pip(python, "--no-index", "--no-deps", wheel)
        asked = [version for version in clients(arguments.all) if arguments.only in version]

        def ask(version: str) -> tuple[subprocess.CompletedProcess[str], float]:
            """Runs the tests with a version of DuckDB, and returns how long that took."""
            started = time.monotonic()
            if arguments.all:
                done = call(from_registry(folder / version, wheel, version), HERE / "test_walstats.py")
            else:
                done = call(python, HERE / "test_walstats.py", PYTHONPATH=str(HOSTS / version))
            return done, time.monotonic() - started

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for version, (done, seconds) in zip(asked, pool.map(ask, asked), strict=True):
                ran = re.search(r"^Ran (\d+) tests", done.stderr, re.MULTILINE)
                right = done.returncode == 0 and ran is not None
                failed += not right
                tests += int(ran[1]) if ran else 0
                print(f"{'ok  ' if right else 'FAIL'} DuckDB {version}: {ran[1] if ran else 0} tests, {seconds:.1f} s")
                if not right:
                    print(done.stdout + done.stderr)
                sys.stdout.flush()
        if arguments.all:
            trouble = refused(folder / "old", wheel)
            failed += bool(trouble)
            print(f"{'FAIL' if trouble else 'ok  '} DuckDB {TOO_OLD}: refused {trouble}")
    print(f"{tests} tests with {len(asked)} versions of DuckDB, {failed} versions failed")
    return 1 if failed or not asked else 0


if __name__ == "__main__":
    sys.exit(main())
