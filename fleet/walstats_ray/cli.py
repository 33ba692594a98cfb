"""walstats-ray: what people type."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NoReturn

import duckdb

from . import clusters, dataset, ducklake, install, manifest, plan, sums, tables
from .clusters import WAL
from .part import Entry
from .progress import Bar
from .ranges import Range
from .scatter import Cluster, Outcome, scatter
from .session import Failed, How, of_command, words
from .wal import LSNRange
from .wal_part import WALEntry

DONE, FAILED, USAGE, REJECTS = 0, 1, 2, 3  # the exit codes; 128 and the signal's number of a run that was ended


class Ended(BaseException):
    """The signal that ends the work."""


def main() -> int:
    options = _parser().parse_args()
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, _end)
    try:
        return int(options.command(options))
    except Ended as ended:
        kept = f"; what was finished is in {options.output}: run the same command again for the rest" if hasattr(options, "output") else ""
        _say(f"interrupted{kept}")
        return 128 + int(ended.args[0])
    except (Failed, OSError, duckdb.Error) as error:
        _say(words(error))
        return FAILED


def _end(number: int, _: object) -> NoReturn:
    signal.signal(number, signal.SIG_DFL)  # a second one ends the process at once
    raise Ended(number)


def _say(text: str) -> None:
    print("walstats-ray:", of_command(text), file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="walstats-ray", description="A fleet's WAL, or pg_waldump's text of it, read by many machines, on Ray."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, do: Callable[[argparse.Namespace], int], words: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=words, description=words)
        sub.set_defaults(command=do)
        return sub

    convert = command(
        "convert",
        _convert,
        "Turn WAL into a data set of Parquet files, partitioned by cluster and timeline, or dumps, partitioned by source. Run it again, whatever happened: what is done is skipped.",
    )
    convert.add_argument("-o", "--output", type=Path, required=True, metavar="FOLDER", help="the data set")
    convert.add_argument(
        "--source",
        choices=("file", "folder"),
        default="",
        help="whose WAL a dump is: its own name says so (default), or that of its folder",
    )
    _reading(convert)
    convert.add_argument(
        "--timezone",
        default="",
        help="of dumps, the time zone pg_waldump ran in, or none to leave other times than UTC out; of WAL, the one to print times in",
    )
    convert.add_argument(
        "--ducklake", default="", metavar="CATALOG", help="make the parts known to this DuckLake catalog, too, as its table wal"
    )

    stats = command("stats", _stats, "Print the table of pg_waldump --stats over all WAL or dumps, as walstats stats does.")
    _reading(stats)
    stats.add_argument("--per-record", action="store_true", help="a row a record type, as pg_waldump --stats=record")
    stats.add_argument("--json", action="store_true", help="a list of objects with the column names of pg_get_wal_stats")

    top = command("top", _top, "Show which relations and record types make the most WAL, as walstats top does.")
    _reading(top)
    top.add_argument("--json", action="store_true", help="all of them, with exact numbers")

    check = command(
        "check",
        _check,
        "Prove that a data set is complete: that the chain of every cluster's WAL is whole, or that every line of every dump is accounted for, and that every part has its rows.",
    )
    check.add_argument("output", type=Path, metavar="FOLDER")
    check.add_argument("--deep", action="store_true", help="also read every part, and compare its checksum with the manifest's")
    return parser


def _reading(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "inputs",
        nargs="*",
        metavar="FILE",
        help="WAL: a segment, a pattern, a data directory or an archive, or a folder of them; or a dump, packed or not, a pattern, or a folder of dumps",
    )
    parser.add_argument(
        "--plan", default="", metavar="FILE", help="what `walstats ranges` has planned, instead of inputs; - is the standard input"
    )
    parser.add_argument(
        "--size", default="256MB", help="cut plain dumps, and join or cut segments, so that no range is longer than this (default 256MB)"
    )
    parser.add_argument(
        "--parts", type=_positive, default=1, metavar="N", help="cut each plain dump or segment into at least so many ranges"
    )
    parser.add_argument("--address", default="", help="the Ray cluster to use, host:port or auto; without, some cores of this machine")
    parser.add_argument("--cpus", type=_positive, default=0, metavar="N", help="how many cores of this machine (default all)")
    parser.add_argument(
        "--extension",
        default="",
        metavar="FILE",
        help=f"{install.EXTENSION}, at the same path on every machine (default $WALDUMP_EXTENSION, the one beside walstats or in its Python package, or dist/ here)",
    )
    parser.add_argument(
        "--walstats", default="", metavar="FILE", help="the program that plans (default $WALSTATS, dist/walstats here, or the one in PATH)"
    )
    parser.add_argument("--memory-limit", default="1GB", help="how much memory DuckDB may use, of a process (default 1GB)")
    parser.add_argument("--quiet", action="store_true", help="say nothing but what went wrong")
    parser.set_defaults(parser=parser)


def _positive(text: str) -> int:
    number = int(text) if text.isdigit() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text}: give at least 1")
    return number


def _cut(options: argparse.Namespace) -> plan.Cut:
    if bool(options.inputs) == bool(options.plan):
        options.parser.error(
            "no input is given: name WAL or dumps, or a plan with --plan"
            if not options.inputs
            else "--plan: holds the inputs; leave the others out"
        )
    return plan.Cut(options.inputs, options.plan, options.parts, options.size, getattr(options, "source", ""), options.walstats)


def _how(options: argparse.Namespace) -> How:
    return How(install.extension(options.extension, options.walstats), getattr(options, "timezone", ""), options.memory_limit)


def _convert(options: argparse.Namespace) -> int:
    cut, how, began = _cut(options), _how(options), time.monotonic()
    with Bar(options.quiet) as bar:

        def report(outcome: Outcome[Range, Entry] | Outcome[LSNRange, WALEntry]) -> None:
            bar.advance(outcome.task.end - outcome.task.begin)
            if outcome.result is None:
                _tell(bar, outcome.task, outcome.error)

        s = dataset.run(options.output, cut, how, Cluster(options.address, options.cpus), bar.begin, report)
    seconds = time.monotonic() - began
    if not options.quiet:
        before = f"; {s.done_before} done before" if s.done_before else ""
        print(
            f"{options.output}: {s.tasks} parts, {s.records} records, {s.rejects} rejects in {seconds:.1f} s, "
            f"{tables.size(int(s.bytes_in / seconds))}/s; {tables.size(s.bytes_in)} in, {tables.size(s.bytes_out)} out{before}"
        )
    for line in (s.notes or []) + (s.problems or []):
        _say(line)
    if s.failed or s.problems:
        _say(
            f"{options.output} is not complete{f': {s.failed} of the ranges could not be read' if s.failed else ''}, see above; all that could be read is there"
        )
        return FAILED
    if options.ducklake:
        new = ducklake.register(options.output, options.ducklake, s.kind)
        if not options.quiet:
            print(f"{options.ducklake}: {new} parts more in its table wal")
    return _rejected(s.rejects, s.reject)


def _tell(bar: Bar, task: Range | LSNRange, error: str) -> None:
    place = task.place if not error.startswith(task.file) else ""
    bar.say("walstats-ray: " + place + of_command(error))


def _rejected(rejects: int, first: str) -> int:
    if not rejects:
        return DONE
    _say(
        f"{rejects} {'line is' if rejects == 1 else 'lines are'} no record{', the first: ' + first if first else ''}; read_waldump_rejects shows them"
    )
    return REJECTS


def _gather(options: argparse.Namespace, task: Callable[..., sums.Sums]) -> dict[int, sums.Sums]:
    """The sums of all ranges, as they come, by cluster."""
    cut, how = _cut(options), _how(options)
    totals: dict[int, sums.Sums] = {}
    failed = 0
    session = manifest.opened()
    is_wal = plan.load(session, cut)
    if wrong := plan.wrong(session) if is_wal else []:
        for line in wrong:
            _say(line)
        raise Failed("WAL is missing, see above; its numbers would be missing, so there is no table")
    tasks: Iterator[Range | LSNRange] = plan.lsn_ranges(session) if is_wal else plan.ranges(session)
    with Bar(options.quiet) as bar, Cluster(options.address, options.cpus):
        bar.begin(*plan.work(session))
        for outcome in scatter(partial(task, how=how), tasks):
            bar.advance(outcome.task.end - outcome.task.begin)
            if outcome.result is None:
                failed += 1
                _tell(bar, outcome.task, outcome.error)
            else:
                system = outcome.task.system
                totals[system] = totals.get(system, sums.Sums({})).plus(outcome.result)
    if failed:
        raise Failed(f"{failed} of the ranges could not be read, see above; their numbers would be missing, so there is no table")
    total = sums.together(totals.values())
    if total.rejects and not any(numbers[0] for numbers in total.rows.values()):
        raise Failed(f"{total.reject + '; ' if total.reject else ''}no line is a record")
    return totals


def _stats(options: argparse.Namespace) -> int:
    total = sums.together(_gather(options, partial(sums.stats, per_record=options.per_record)).values())
    print(tables.stats(total, install.walstats(options.walstats), options.json), end="")
    return _rejected(total.rejects, total.reject)


def _top(options: argparse.Namespace) -> int:
    totals = _gather(options, sums.by_relation)
    sessions = {system: sums.gathered(total) for system, total in sorted(totals.items())}
    if options.json:
        print(tables.top_json(sessions))
    else:
        print(tables.top_text(sessions), end="")
    total = sums.together(totals.values())
    return _rejected(total.rejects, total.reject)


def _check(options: argparse.Namespace) -> int:
    if not (options.output / manifest.MANIFEST).exists():
        raise Failed(f"{options.output}: has no {manifest.MANIFEST}; name a folder that walstats-ray convert wrote")
    problems = 0
    session = manifest.opened()
    kind = dataset.kind_of(options.output)
    assert kind
    for problem in manifest.problems(session, options.output, kind, look_inside=True, deep=options.deep):
        problems += 1
        _say(problem)
    for note in clusters.notes(session) if kind is WAL else []:
        _say(note)
    if problems:
        _say(f"{options.output} is not complete; run walstats-ray convert again")
        return FAILED
    print(f"{options.output}: complete: {kind.complete(session)}")
    return DONE


if __name__ == "__main__":
    sys.exit(main())
