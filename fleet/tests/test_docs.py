"""Every command of docs/fleet.md, as it stands there, in a folder with an archive and with dumps."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import ray
from conftest import DATA, PACKERS, WALSTATS, dump
from walstats_ray.scatter import Cluster
from walstats_ray.sums import views

PROJECT = DATA.parents[1]
DOCS = (PROJECT / "docs/fleet.md").read_text()
SHELL = PROJECT / ".cache/python/bin/duckdb"
NOT_HERE = "make extension walstats && pip install ./fleet\n"  # the suite itself does that


def commands(text: str) -> list[str]:
    """The blocks of a page that a shell runs: those that are indented."""
    return [block.replace("\n    ", "\n").strip() for block in re.findall(r"\n\n((?:    .*\n)+)", text)]


def test_commands(tmp_path: Path) -> None:
    for name, ending in (("db1/1", ".zst"), ("db1/2", ".zst"), ("db2/1", "")):
        file = tmp_path / f"dumps/{name}.waldump{ending}"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(PACKERS[ending](dump("slices/pg16")))
    shutil.copytree(DATA / "demo", tmp_path / "archive/db1")
    shutil.copytree(PROJECT / "wal/testdata/13/wal", tmp_path / "archive/db2")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/walstats").symlink_to(WALSTATS)
    (tmp_path / "bin/python").symlink_to(sys.executable)
    (tmp_path / "waldump_views.sql").write_text(views())  # which a release has
    here = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{tmp_path}/bin:{os.environ['PATH']}"}
    here.pop("WALSTATS", None)
    ran = 0
    with Cluster(cpus=2):  # one that is there
        address = ray.get_runtime_context().gcs_address
        for block in commands(DOCS):
            if re.match(r"(wal|text)/", block):
                continue  # the names of files
            script = block.replace(NOT_HERE, "").replace("head:6379", address)
            done = subprocess.run(
                ["bash", "-e", "-o", "pipefail", "-c", script], cwd=tmp_path, env=here, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, f"{block}\n{done.stderr}"
            ran += 1
    assert ran == 4
    for data_set in ("wal", "text", "by-hand"):
        assert (tmp_path / data_set / "_walstats_manifest.jsonl").exists()
    for sql in re.findall(r"```sql\n(.*?)```", DOCS, re.DOTALL):
        done = subprocess.run([SHELL, "-bail"], input=sql, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0 and not done.stderr, f"{sql}\n{done.stderr}"
        assert "relation" in done.stdout
