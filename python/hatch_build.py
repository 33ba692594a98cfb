"""Puts the extension into the wheel, and names the machines that the wheel is for.

WALDUMP_EXTENSION names the extension's file; without it, it is what `make extension` built.
WALSTATS_GLIBC is the glibc that the file was linked against, such as 2.28: then the wheel is for every
Linux with it or a later one. Without it the wheel is for this machine's kind of Linux.
WALSTATS_LICENSES names a file with the licences of all that is in the extension; without it, the wheel has ours.
"""

from __future__ import annotations

import os
import runpy
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

CPUS = {"linux_amd64": "x86_64", "linux_arm64": "aarch64"}


class Extension(BuildHookInterface):
    """Adds the extension's file to a wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Adds the extension to what the wheel has, and sets the wheel's tag from the extension's footer."""
        root = Path(self.root)
        file = Path(os.environ.get("WALDUMP_EXTENSION") or root.parent / "dist/waldump.duckdb_extension").absolute()
        if not file.is_file():
            raise SystemExit(f"{file}: no such file; run make extension first, or name the file in WALDUMP_EXTENSION")
        footer = runpy.run_path(str(root / "walstats/footer.py"))
        platform = footer["platform"](file.read_bytes())
        if platform not in CPUS:
            raise SystemExit(f"{file} is for {platform or 'no platform'}; a wheel is made for {' or '.join(CPUS)}")
        glibc = os.environ.get("WALSTATS_GLIBC", "")
        system = f"manylinux_{glibc.replace('.', '_')}" if glibc else "linux"
        build_data["tag"] = f"py3-none-{system}_{CPUS[platform]}"
        build_data["pure_python"] = False
        licences = os.environ.get("WALSTATS_LICENSES") or str(root.parent / "LICENSE")
        build_data["force_include"] |= {str(file): "walstats/waldump.duckdb_extension", licences: "walstats/LICENSE"}
