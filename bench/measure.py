"""Runs works side by side: first for their answers, then for their times."""

from statistics import median

from dumps import say
from sessions import Failed, Rows, Runner
from works import Timing, Work


class Mismatch(Exception):
    """Two peers that answer the same question differently."""


def check_answers(runner: Runner, works: list[Work]) -> dict[Work, str]:
    """Run each work once and compare the answers; returns the errors of those that gave none."""
    answers: dict[tuple[str, int], tuple[Work, Rows]] = {}
    errors: dict[Work, str] = {}
    for work in works:
        try:
            seconds, rows = runner.run(work, answer=True)
        except Failed as error:
            say(f"{label(work)}: {error}")
            errors[work] = str(error)
            continue
        say(f"{label(work)}: {seconds:.3f} s")
        first, expected = answers.setdefault((work.question, work.size), (work, normalized(rows)))
        if normalized(rows) != expected:
            raise Mismatch(f"{label(work)} and {label(first)} differ:\n{difference(normalized(rows), expected)}")
    return errors


def normalized(rows: Rows) -> Rows:
    """Rows as sorted text: the peers agree on neither order nor types."""
    return sorted([str(value) for value in row] for row in rows)


def difference(rows: Rows, expected: Rows) -> str:
    """The first rows that only one side has."""
    only = [("+", row) for row in rows if row not in expected] + [("-", row) for row in expected if row not in rows]
    return "\n".join(f"{sign} {row}" for sign, row in only[:10])


def time_rounds(runner: Runner, works: list[Work], runs: int) -> dict[Work, Timing]:
    """Each work once, then each once more, and so on, so that all see the same noise."""
    timings = {work: Timing(work) for work in works}
    for round_ in range(runs):
        say(f"round {round_ + 1} of {runs}")
        for work in works:
            timings[work].seconds.append(runner.run(work)[0])
    for work, timing in timings.items():
        say(f"{label(work)}: {median(timing.seconds):.3f} s")
    return timings


def label(work: Work) -> str:
    """Names a work for a person."""
    how = "file order, " if work.ordered else ""
    return f"{work.peer}, {work.title} ({work.size / 1e6:.0f} MB, {how}threads = {work.threads})"
