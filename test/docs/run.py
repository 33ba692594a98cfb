"""Runs the commands of README and docs/ as they stand there.

    python test/docs/run.py

The folder that they run in has what the pages speak of: a data directory, an archive, dumps. Only
the paths of the data directory and of a segment are others, and no server is there to ask for names. Commands of
docs/fleet.md are run by fleet/tests, the questions of docs/gallery.md by cmd/walstats/answers, and
the lines for pg_walinspect by cmd/walstats.
"""

from __future__ import annotations

import gzip
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SHELL = Path(sys.executable).parent / "duckdb"
DATA = "/var/lib/postgresql/15/main"
ELSEWHERE = {DATA: "main", " --names postgres://you@server/": "", "000000010000000000000001": "archive/00000001000000000000000D.zst"}
PAGES = ["README.md", *(f"docs/{name}.md" for name in ("walstats", "gallery", "functions", "clients", "security", "limits"))]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def prepare(folder: Path) -> dict[str, str]:
    """Makes the files that the pages speak of, and returns the environment to run in."""
    demo = ROOT / "test/data/demo"
    shutil.copytree(demo, folder / "main/pg_wal")
    (folder / "main/PG_VERSION").write_text("15\n")
    for name in ("pg_wal", "archive"):
        shutil.copytree(demo, folder / name)
    (folder / "wal.dump").write_bytes(gzip.decompress((ROOT / "test/data/pg16.waldump.gz").read_bytes()))
    (folder / "dumps").mkdir()
    shutil.copy(ROOT / "test/data/pg16.waldump.gz", folder / "dumps/1.waldump.zst")  # gzip: the first bytes tell, not the name
    for name in ("test", "dist"):
        (folder / name).symlink_to(ROOT / name)
    programs = folder / "bin"
    programs.mkdir()
    (programs / "walstats").symlink_to(ROOT / "dist/walstats")
    (programs / "duckdb").symlink_to(SHELL)
    return {**os.environ, "HOME": str(folder), "PATH": f"{programs}:{os.environ['PATH']}", "COLUMNS": "100"}


def run(line: str, folder: Path, environment: dict[str, str], stdin: str = "") -> str:
    """Runs a line, which must succeed, and returns what it printed."""
    for there, here in ELSEWHERE.items():
        line = line.replace(there, here)
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", line], cwd=folder, env=environment, input=stdin, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise SystemExit(f"{line}\nexit {done.returncode}: {done.stdout[-500:]}{done.stderr}")
    return done.stdout


def sessions(page: str) -> list[str]:
    """Returns the commands after $ in a page's blocks, and those of its indented lines."""
    found = []
    for _, text in BLOCK.findall(page):
        found += [line[2:] for line in text.splitlines() if line.startswith("$ ")]
    return found + re.findall(r"^    ((?:walstats|duckdb) .*)$", BLOCK.sub("", page), re.MULTILINE)


def questions(page: str) -> list[tuple[str, str]]:
    """Returns each query after D of a session with a database, and the command that opens it."""
    found = []
    for _, text in BLOCK.findall(page):
        shell = ""
        for line in text.splitlines():
            if line.startswith("$ "):
                shell = line[2:] if re.fullmatch(r"duckdb \w+\.duckdb", line[2:]) else ""
            elif line.startswith("D ") and shell:
                found.append((shell, line[2:]))
    return found


def readme_session(page: str, folder: Path, environment: dict[str, str]) -> None:
    """Runs the first session of README, in the real shell: it must print what README shows."""
    session = BLOCK.findall(page)[0][1]
    lines = session.splitlines()
    if lines[0] != "$ duckdb -unsigned":
        raise SystemExit(f"README's first session begins with {lines[0]}, not with the shell")
    start = next(i for i, line in enumerate(lines) if line.startswith("┌"))
    sql = "\n".join(line.removeprefix("D ") for line in lines[1:start])
    printed = run("duckdb -unsigned -init /dev/null", folder, environment, sql).rstrip().splitlines()
    if printed != lines[start:]:
        raise SystemExit("README shows\n{}\nand the shell prints\n{}".format("\n".join(lines[start:]), "\n".join(printed)))


def refused(folder: Path, environment: dict[str, str]) -> None:
    """Sees that DuckDB says what docs/clients.md quotes: of an unsigned file, and of one for another platform."""
    page = (ROOT / "docs/clients.md").read_text()
    other = folder / "arm64/waldump.duckdb_extension"
    other.parent.mkdir()
    run(f"cd {ROOT} && go run ./build/mkextension -platform linux_arm64 -o {other} dist/waldump.duckdb_extension", folder, dict(os.environ))
    for option, file in (("", "dist/waldump.duckdb_extension"), ("-unsigned", other)):
        line = f"! duckdb {option} -init /dev/null -c \"LOAD '{file}'\" 2>&1"
        said = run(line, folder, environment)
        quoted = [text for text in re.findall(r"^\| `([^`]*)`", page, re.MULTILINE) if text in said]
        if len(quoted) != 1:
            raise SystemExit(f"docs/clients.md quotes {quoted} of what DuckDB says:\n{said}")


def main() -> None:
    ran = asked = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = prepare(folder)
        refused(folder, environment)
        readme_session((ROOT / "README.md").read_text(), folder, environment)
        for page in PAGES:
            text = (ROOT / page).read_text()
            for line in sessions(text):
                if line == "duckdb -unsigned":
                    continue  # readme_session
                run(line, folder, environment)
                ran += 1
            for shell, query in questions(text):
                if not run(f"{shell} -bail -csv -noheader -init /dev/null", folder, environment, query):
                    raise SystemExit(f"{page}: {query}\nhas no rows")
                asked += 1
            for kind, block in BLOCK.findall(text):
                if kind == "sql" and page == "docs/security.md":
                    run("duckdb -bail -init /dev/null", folder, environment, block)
                    ran += 1
                if kind == "python" and page == "README.md" and "import duckdb" in block:
                    run(
                        f"{sys.executable} -",
                        folder,
                        environment,
                        block.replace(DATA, "main") + "\nassert len(con.sql(\"FROM read_wal('main')\")) > 1000\n",
                    )
                    ran += 1
    if asked != 5:
        raise SystemExit(f"{asked} questions are in README, not 5")
    if ran < 15:
        raise SystemExit(f"only {ran} commands are in the pages")
    print(f"ok   {ran} commands of README and docs/, and {asked} questions")


if __name__ == "__main__":
    main()
