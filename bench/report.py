"""bench/results.md: every number with the command it comes from."""

from dataclasses import dataclass
from statistics import median

from cancel import Wait
from dumps import size_name
from machine import Machine
from memory import MB, Peak
from works import Claim, Engine, Timing, Work


@dataclass(frozen=True)
class Results:
    """All that a run found out."""

    machine: Machine
    dump: str  # what was read, in words
    runs: int
    claims: list[Claim]
    timings: dict[Work, Timing]
    errors: dict[Work, str]
    peaks: list[Peak]
    waits: list[Wait]
    limit: Work  # wc -l


def markdown(results: Results) -> str:
    """The whole report."""
    intro = [
        "# Results",
        "",
        f"Written by `{results.machine.verb}` on {results.machine.date}: medians of {results.runs}, all in one run, in turns, page cache warm.",
        f"SQL is timed inside a session, from sending the statement to having its rows. {results.dump}",
        "",
        *(f"- {line}" for line in results.machine.lines),
        "",
    ]
    parts = [intro, claim_table(results), memory_table(results.peaks), wait_table(results.waits), timing_table(results), commands(results)]
    return "\n".join("\n".join(part) for part in parts)


def seconds(results: Results, work: Work) -> float | None:
    timing = results.timings.get(work)
    return median(timing.seconds) if timing and timing.seconds else None


def ratio(results: Results, work: Work, against: Work) -> float | None:
    """How many times as long as against, byte by byte."""
    ours, theirs = seconds(results, work), seconds(results, against)
    if ours is None or theirs is None:
        return None
    return (ours / work.size) / (theirs / against.size)


def verdict(results: Results, claim: Claim) -> tuple[str, str]:
    """The ratio, as the target says it, and whether it is met."""
    peers = [claim.against, *([claim.or_against] if claim.or_against else [])]
    ratios = [r for r in (ratio(results, claim.work, peer) for peer in peers) if r is not None]
    if len(ratios) < len(peers):
        return "not measured", ""
    found = min(ratios)
    if claim.at_most is not None:
        return f"{found:.2f} x", "ok" if found <= claim.at_most else "**missed**"
    return f"{1 / found:.1f} x faster", "" if claim.faster is None else "ok" if 1 / found >= claim.faster else "**missed**"


def claim_table(results: Results) -> list[str]:
    lines = ["| what | dump | ours, s | against | s | | target | |", "|---|---|---|---|---|---|---|---|"]
    for claim in results.claims:
        against = claim.against.peer + (f" or {claim.or_against.peer}" if claim.or_against else "")
        peers = [claim.against, *([claim.or_against] if claim.or_against else [])]
        found, met = verdict(results, claim)
        cells = [
            claim.what,
            size_name(claim.work.size),
            shown(seconds(results, claim.work)),
            against,
            " / ".join(shown(seconds(results, peer)) for peer in peers),
            found,
            claim.target,
            met,
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return [*lines, ""]


def memory_table(peaks: list[Peak]) -> list[str]:
    if not peaks:
        return []
    lines = ["Peak memory (VmHWM of a fresh process each):", "", "| what | MB | target | |", "|---|---|---|---|"]
    for p in peaks:
        met = "ok" if p.above <= p.at_most else "**missed**"
        lines.append(f"| {p.what} | {p.peak / MB:.0f} - {p.floor / MB:.0f} = {p.above / MB:.0f} | at most {p.at_most / MB:.0f} | {met} |")
    return [*lines, ""]


def wait_table(waits: list[Wait]) -> list[str]:
    if not waits:
        return []
    lines = ["How long a cancelled query takes to end:", "", "| what | cancelled | longest, ms |", "|---|---|---|"]
    return [*lines, *(f"| {w.what} | {w.cancelled} times | {w.longest * 1000:.0f} |" for w in waits), ""]


def timing_table(results: Results) -> list[str]:
    lines = ["## Every measurement", ""]
    lines += ["| | question | peer | order | threads | dump | median, s | min | max | GB/s | x wc -l |", "|" + "---|" * 11]
    for number, (work, timing) in enumerate(results.timings.items(), 1):
        is_sql = work.engine in (Engine.OURS, Engine.DUCKDB)
        times = " | ".join(shown(f(timing.seconds)) for f in (median, min, max))
        cells = [
            str(number),
            work.title,
            work.peer,
            ("file" if work.ordered else "any") if is_sql else "",
            str(work.threads) if is_sql else "",
            size_name(work.size),
            times,
            f"{work.size / 1e9 / median(timing.seconds):.2f}",
            shown(ratio(results, work, results.limit)),
        ]
        lines.append("| " + " | ".join(cells) + " |")
    lines += [f"| | {w.title} | {w.peer} | | | {size_name(w.size)} | failed: {one_line(e)} |" for w, e in results.errors.items()]
    return [*lines, ""]


def commands(results: Results) -> list[str]:
    lines = ["## Every command", ""]
    for number, work in enumerate(results.timings, 1):
        lines += [f"{number}. {work.peer}, {work.title}; run by {work.engine.value}:", "", "   ```"]
        if work.engine in (Engine.OURS, Engine.DUCKDB):
            lines.append(f"   SET threads = {work.threads}; SET preserve_insertion_order = {str(work.ordered).lower()};")
        if work.before.startswith("ATTACH"):
            lines.append(f"   {work.before};")
        lines += [f"   {line}" for line in work.command.splitlines()]
        lines += [f"   beside: {work.beside}"] if work.beside else []
        lines += ["   ```", ""]
    return lines


def shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}" if value < 10 else f"{value:.1f}"


def one_line(text: str) -> str:
    return text.splitlines()[0][:200].replace("|", "\\|") if text else ""
