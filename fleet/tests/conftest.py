"""Real dumps, and what a single process makes of them."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import lz4.frame
import pytest
import zstandard
from clusters import fleet, packed, rows_in, small  # noqa: F401
from walstats_ray.ranges import Range, folder_of, identity_of, source_of
from walstats_ray.scatter import Cluster
from walstats_ray.session import How

DATA = Path(__file__).parents[2] / "test/data"
WALSTATS = os.environ["WALSTATS"]
EXTENSION = os.environ["WALDUMP_EXTENSION"]


def dump(name: str) -> bytes:
    """A real dump's text."""
    return gzip.decompress((DATA / (f"{name}.gz" if name.endswith(".txt") else f"{name}.waldump.gz")).read_bytes())


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": lambda text: gzip.compress(text, 1),
    ".zst": zstandard.ZstdCompressor().compress,
    ".lz4": lz4.frame.compress,
}


@pytest.fixture(scope="session")
def how() -> How:
    return How(EXTENSION)


@pytest.fixture(scope="session")
def reader() -> duckdb.DuckDBPyConnection:
    """A stock DuckDB with the extension, and nothing of the package."""
    session = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    session.execute(f"LOAD '{EXTENSION}'")
    return session


Rows = tuple[int, int, int]


@pytest.fixture(scope="session")
def rows_of(reader: duckdb.DuckDBPyConnection) -> Callable[..., Rows]:
    """All rows of files or of a data set, each as often as it is there, as numbers that can be compared."""

    def rows(where: Path | list[str]) -> Rows:
        if isinstance(where, list):
            source = f"(SELECT * REPLACE (start_lsn::UBIGINT AS start_lsn, prev_lsn::UBIGINT AS prev_lsn) FROM read_waldump({where}, filename := true, ignore_errors := true))"
        else:
            source = f"(SELECT * EXCLUDE source FROM read_parquet('{where}/**/*.parquet', hive_partitioning = true))"
        found = reader.execute(f"SELECT count(*), sum(hash(t)::HUGEINT)::HUGEINT, bit_xor(hash(t, 1)) FROM {source} t").fetchone()
        assert found and found[0] > 0
        return found

    return rows


def plan(file: Path, parts: int) -> list[Range]:
    """The ranges of a file, as walstats plans them."""
    text = subprocess.run([WALSTATS, "ranges", file, "--parts", str(parts)], check=True, capture_output=True).stdout
    folder = folder_of(source_of(str(file), "file"))
    return [Range(r["file"], r["begin"], r["end"], f"{folder}/{r['part']}", identity_of(str(file))) for r in json.loads(text)]


class Running(Cluster):
    """A cluster that is there already, and stays."""

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *_: object) -> None:
        pass


@pytest.fixture(scope="session")
def two_cpus() -> Iterator[Cluster]:
    """A local Ray of two cores: it takes seconds to start."""
    with Cluster(cpus=2):
        yield Running()
