"""The extension's file as each client wants it."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def for_platform(extension: Path, platform: str, folder: Path) -> Path:
    """The extension with the footer of a platform."""
    made = folder / platform / extension.name
    if not made.exists():
        mkextension = ["go", "run", "./build/mkextension", "-platform", platform, "-o", str(made), str(extension)]
        subprocess.run(mkextension, cwd=ROOT, check=True, capture_output=True)
    return made
