"""Uses the functions from Python's libraries for tables, as docs/clients.md shows it.

    python test/clients/run.py [--extension FILE] [--only NAME] [--table docs/clients.md]

Runs with the libraries of requirements.txt, which build/tools.sh libraries installs. Each expression of LIBRARIES is
run as it stands, and must give the rows, their order and the differences that SQL gives. --table
writes the expressions and what they gave into a page, between its marks.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

sys.path.insert(1, str(Path(__file__).resolve().parents[1]))

import page

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
WAL = "test/data/demo"
QUERY = f"FROM read_wal('{WAL}')"
TRUTH = f"SELECT start_lsn::UBIGINT, start_lsn - '0/34DBA078' {QUERY} ORDER BY start_lsn DESC"
# Ibis 12 calls fetch_arrow_table, which DuckDB 2.0 has no more.
BEFORE_2 = ROOT / ".cache/hosts/1.5.6"


@dataclass
class Library:
    """A library: expressions for its table, the type of an LSN, the rows sorted, and differences of LSNs."""

    name: str
    package: str
    setup: str
    table: str  # of the query q
    dtype: str
    sort: str
    subtract: str
    numbers: str  # makes a list of the column x
    want: str  # the type
    lsn: str = "df['start_lsn']"  # as a number
    lsns: str = 'df["start_lsn"]'
    path: Path | None = None  # of another DuckDB


LIBRARIES = [
    Library(
        "pandas",
        "pandas",
        "",
        "con.sql(q).df()",
        "df.start_lsn.dtype",
        'df.sort_values("start_lsn", ascending=False)',
        'df.start_lsn.astype("int64") - 0x34DBA078',
        "x.tolist()",
        "uint64",
    ),
    Library(
        "polars",
        "polars",
        "import polars as pl",
        "con.sql(q).pl()",
        'df["start_lsn"].dtype',
        'df.sort("start_lsn", descending=True)',
        'df["start_lsn"].cast(pl.Int64) - 0x34DBA078',
        "x.to_list()",
        "UInt64",
    ),
    Library(
        "PyArrow",
        "pyarrow",
        "import pyarrow.compute as pc",
        "con.sql(q).to_arrow_table()",
        'df["start_lsn"].type',
        'df.sort_by([("start_lsn", "descending")])',
        'pc.subtract(df["start_lsn"].cast("int64"), 0x34DBA078)',
        "x.to_pylist()",
        "uint64",
    ),
    Library(
        "Ibis",
        "ibis-framework",
        "import ibis",
        'con.table("records")',
        "df.start_lsn.type().raw_type",
        'df.order_by(ibis.desc("start_lsn"))',
        'df.start_lsn.cast("int64") - 0x34DBA078',
        "x.to_list()",
        "pg_lsn",
        path=BEFORE_2,
        lsns='df.start_lsn.cast("int64")',
    ),
]


def ask(library: Library, extension: Path) -> None:
    """Runs a library's expressions and exits with what is wrong. It runs in a process of its own."""
    import duckdb

    config: dict[str, str | bool | int | float | list[str]] = {"allow_unsigned_extensions": "true"}
    con = duckdb.connect(config=config)
    names: dict[str, object] = {"con": con, "q": QUERY}
    if library.name == "Ibis":
        import ibis  # type: ignore[import-not-found]

        ibis_con = ibis.duckdb.connect(allow_unsigned_extensions=True)
        ibis_con.raw_sql(f"LOAD '{extension}'")
        ibis_con.raw_sql(f"CREATE VIEW records AS {QUERY}")
        names["con"] = ibis_con
    con.execute(f"LOAD '{extension}'")
    truth = con.execute(TRUTH).fetchall()
    if len(truth) < 1000 or truth[0][1] >= 0:
        raise SystemExit(f"the demo has changed: {len(truth)} rows, the last {truth[0]}; give it an LSN above them all")
    exec(library.setup, names)
    names["df"] = eval(library.table, names)
    found = str(eval(library.dtype, names))
    if found != library.want:
        raise SystemExit(f"{library.dtype}: {found}, not {library.want}")
    names["df"] = eval(library.sort, names)
    for expression, want in ((library.lsns, [row[0] for row in truth]), (library.subtract, [row[1] for row in truth])):
        names["x"] = eval(expression, names)
        got = eval(library.numbers, names)
        if got != want:
            raise SystemExit(f"{expression}: {str(got)[:200]}, not {str(want)[:200]}")
    summary = dict(con.execute(f"SELECT column_name, max FROM (SUMMARIZE {QUERY})").fetchall())
    last = con.execute(f"SELECT max(start_lsn)::VARCHAR {QUERY}").fetchall()[0][0]
    if summary["start_lsn"] != last:
        raise SystemExit(f"SUMMARIZE: the last start_lsn is {summary['start_lsn']}, not {last}")
    print(duckdb.__version__)


def dbt(extension: Path) -> str:
    """Runs the project of dbt/ twice: the second time its records are there already. Returns DuckDB's version."""
    import duckdb

    with tempfile.TemporaryDirectory() as name:
        project = Path(name) / "project"
        shutil.copytree(HERE / "dbt", project)
        environment = {**os.environ, "WALDUMP_EXTENSION": str(extension), "WAL": str(ROOT / WAL), "DO_NOT_TRACK": "1"}
        for _ in range(2):
            command = [
                sys.executable,
                "-m",
                "dbt.cli.main",
                "--no-use-colors",
                "build",
                "--project-dir",
                str(project),
                "--profiles-dir",
                str(project),
            ]
            done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
            if done.returncode != 0 or "PASS=5 WARN=0 ERROR=0" not in done.stdout:
                raise SystemExit(f"dbt build: exit {done.returncode}\n{done.stdout}{done.stderr}")
        con = duckdb.connect(config={"allow_unsigned_extensions": "true"})
        con.execute(f"LOAD '{extension}'")
        con.execute(f"ATTACH '{project}/wal.duckdb' AS made (READ_ONLY)")
        got = con.execute("SELECT start_lsn::UBIGINT, distance FROM made.distances ORDER BY start_lsn DESC").fetchall()
        if got != con.execute(TRUTH).fetchall():
            raise SystemExit(f"dbt: {len(got)} rows are not those of SQL, or in another order")
        kind = con.execute("SELECT typeof(start_lsn) FROM made.records LIMIT 1").fetchall()[0][0]
        if kind != "pg_lsn":
            raise SystemExit(f"dbt: start_lsn became {kind}, not pg_lsn")
    return duckdb.__version__


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--extension", type=Path, default=ROOT / "dist/waldump.duckdb_extension")
    parser.add_argument("--only", default="", help="the libraries whose name has this in it")
    parser.add_argument("--one", default="", help=argparse.SUPPRESS)
    parser.add_argument("--table", type=Path, help="the page that gets the table")
    arguments = parser.parse_args()
    extension = arguments.extension.resolve()
    os.chdir(ROOT)
    if arguments.one:
        ask(next(library for library in LIBRARIES if library.name == arguments.one), extension)
        return
    rows, failed = [], 0
    for library in LIBRARIES:
        if arguments.only not in library.name:
            continue
        environment = os.environ | ({"PYTHONPATH": str(library.path)} if library.path else {})
        command = [sys.executable, __file__, "--one", library.name, "--extension", str(extension)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        failed += done.returncode != 0
        print(f"{'FAIL' if done.returncode else 'ok  '} {library.name} {version(library.package)}", done.stderr, flush=True)
        cells = [
            f"{library.name} {version(library.package)}",
            done.stdout.strip(),
            f"`{library.table}`",
            library.want,
            f"`{library.sort}`",
            f"`{library.subtract}`",
        ]
        rows.append("| " + " | ".join(cells) + " |\n")
    if arguments.only in "dbt":
        duckdb = dbt(extension)
        print(f"ok   dbt-duckdb {version('dbt-duckdb')}")
        cells = [
            f"dbt-duckdb {version('dbt-duckdb')}",
            duckdb,
            "[a project](../test/clients/dbt)",
            "pg_lsn",
            "`ORDER BY start_lsn`",
            "`start_lsn - '0/34DBA078'`",
        ]
        rows.append("| " + " | ".join(cells) + " |\n")
    if failed or not rows:
        raise SystemExit(f"{failed} of {len(rows)} libraries failed")
    if arguments.table and not arguments.only:
        page.put(
            arguments.table,
            "libraries",
            "| library | DuckDB | df = | an LSN is | sort | subtract |\n|---|---|---|---|---|---|\n" + "".join(rows),
        )


if __name__ == "__main__":
    main()
