"""Whether a measure stays where it is."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Rule:
    """A measure may be a little more in the last quarter of the time than in the second: the first is for warming up."""

    share: float  # of what it was
    more: float

    def grown(self, samples: list[float]) -> tuple[float, float, bool]:
        """The medians of both quarters, and whether the later is too high."""
        quarter = len(samples) // 4
        if quarter < 2:
            raise SystemExit(f"{len(samples)} samples are too few to tell")
        before, after = median(samples[quarter : 2 * quarter]), median(samples[-quarter:])
        return before, after, after > before * (1 + self.share) + self.more

    def check_itself(self) -> None:
        """A rule that takes everything shows nothing."""
        for base in (10.0, 100.0, 1000.0):
            allowed = base * self.share + self.more
            wobbling = [base + (-1) ** i * allowed for i in range(100)]
            growing = [base + 2 * allowed * i / 50 for i in range(100)]  # twice the allowed from quarter to quarter, nearly
            assert not self.grown(wobbling)[2] and self.grown(growing)[2]
