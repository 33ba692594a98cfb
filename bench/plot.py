"""bench/results.svg: how fast each peer goes through the same text."""

from pathlib import Path
from statistics import median

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt

from report import Results
from works import Work

OURS, OTHERS = "#e07b00", "#9aa5b1"
TITLES = ("sum by resource_manager", "CREATE TABLE AS in memory", "CREATE TABLE AS into a file")


def write(results: Results, path: Path) -> None:
    """One panel a question, one bar a peer, text read in GB/s."""
    plt.rcParams.update({"svg.hashsalt": "results", "font.size": 9})
    figure, panels = plt.subplots(1, len(TITLES), figsize=(12, 3), layout="constrained")
    for panel, title in zip(panels, TITLES, strict=True):
        bars = sorted(peer_speeds(results, title).items(), key=lambda item: item[1])
        peers = [peer for peer, _ in bars]
        colors = [OURS if peer.startswith("read_waldump") else OTHERS for peer in peers]
        drawn = panel.barh(peers, [speed for _, speed in bars], color=colors)
        panel.bar_label(drawn, fmt="%.2g", padding=3)
        panel.set_title(title, loc="left", fontweight="bold")
        panel.set_xlabel("GB of pg_waldump's text a second")
        panel.margins(x=0.15)
        panel.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, metadata={"Date": None})


def peer_speeds(results: Results, title: str) -> dict[str, float]:
    """Of each peer, on the largest dump that it has read with two threads, rows in any order."""
    works = [results.limit] if title == TITLES[0] else []
    works += [w for w in results.timings if w.title == title and not w.ordered and w.threads == 2]
    return {work.peer: speed(results, work) for work in sorted(works, key=lambda w: w.size)}


def speed(results: Results, work: Work) -> float:
    """GB/s, from the median."""
    return work.size / 1e9 / median(results.timings[work].seconds)
