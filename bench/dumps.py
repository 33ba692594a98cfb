"""The files that are read: one dump in several sizes and shapes, in .cache/bench."""

import glob
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

FOLDER = Path(".cache/bench")
COPY = 1 << 24
RECORD = b"\nrmgr: "


def parse_size(text: str) -> int:
    """The bytes that `1GB`, `100 MB` or `5000` mean."""
    units = {"KB": 10**3, "MB": 10**6, "GB": 10**9}
    number = text.strip().upper()
    for unit, factor in units.items():
        if number.endswith(unit):
            return int(float(number.removesuffix(unit)) * factor)
    return int(number)


def size_name(size: int) -> str:
    """The inverse of parse_size: `1 GB`."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("KB", 10**3)):
        if round(size / factor, 2) >= 1:
            return f"{size / factor:.3g} {unit}"
    return str(size)


@dataclass(frozen=True)
class Dump:
    """A plain text dump, its path relative to the repository."""

    path: str

    @property
    def size(self) -> int:
        return os.path.getsize(self.path)

    def beside(self, suffix: str) -> str:
        """The path of something made of this dump."""
        return self.path.removesuffix(".waldump") + suffix


def source(given: str | None) -> Path:
    """The dump that all others are copies of: the given one, or one grown from the bundled dumps."""
    if given:
        return Path(given)
    grown = FOLDER / "grown.waldump"
    bundled = sorted(p for p in glob.glob("test/data/pg*.waldump.gz") if "-bkp" not in p)
    if not made_from(grown, *map(Path, bundled)):
        say("growing a dump from " + ", ".join(bundled))
        subprocess.run(["go", "run", "./bench/grow", "-size", str(10**9), "-o", str(grown), *bundled], check=True)
        remember(grown, *map(Path, bundled))
    return grown


def made_from(made: Path, *sources: Path) -> bool:
    """Whether a file is there and was made from these sources as they are now."""
    note = made.with_suffix(".sources")
    return made.exists() and note.exists() and note.read_text() == state(*sources)


def remember(made: Path, *sources: Path) -> None:
    """Note what a file was made from."""
    made.with_suffix(".sources").write_text(state(*sources))


def state(*sources: Path) -> str:
    return "".join(f"{p.resolve()} {p.stat().st_size} {p.stat().st_mtime_ns}\n" for p in sources)


def copy(of: Path, size: int) -> Dump:
    """At most size bytes of whole records: the beginning of a dump, or the whole of it again and again."""
    name = f"{of.stem}-{size_name(size)}".replace(" ", "")
    path = FOLDER / f"{name}.waldump"
    if not made_from(path, of):
        say(f"writing {path}")
        for old in FOLDER.glob(f"{name}[.-]*"):  # it and what was made of it
            shutil.rmtree(old) if old.is_dir() else old.unlink()
        with open(path, "wb") as out:
            for left in range(size, 0, -of.stat().st_size):
                with open(of, "rb") as f:
                    copy_beginning(f, out, left)
        remember(path, of)
    return Dump(str(path))


def copy_beginning(f: BinaryIO, out: BinaryIO, size: int) -> None:
    """Copy a file, or those of its records that fit in size bytes."""
    if size >= os.fstat(f.fileno()).st_size:
        shutil.copyfileobj(f, out, COPY)
        return
    while size > COPY:
        size -= out.write(f.read(COPY))
    last = f.read(size)
    out.write(last[: last.rfind(RECORD) + 1])


def parts(of: Dump, count: int) -> str:
    """A glob of count files that together are the dump."""
    folder = Path(of.beside(f"-{count}-parts"))
    if not folder.exists():
        say(f"writing {folder}/")
        making = folder.with_suffix(".part")
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir()
        with open(of.path, "rb") as f:
            begin = 0
            for i in range(count):
                f.seek(max(begin, of.size * (i + 1) // count))
                found = f.read(COPY).find(RECORD)
                end = f.seek(0, os.SEEK_END) if found < 0 else max(begin, of.size * (i + 1) // count) + found + 1
                f.seek(begin)
                (making / f"{i:05}.waldump").write_bytes(f.read(end - begin))
                begin = end
        making.rename(folder)
    return f"{folder}/*.waldump"


def zstd(of: Dump) -> str:
    """The dump as `zstd` writes it; empty where there is no zstd."""
    path = of.path + ".zst"
    if not shutil.which("zstd"):
        return ""
    if not os.path.exists(path):
        say(f"writing {path}")
        subprocess.run(["zstd", "-q", "-T0", of.path, "-o", path], check=True)
    return path


def pipe(name: str) -> str:
    """A FIFO of that name."""
    path = FOLDER / name
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    return str(path)


def say(text: str) -> None:
    """Tell the person at the terminal what takes the time."""
    print(f"bench: {text}", file=sys.stderr, flush=True)
