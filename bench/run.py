"""Measures read_waldump beside its peers and writes bench/results.md; bench/run.sh starts it."""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

import cancel
import columns
import dumps
import measure
import memory
import plan
import plan_full
from dumps import Dump, say
from machine import package, this_machine
from report import Results, markdown
from sessions import Runner, Session
from works import Claim, Engine, Work


def arguments() -> argparse.Namespace:
    """Options, each with an environment variable of the same name for `make bench`."""
    env = os.environ
    parser = argparse.ArgumentParser(prog="bench/run.sh", description=__doc__)
    parser.add_argument(
        "--dump", default=env.get("DUMP") or None, help="text of pg_waldump, printed with TZ=UTC (DUMP=; default: grown from test/data)"
    )
    parser.add_argument("--size", default=env.get("SIZE") or "1GB", help="repeat or cut the dump to this size (SIZE=; default 1GB)")
    parser.add_argument("--runs", type=int, default=int(env.get("RUNS") or 5), help="take medians of so many (RUNS=; default 5)")
    parser.add_argument("--full", action="store_true", help="all peers, sizes, threads and ways in (FULL=1)")
    parser.add_argument("--huge", action="store_true", help="with --full: 4 times the size, too (HUGE=1)", default=bool(env.get("HUGE")))
    parser.add_argument("--only", default=env.get("ONLY") or "", help="only comparisons whose names have this in them, and no plot (ONLY=)")
    parser.add_argument("--output", default="bench/results.md", help="where the report goes")
    return parser.parse_args()


def build_programs() -> None:
    """The Go programs and benchmarks that are measured."""
    say("building the Go programs")
    for command in (
        ["go", "test", "-c", "-o", plan.PARSER_TEST, "./parser"],
        ["go", "build", "-o", plan_full.ORIGINAL, "./bench/original"],
    ):
        if subprocess.run(command, check=False).returncode:
            say(f"{' '.join(command)} failed; what it builds is not measured")


def wanted_columns(session: Session, dump: Dump) -> list[str]:
    """The columns of read_waldump that the peers compute, too: all, or the run ends here."""
    names = [row[0] for row in session.rows(f"DESCRIBE SELECT * FROM read_waldump('{dump.path}')")]
    known = [name for name, _, _ in columns.COLUMNS]
    if unknown := set(names) - set(known):
        sys.exit(f"bench/columns.py does not know {', '.join(sorted(unknown))}")
    return names


def full_files(runner: Runner, source: Path, size: int, dump: Dump, slice_: Dump, wanted: list[str], huge: bool) -> plan_full.Files:
    """Everything that --full reads, and the table that it copies."""
    parquet = dump.beside(".parquet")
    session = runner.session(Engine.DUCKDB)
    say(f"writing {parquet} through read_csv + regexp_extract")
    # In parallel, read_csv (DuckDB 1.5.5) does not keep every line in its place, not even with one thread.
    session.run("SET threads = 1; SET preserve_insertion_order = true")
    session.run(f"CREATE TABLE source AS FROM {columns.rows(dump.path, wanted, parallel=False)}")
    session.run(f"COPY source TO '{parquet}' (FORMAT parquet, COMPRESSION zstd)")
    return plan_full.Files(
        dump=dump,
        slice_=slice_,
        hundredth=dumps.copy(source, size // 100),
        huge=dumps.copy(source, size * 4) if huge else None,
        parquet=parquet,
        zstd=dumps.zstd(dump),
        pipe=dumps.pipe("pipe"),
        parts=dumps.parts(dump, 100),
    )


def works_of(claims: list[Claim], more: list[Work]) -> list[Work]:
    """Each work once, ours before the peers that are compared with it."""
    works: dict[Work, None] = {}
    for claim in claims:
        works |= dict.fromkeys(w for w in (claim.work, claim.against, claim.or_against) if w)
    return list(works | dict.fromkeys(more))


def main() -> int:
    """Prepare, compare, measure, report."""
    options = arguments()
    dumps.FOLDER.mkdir(parents=True, exist_ok=True)
    source, size = dumps.source(options.dump), dumps.parse_size(options.size)
    dump, slice_ = dumps.copy(source, size), dumps.copy(source, size // 10)
    extension = plan.EXTENSION if os.path.exists(plan.EXTENSION) else None
    runner = Runner(extension)
    if extension:
        wanted = wanted_columns(runner.session(Engine.OURS), slice_)
    else:
        say(f"there is no {plan.EXTENSION} yet: peers only")
        wanted = [name for name, _, _ in columns.COLUMNS]
    build_programs()

    claims = plan.essential(
        dump, dump if options.full else slice_, wanted, plan.GOALS if options.full else plan.FLOORS
    ) + plan.parser_alone(dump, slice_)
    more: list[Work] = []
    if options.full:
        files = full_files(runner, source, size, dump, slice_, wanted, options.huge)
        claims += plan_full.claims(files, wanted)
        more = plan_full.scaling(files)
    if options.only:
        claims, more = [claim for claim in claims if options.only in claim.what], []
    works = [work for work in works_of(claims, more) if available(work, extension)]
    try:
        errors = measure.check_answers(runner, works)
    except measure.Mismatch as mismatch:
        say(str(mismatch))
        return 1
    timings = measure.time_rounds(runner, [work for work in works if work not in errors], options.runs)
    peaks = []
    if extension:
        peaks = memory.growth(runner, dump, slice_) + (memory.above_own(runner, dump) if options.full else [])

    waits = cancel.waits(runner, dump, str(dumps.FOLDER / "cancelled.parquet")) if extension and options.full and not options.only else []

    lines = runner.run(plan.wc(dump), answer=True)[1][0][0]
    of = "the bundled dumps, grown" if not options.dump else source.name
    results = Results(
        machine=this_machine(verb(options)),
        dump=f"The text is {of}: {dumps.size_name(dump.size)}, {int(lines):,} lines.",
        runs=options.runs,
        claims=claims,
        timings=timings,
        errors=errors,
        peaks=peaks,
        waits=waits,
        limit=plan.wc(dump),
    )
    runner.close()
    report = markdown(results)
    Path(options.output).write_text(report)
    if options.full and not options.only and package("matplotlib"):
        import plot

        plot.write(results, Path(options.output).with_suffix(".svg"))
    print(report.partition("## Every measurement")[0])
    say(f"wrote {options.output}")
    return 1 if any(work.ours for work in errors) else 0


def available(work: Work, extension: str | None) -> bool:
    """Whether what a work needs is here."""
    match work.engine:
        case Engine.OURS:
            return extension is not None
        case Engine.DUCKDB:
            return True
        case Engine.CLICKHOUSE:
            return bool(package("chdb"))
    words = work.command.split()
    program = next(w for w in words if w != "env" and "=" not in w)
    return shutil.which(program) is not None


def verb(options: argparse.Namespace) -> str:
    """The command that repeats this run."""
    flags = [f"--{name}" for name in ("full", "huge") if getattr(options, name)] + ([f"--only '{options.only}'"] if options.only else [])
    values = [f"--size {options.size}", f"--runs {options.runs}", *(["--dump FILE"] if options.dump else [])]
    return " ".join(["bench/run.sh", *flags, *values])


if __name__ == "__main__":
    sys.exit(main())
