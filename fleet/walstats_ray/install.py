"""Finds what walstats-ray needs beside itself: the program walstats and the extension."""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec
from pathlib import Path

from .session import Failed

EXTENSION = "waldump.duckdb_extension"
DIST = Path("dist")  # of the project's folder, after make


def walstats(named: str = "") -> str:
    """Returns the program that plans: the named one, $WALSTATS, dist/walstats, or the one in PATH."""
    if named := named or os.environ.get("WALSTATS", ""):
        return named
    built = (DIST / "walstats").absolute()
    return str(built) if built.exists() else shutil.which("walstats") or "walstats"


def extension(named: str = "", program: str = "") -> str:
    """Returns the path of the extension: the named one, $WALDUMP_EXTENSION, the one beside the
    program walstats, the one in the Python package walstats, or dist/ here. Fails if there is no such file."""
    if named := named or os.environ.get("WALDUMP_EXTENSION", ""):
        if not os.path.exists(named):
            raise Failed(f"{named}: no such file; --extension or WALDUMP_EXTENSION must name {EXTENSION}")
        return os.path.abspath(named)
    places = [*_package(), DIST.absolute()]
    if found := shutil.which(walstats(program)):
        path = Path(found)  # it may be a link to where both were unpacked
        places = [path.absolute().parent, path.resolve().parent, *places]
    for place in places:
        if (place / EXTENSION).exists():
            return str(place / EXTENSION)
    looked = " or ".join(dict.fromkeys(map(str, places)))
    raise Failed(f"{EXTENSION}: not in {looked}; name it with --extension or WALDUMP_EXTENSION")


def _package() -> list[Path]:
    """Returns the folders of the Python package walstats, which has the extension in it; none if it is not installed."""
    spec = find_spec("walstats")
    return [Path(folder) for folder in spec.submodule_search_locations or []] if spec else []
