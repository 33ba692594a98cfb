"""Two Ray nodes on one machine: both work, and what one of them takes with it the other does again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from clusters import Numbers, rows_of_parts
from conftest import Rows, Running, dump
from ray.cluster_utils import Cluster as Nodes
from test_ray import entries, run
from walstats_ray.scatter import STORE, Cluster
from walstats_ray.session import How


@pytest.mark.long
def test_two_nodes_work_and_one_may_die(tmp_path: Path, how: How, rows_of: Callable[..., Rows]) -> None:
    files = []
    for i in range(6):
        files.append(tmp_path / f"{i}.waldump")
        files[-1].write_bytes(dump("pg16"))
    nodes: Any = Nodes()
    try:
        nodes.add_node(num_cpus=1, object_store_memory=STORE)
        second = nodes.add_node(num_cpus=1, object_store_memory=STORE)
        with Cluster(address=nodes.address):
            nodes.wait_for_nodes()
            # Both work.
            assert run(tmp_path / "both", files, how, Running(), size="300kB").problems == []
            work = Counter(entry["node"] for entry in entries(tmp_path / "both"))
            assert len(work) == 2 and min(work.values()) > 20
            assert rows_of(tmp_path / "both") == rows_of(list(map(str, files)))

            # One dies under its work.
            done = 0

            def lose(_: Any) -> None:
                nonlocal done
                if (done := done + 1) == 20:
                    nodes.remove_node(second, allow_graceful=False)

            summary = run(tmp_path / "one", files, how, Running(), lose, size="300kB")
            assert (summary.failed, summary.problems) == (0, [])
            assert rows_of(tmp_path / "one") == rows_of(list(map(str, files)))
            last = [entry["node"] for entry in entries(tmp_path / "one")][-50:]
            assert len(set(last)) == 1
    finally:
        nodes.shutdown()


@pytest.mark.long
def test_wal_survives_a_node(tmp_path: Path, how: How, fleet: Path, rows_in: Callable[[Path], Numbers]) -> None:
    nodes: Any = Nodes()
    try:
        nodes.add_node(num_cpus=1, object_store_memory=STORE)
        second = nodes.add_node(num_cpus=1, object_store_memory=STORE)
        with Cluster(address=nodes.address):
            nodes.wait_for_nodes()
            done = 0

            def lose(_: Any) -> None:
                nonlocal done
                if (done := done + 1) == 20:
                    nodes.remove_node(second, allow_graceful=False)

            summary = run(tmp_path / "out", [fleet / "archive"], how, Running(), lose, size="1MiB")
            assert (summary.failed, summary.problems) == (0, [])
            assert rows_of_parts(tmp_path / "out") == rows_in(fleet / "archive")
            first, last = ({entry["node"] for entry in entries(tmp_path / "out")[part]} for part in (slice(20), slice(-50, None)))
            assert len(first) == 2 and len(last) == 1
    finally:
        nodes.shutdown()
