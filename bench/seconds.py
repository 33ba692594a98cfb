"""How long something took."""

from statistics import median
from typing import NamedTuple


class Seconds(NamedTuple):
    """How long something took, and how long processors worked for it: on a machine that
    does other work, too, the latter is what can be compared."""

    wall: float
    cpu: float

    def __str__(self) -> str:
        return f"{self.wall:.2f} s ({self.cpu:.1f} s of processors)"


def middle(runs: list[Seconds]) -> Seconds:
    return Seconds(median(run.wall for run in runs), median(run.cpu for run in runs))
