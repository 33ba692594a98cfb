"""Does what build/Dockerfile says without a container engine: each stage in a folder, by chroot.

    python test/docker/run.py [--base FOLDER]

It needs root, and debootstrap for the bare Debian 12, which --base keeps for the next run. The stage golang
has this machine's Go, which must be of its version, and Go's modules come from this machine's cache.
RUN sees nothing else that is outside the stage's folder. At the end, the image's ENTRYPOINT reads the demo.
"""

from __future__ import annotations

import argparse
import json
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
MODULES = "/mnt"  # where a stage sees the modules that Go has on this machine


@dataclass
class Stage:
    """A stage's folder, and what its instructions have set."""

    root: Path
    folder: str = "/"
    environment: dict[str, str] = field(default_factory=lambda: {"PATH": PATH, "HOME": "/root"})
    entry: list[str] = field(default_factory=list)

    def run(self, *command: str) -> None:
        """Runs a command in the stage. Ends the program if it fails."""
        mount = 'mount --bind "$1" "$2$3" && exec chroot "$2" env --chdir "${@:4}"'
        inside = ["unshare", "--mount", "--pid", "--fork", f"--mount-proc={self.root}/proc"]  # Go finds itself by /proc
        inside += ["bash", "-c", mount, "bash", str(modules()), str(self.root), MODULES, self.folder, *command]
        if subprocess.run(inside, env=self.environment | {"GOPROXY": f"file://{MODULES}"}, check=False).returncode != 0:
            sys.exit(f"build/Dockerfile: failed: {shlex.join(command)}")


@cache
def modules() -> Path:
    """Returns the folder of the modules that Go has downloaded, with all that the project needs."""
    subprocess.run(["go", "mod", "download"], cwd=ROOT, check=True)
    found = subprocess.run(["go", "env", "GOMODCACHE"], text=True, capture_output=True, check=True)
    return Path(found.stdout.strip(), "cache/download")


def instructions() -> list[tuple[str, str]]:
    """Returns the Dockerfile's instructions, each with its text."""
    lines = [line for line in (ROOT / "build/Dockerfile").read_text().splitlines() if line.strip() and not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [(word, text) for word, _, text in (line.partition(" ") for line in joined.splitlines())]


def start(image: str, root: Path, base: Path) -> None:
    """Makes a stage's folder from an image."""
    if image.startswith("golang:"):
        version = subprocess.run(["go", "env", "GOVERSION", "GOROOT"], text=True, capture_output=True, check=True).stdout.split()
        wanted = "go" + image.removeprefix("golang:").split("-")[0]
        if not version[0].startswith(wanted):
            sys.exit(f"build/Dockerfile: {image} is wanted, and this machine has {version[0]}")
        (root / "usr/local").mkdir(parents=True)
        (root / "usr/local/go").symlink_to(version[1])
    elif image.startswith("debian:12"):
        if not base.exists():
            if not shutil.which("debootstrap"):
                sys.exit("test/docker: debootstrap is missing; on Debian: apt-get install debootstrap")
            subprocess.run(["debootstrap", "--variant=minbase", "bookworm", base], check=True, stdout=subprocess.DEVNULL)
        subprocess.run(["cp", "-a", base, root], check=True)
        shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
    elif image == "scratch":
        root.mkdir()
    else:
        sys.exit(f"build/Dockerfile: FROM {image} is not known here")


def copy(source: Path, target: Path, into: bool) -> None:
    """Copies a file into a folder, or a folder's files."""
    place = target / source.name if into and source.is_file() else target
    place.parent.mkdir(parents=True, exist_ok=True)
    if source.is_file():
        shutil.copy2(source, place)
    else:
        shutil.copytree(source.resolve(), place, symlinks=True, dirs_exist_ok=True)


def context(target: Path) -> None:
    """Copies what Dockerfile.dockerignore leaves of the project: what git has, and new files."""
    ignored = (ROOT / "build/Dockerfile.dockerignore").read_text().split()
    exclude = [f"--exclude=./{name}" if "*" not in name else f"--exclude={name.removeprefix('**/')}" for name in ignored]
    tar = subprocess.Popen(["tar", "-C", ROOT, *exclude, "-c", "."], stdout=subprocess.PIPE)
    subprocess.run(["tar", "-C", target, "-x", "--no-same-owner"], stdin=tar.stdout, check=True)
    if tar.wait() != 0:
        sys.exit("test/docker: the project cannot be copied")


def build(folder: Path, base: Path) -> Stage:
    """Does every instruction, and returns the last stage."""
    stages: dict[str, Stage] = {}
    stage = Stage(folder)
    for word, text in instructions():
        print(f"{word} {text}", flush=True)
        if word == "FROM":
            image, _, name = text.partition(" AS ")
            root = folder / (name or "last")
            start(image, root, base)
            stage = stages[name or "last"] = Stage(root)
        elif word == "RUN":
            stage.run("sh", "-c", text)
        elif word == "ENV":
            variable, _, value = text.partition("=")
            stage.environment[variable] = value
        elif word == "WORKDIR":
            stage.folder = text
            (stage.root / text.lstrip("/")).mkdir(parents=True, exist_ok=True)
        elif word == "COPY" and text == ". .":
            context(stage.root / stage.folder.lstrip("/"))
        elif word == "COPY" and (taken := re.fullmatch(r"--from=(\w+) (.*) (\S+)", text)):
            target = stage.root / taken[3].lstrip("/")
            for name in taken[2].split():
                copy(stages[taken[1]].root / name.lstrip("/"), target, taken[3].endswith("/"))
        elif word == "ENTRYPOINT":
            stage.entry = json.loads(text)
        elif word != "CMD":
            sys.exit(f"test/docker: the instruction {word} {text} is not known here")
    files = sorted(path.name for path in stages["files"].root.iterdir())
    if files != ["waldump.duckdb_extension", "walstats"]:
        sys.exit(f"build/Dockerfile: the stage files has {files}")
    return stage


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", type=Path, help="where the bare Debian is kept")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        last = build(folder, (arguments.base or folder / "debian").resolve())
        shutil.copytree(ROOT / "test/data/demo", last.root / "wal")
        last.run(*last.entry, "version")
        last.run(*last.entry, "inspect", "/wal")
    print("build/Dockerfile: every stage was built, and its walstats reads WAL")


if __name__ == "__main__":
    main()
