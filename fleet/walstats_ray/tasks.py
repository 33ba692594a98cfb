"""Plans a data set for other engines than Ray: notes what it is to have, and prints the tasks.

    python -m walstats_ray.tasks OUT FILE... | xargs -0 -r -n 2 -P 8 python -m walstats_ray.part OUT

Each task is two texts, each with a NUL after it: FILE:BEGIN:END of a dump, or a range of WAL as
JSON, and PART. The dumps are added to _walstats_inputs.jsonl, the clusters of WAL to
_walstats_clusters.jsonl, so that walstats-ray check knows what must be there.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import duckdb

from . import clusters, dumps, manifest, plan
from .dumps import DUMPS
from .session import Failed, How, words


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m walstats_ray.tasks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("output", type=Path, metavar="OUT", help="the data set's folder")
    parser.add_argument("inputs", nargs="+", metavar="FILE", help="WAL or dumps, as for walstats-ray convert")
    parser.add_argument(
        "--size", default="256MB", help="cut plain dumps, and join or cut segments, so that no range is longer than this (default 256MB)"
    )
    parser.add_argument("--parts", type=int, default=1, metavar="N", help="cut each plain dump or segment into at least so many ranges")
    parser.add_argument(
        "--source",
        choices=("file", "folder"),
        default="",
        help="whose WAL a dump is: its own name says so (default), or that of its folder",
    )
    parser.add_argument("--timezone", default="", help="of WAL, the one that python -m walstats_ray.part is given")
    parser.add_argument(
        "--walstats", default="", metavar="FILE", help="the program that plans (default $WALSTATS, dist/walstats here, or the one in PATH)"
    )
    options = parser.parse_args()
    try:
        with manifest.locked(options.output):
            session = manifest.opened()
            if plan.load(
                session, plan.Cut(options.inputs, parts=options.parts, size=options.size, source=options.source, walstats=options.walstats)
            ):
                clusters.prepare(session, options.output, How("", options.timezone), others_append=True)
                for task in plan.lsn_ranges(session):
                    print(task.to_json(), os.path.basename(task.part), "", sep="\0", end="")
                return 0
            manifest.load(session, options.output, DUMPS)
            dumps.add_inputs(session, options.output)
            for range_ in plan.ranges(session):
                print(f"{range_.file}:{range_.begin}:{range_.end}", os.path.basename(range_.part), "", sep="\0", end="")
    except (Failed, OSError, duckdb.Error) as error:
        print("walstats-ray:", words(error), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
