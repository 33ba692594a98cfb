"""Installs the packages of walstats into an empty root, and uses what is there.

    python test/packages/run.py [--packages FOLDER]

FOLDER has walstats' .deb and .rpm for this machine; build/packages.sh makes them. Each is installed by its own tool:
then the program says its version and reads the demo, DuckDB loads the extension beside it, walstats-ray
finds both, the man pages are there, and bash completes. When the package is removed, nothing may be left.
"""

from __future__ import annotations

import argparse
import gzip
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "test/data/demo"
RECORDS = 9712
FILES = ["usr/lib/walstats/walstats", "usr/lib/walstats/waldump.duckdb_extension", "usr/share/man/man1/walstats-top.1.gz"]
LICENCES = {"deb": "usr/share/doc/walstats/copyright", "rpm": "usr/share/licenses/walstats/LICENSE"}


class Wrong(Exception):
    """Says what a package does not do."""


def call(*command: str | Path, **more: str) -> str:
    """Returns what a command prints. Raises Wrong if it fails."""
    done = subprocess.run(command, env=os.environ | more, cwd=ROOT, text=True, capture_output=True, check=False)
    if done.returncode != 0:
        raise Wrong(f"{' '.join(map(str, command))}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def has(text: str, wanted: str, what: str) -> None:
    """Raises Wrong unless wanted is in text."""
    if wanted not in text:
        raise Wrong(f"{what} must have {wanted!r}, and is {text[:2000]!r}")


def deb(package: Path, root: Path, remove: bool) -> None:
    """Installs or removes a .deb by dpkg; the C library that it needs is the machine's."""
    for folder in ("info", "updates", "triggers"):
        (root / "var/lib/dpkg" / folder).mkdir(parents=True, exist_ok=True)
    (root / "var/lib/dpkg/status").touch()
    what = ["--purge", "walstats"] if remove else ["--install", str(package)]
    call("dpkg", "--root", root, "--log=/dev/null", "--force-depends,not-root", *what)


def rpm(package: Path, root: Path, remove: bool) -> None:
    """Installs or removes an .rpm by rpm; the C library that it needs is the machine's."""
    what = ["--erase", "walstats"] if remove else ["--install", str(package)]
    call("rpm", "--root", root, "--nodeps", "--noscripts", *what)


TOOLS = {"deb": ("dpkg", deb), "rpm": ("rpm", rpm)}


def check(kind: str, root: Path) -> None:
    """Uses what a package installed."""
    version = (ROOT / "VERSION").read_text().strip()
    for name in [*FILES, LICENCES[kind]]:
        if not (root / name).is_file():
            raise Wrong(f"{name} is missing")
    has((root / LICENCES[kind]).read_text(), "github.com/klauspost/compress", "the licences")
    program = root / "usr/bin/walstats"
    has(call(program, "--version"), f"walstats version {version}\n", "walstats --version")
    has(call(program, "top", "--quiet", DEMO), "in 9,712 records", "walstats top")
    extension = str(root / "usr/lib/walstats/waldump.duckdb_extension")
    con = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    con.execute(f"LOAD '{extension}'")
    counted = con.execute(f"SELECT count(*) FROM read_wal('{DEMO}')").fetchone()
    if counted != (RECORDS,):
        raise Wrong(f"the extension counts {counted}, and {RECORDS} records are there")
    find = "from walstats_ray import install; print(install.walstats(), install.extension())"
    away = call(sys.executable, "-c", f"import os; os.chdir('/'); {find}", PATH=str(program.parent), PYTHONPATH=str(ROOT / "fleet"))
    if away != f"{program} {extension}\n":
        raise Wrong(f"walstats-ray finds {away}, and {program} {extension} are there")
    has(gzip.decompress((root / FILES[2]).read_bytes()).decode(), f'"walstats {version}"', "the man page")
    completion = root / "usr/share/bash-completion/completions/walstats"
    asked = call("bash", "-c", f"source '{completion}' && complete -p walstats")
    has(asked, "complete -o default -F __start_walstats walstats", "bash's completion")


def left(root: Path) -> list[str]:
    """Returns the files that are still there after a package was removed."""
    return [str(path.relative_to(root)) for path in (root / "usr").rglob("*") if "walstats" in path.name or path.is_file()]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packages", type=Path, default=ROOT / "dist/release")
    arguments = parser.parse_args()
    names = {"x86_64": ("amd64", "x86_64"), "aarch64": ("arm64", "aarch64")}[platform.machine()]
    tried = failed = 0
    for (kind, (tool, run)), machine in zip(TOOLS.items(), names, strict=True):
        if not shutil.which(tool):
            print(f"--   .{kind}: there is no {tool} here")
            continue
        tried += 1
        found = list(arguments.packages.glob(f"walstats[-_]*{machine}.{kind}"))
        with tempfile.TemporaryDirectory() as name:
            root = Path(name)
            try:
                if len(found) != 1:
                    raise Wrong(f"{arguments.packages} must have one .{kind} for {machine}, and has {len(found)}")
                run(found[0].resolve(), root, False)
                check(kind, root)
                run(found[0].resolve(), root, True)
                if rest := left(root):
                    raise Wrong(f"removed, it leaves {' '.join(rest)}")
                print(f"ok   .{kind}: {found[0].name}, {found[0].stat().st_size / 1e6:.0f} MB")
            except Wrong as wrong:
                failed += 1
                print(f"FAIL .{kind}: {wrong}")
    print(f"{tried} packages installed, used and removed, {failed} failed")
    return 1 if failed or not tried else 0


if __name__ == "__main__":
    sys.exit(main())
