"""docs/soak.svg: what a process with the extension holds, over the time of a soak."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt


def draw(samples: list[Any], measures: list[tuple[str, Any]], target: Path) -> None:
    """One panel a measure, and one for how much was asked."""
    plt.rcParams.update({"svg.hashsalt": "soak", "font.size": 9})
    minutes = [sample.seconds / 60 for sample in samples]
    figure, panels = plt.subplots(1, len(measures) + 1, figsize=(14, 2.6), layout="constrained")
    curves = [(name, [getattr(sample, field) for sample in samples]) for name, (field, _) in measures]
    curves.append(("queries so far, thousands", [sample.queries / 1000 for sample in samples]))
    for panel, (name, values) in zip(panels, curves, strict=True):
        panel.plot(minutes, values, color="#e07b00", linewidth=1)
        panel.set_title(name, loc="left", fontweight="bold")
        panel.set_ylim(0, max(values) * 1.15)
        panel.set_xlabel("minutes")
        panel.spines[["top", "right"]].set_visible(False)
    figure.savefig(target, metadata={"Date": None})
