"""Asks Python's DuckDB clients whether pg_lsn can do what UBIGINT can.

    python test/hosts/lsn.py [--extension FILE] [--only VERSION] [--all]

Every aggregate, scalar function and operator that DuckDB lists is called with a UBIGINT, in the
shapes below. Where that works, the same call with the same number as a pg_lsn must work and give
the same value. EXCEPT lists the differences that are meant. Then test/sql/pg_lsn.test and
export.test run in the client, too.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(1, str(Path(__file__).resolve().parents[1]))

from footer import for_platform

ROOT = Path(__file__).resolve().parents[2]
SQL = ["test/sql/pg_lsn.test", "test/sql/export.test"]

# {} is the column. o is a BIGINT column, for numbers that are no literals.
FUNCTION_SHAPES = [
    *("{f}({})", "{f}({}, {})", "{f}({}, 2)", "{f}(2, {})", "{f}({}, 0.5)", "{f}({}, 0)", "{f}({}, o)", "{f}(o, {})"),
    *("{f}({}, {}, {})", "{f}([{}])", "{f}([{}], {})", "{f}('a', {})"),
]
OPERATOR_SHAPES = [
    *("{f} {}", "{} {f} {}", "{} {f} 8", "8 {f} {}", "{} {f} o", "o {f} {}", "{} {f} 2.5", "2.5 {f} {}"),
    *("{} {f} 8::UBIGINT", "8::UBIGINT {f} {}", "{} {f} 8::INTEGER", "{} {f} 8::DOUBLE", "{} {f} NULL"),
]
# Their value is another each time, or is about the session.
SKIP = set(
    "random uuid uuidv4 uuidv7 gen_random_uuid setseed txid_current error write_log sleep_ms reservoir_quantile "
    "stats typeof pg_typeof alias can_cast_implicitly approx_quantile".split()
)
# The text of a pg_lsn is not that of its number.
TEXT = set(
    "|| concat concat_ws group_concat listagg string_agg json_object struct_pack to_json json_quote format printf "
    "array_to_string list_to_string to_variant variant_typeof hash".split()
)
# Beside a literal with a fraction, DuckDB takes the alias for the common type and rounds the literal.
ROUNDED = {"=", "!=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM", "IS NOT DISTINCT FROM"} | set(
    "array_value least greatest list_value list_pack unpivot_list coalesce".split()
)


def excepted(function: str, shape: str) -> str | None:
    """Returns why a difference is meant, or None."""
    if function in TEXT:
        return "text"
    if function in ROUNDED and (".5" in shape):
        return "fraction"
    if function.startswith("json_") or function in ("->>", "->", "from_json", "json", "row_to_json", "array_to_json"):
        return "json"  # the text of a number is JSON, that of a pg_lsn is not
    if function == "decimal_division":
        return "decimal"  # the C API has no cast to a DECIMAL of any width; / works
    if function in ("bitstring_agg", "sum_no_overflow"):
        return "internal"  # they look at the column's statistics, which a cast hides
    return None


def client(extension: str) -> int:
    """Compares in the DuckDB that this Python has."""
    import duckdb

    connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})

    def ask(sql: str) -> tuple[bool, object]:
        try:
            return True, connection.execute(sql).fetchall()
        except duckdb.Error as error:
            return False, str(error).split("\n")[0]

    platform = connection.execute("SELECT platform FROM pragma_platform()").fetchone()
    assert platform
    with tempfile.TemporaryDirectory() as folder:
        file = for_platform(Path(extension), platform[0], Path(folder))
        connection.execute(f"LOAD '{file}'")
        rows = "(VALUES (300, 0), (400, 1), (400, 2), (500, 3), (600, 4)) AS v(n, o)"
        connection.execute(f"CREATE TABLE t AS SELECT n::UBIGINT AS n, n::UBIGINT::pg_lsn AS l, o::BIGINT AS o FROM {rows}")
        names = connection.execute(
            "SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_type IN ('aggregate', 'scalar') ORDER BY ALL"
        ).fetchall()
        calls, wrong, meant = 0, [], 0
        for (function,) in names:
            word = re.fullmatch(r"\w+", function)
            for shape in () if function in SKIP else FUNCTION_SHAPES if word else OPERATOR_SHAPES:
                call = shape.replace("{f}", f'"{function}"' if word else function)
                works, want = ask(f"SELECT {call.replace('{}', 'n')} FROM t")
                if not works:
                    continue
                calls += 1
                works, got = ask(f"SELECT {call.replace('{}', 'l')} FROM t")
                if works and (got == want or str(got) == str(want)):  # a NaN is like itself only as text
                    continue
                if excepted(function, shape):
                    meant += 1
                else:
                    wrong.append(f"{call}: got {str(got)[:300]}, want {str(want)[:300]}")
        print("\n".join(wrong))
        connection.close()
        command = [sys.executable, "test/sql/run.py", "--extension", str(file), *SQL]
        done = subprocess.run(command, cwd=ROOT, check=False)
    print(f"{calls} calls, {len(wrong)} differ, {meant} differ as meant")
    return 1 if wrong or calls < 500 or done.returncode else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--extension", type=Path, default=ROOT / "dist/waldump.duckdb_extension")
    parser.add_argument("--only", default="", help="the versions that have this in them")
    parser.add_argument("--all", action="store_true", help="also the versions for check-all")
    parser.add_argument("--client", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.client:
        return client(str(arguments.extension))
    lines = [line.split() for line in (ROOT / "test/hosts/clients.txt").read_text().splitlines()]
    versions = [line[1] for line in lines if line[0] == "python" and (len(line) == 2 or arguments.all)]
    versions = [version for version in versions if arguments.only in version]
    failed = 0
    for version in versions:
        command = [str(ROOT / ".cache/python/bin/python"), __file__, "--client"]
        command += ["--extension", str(arguments.extension.resolve())]
        environment = os.environ | {"PYTHONPATH": str(ROOT / ".cache/hosts" / version)}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        failed += done.returncode != 0
        said = done.stdout.splitlines() or [""]
        print(f"{'FAIL' if done.returncode else 'ok  '} Python {version}: {said[-1]}")
        if done.returncode:
            print(done.stdout, done.stderr, sep="\n")
        sys.stdout.flush()
    print(f"{len(versions)} clients, {failed} failed")
    return 1 if failed or not versions else 0


if __name__ == "__main__":
    sys.exit(main())
