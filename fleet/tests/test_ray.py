"""On a local Ray of two cores, through the library and through what people type."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from conftest import DATA, PACKERS, WALSTATS, Rows, dump
from walstats_ray import dataset, manifest
from walstats_ray.plan import Cut
from walstats_ray.scatter import Cluster
from walstats_ray.session import How

PROGRAM = str(Path(sys.executable).with_name("walstats-ray"))


def run(
    output: Path, inputs: list[Path], how: How, cluster: Cluster, report: Callable[[Any], None] = lambda _: None, **cut: Any
) -> dataset.Summary:
    return dataset.run(output, Cut([str(path) for path in inputs], **cut), how, cluster, lambda tasks, bytes_: None, report)


def entries(output: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (output / manifest.MANIFEST).read_text().splitlines()]


def texts(output: Path) -> list[str]:
    return sorted(str(path.relative_to(output)) for path in output.rglob("*") if path.is_file())


@pytest.mark.parametrize("parts", [1, 2, 7, 64])
def test_rows_are_those_of_one_process(tmp_path: Path, how: How, two_cpus: Cluster, rows_of: Callable[..., Rows], parts: int) -> None:
    plain, packed = tmp_path / "plain.waldump", tmp_path / "packed.waldump.zst"
    plain.write_bytes(dump("pg16"))
    packed.write_bytes(PACKERS[".zst"](dump("pg18-bkp")))
    summary = run(tmp_path / "out", [plain, packed], how, two_cpus, parts=parts)
    assert (summary.tasks, summary.failed, summary.problems) == (parts + 1, 0, [])
    assert rows_of(tmp_path / "out") == rows_of([str(plain), str(packed)])
    assert summary.records == rows_of([str(plain), str(packed)])[0]


@pytest.fixture(scope="session")
def many(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Dumps that take two cores some seconds, in ranges of 300 kB."""
    folder = tmp_path_factory.mktemp("many")
    files = []
    for i in range(6):
        file = folder / f"{i}.waldump"
        file.write_bytes(dump("pg16"))
        files.append(file)
    (folder / "packed.waldump.zst").write_bytes(PACKERS[".zst"](dump("pg18")))
    return [*files, folder / "packed.waldump.zst"]


def test_workers_that_are_killed_lose_nothing(
    tmp_path: Path, how: How, two_cpus: Cluster, rows_of: Callable[..., Rows], many: list[Path]
) -> None:
    killed: set[int] = set()

    def kill(_: Any) -> None:
        """Kill one of the processes that work."""
        if len(killed) < 5:
            for pid in workers():
                if pid not in killed:
                    os.kill(pid, signal.SIGKILL)
                    killed.add(pid)
                    return

    summary = run(tmp_path / "out", many, how, two_cpus, kill, size="300kB")
    assert len(killed) == 5
    assert (summary.failed, summary.problems) == (0, [])
    assert rows_of(tmp_path / "out") == rows_of(list(map(str, many)))
    # What they left goes with the next run.
    assert run(tmp_path / "out", many, how, two_cpus, size="300kB").tasks == 0
    assert [name for name in texts(tmp_path / "out") if ".tmp" in name] == []


def workers() -> list[int]:
    """The processes in which Ray runs our tasks now."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and (folder / "cmdline").read_bytes().startswith(b"ray::_run"):
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def walstats_ray(*arguments: object, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, check=False, **options)


def test_a_driver_that_is_killed_goes_on(tmp_path: Path, rows_of: Callable[..., Rows], many: list[Path]) -> None:
    output = tmp_path / "out"
    command = ["convert", *map(str, many), "-o", str(output), "--size", "300kB", "--cpus", "2"]
    started = subprocess.Popen([PROGRAM, *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    done = wait_for(lambda: (output / manifest.MANIFEST).exists() and len(entries(output)) >= 10 and len(entries(output)), started)
    busy = walstats_ray(*command)
    assert (busy.returncode, busy.stderr) == (
        1,
        f"walstats-ray: {output}: another walstats-ray has it open; wait for it, or end it, and run this again\n",
    )
    started.kill()
    started.wait()
    # Parts that are there, but that the driver did not come to note, are not made again.
    noted = (output / manifest.MANIFEST).read_text().splitlines(keepends=True)
    assert 10 <= done <= len(noted) < 150
    (output / manifest.MANIFEST).write_text("".join(noted[:-3]) + noted[-1][:50])
    again = walstats_ray(*command)
    assert again.returncode == 0, again.stderr
    assert int(re.findall(r"; (\d+) done before$", again.stdout.strip())[0]) == len(noted) - 3
    assert sum(entry["before"] for entry in entries(output)) >= 3
    assert rows_of(output) == rows_of(list(map(str, many)))
    assert [name for name in texts(output) if ".tmp" in name] == []
    assert walstats_ray("check", output).returncode == 0


def wait_for(ready: Callable[[], Any], started: subprocess.Popen[bytes]) -> Any:
    end = time.monotonic() + 120
    while not (result := ready()):
        assert started.poll() is None and time.monotonic() < end
        time.sleep(0.02)
    return result


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_run_that_is_interrupted_keeps_what_is_done(tmp_path: Path, many: list[Path], number: signal.Signals, code: int) -> None:
    output = tmp_path / "out"
    command = [PROGRAM, "convert", *map(str, many), "-o", str(output), "--size", "100kB", "--cpus", "1"]
    started = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=False)
    wait_for(lambda: (output / manifest.MANIFEST).exists() and entries(output), started)
    started.send_signal(number)
    _, said = started.communicate()
    assert started.returncode == code
    assert said.decode().endswith(f"walstats-ray: interrupted; what was finished is in {output}: run the same command again for the rest\n")
    assert len(entries(output)) > 0


def test_one_bad_dump_does_not_lose_the_others(tmp_path: Path, how: How, two_cpus: Cluster, rows_of: Callable[..., Rows]) -> None:
    good, bad, odd = tmp_path / "good.dump", tmp_path / "bad.dump.gz", tmp_path / "odd.dump"
    good.write_bytes(dump("slices/pg16"))
    bad.write_bytes((DATA / "pg16.waldump.gz").read_bytes()[:100_000])
    odd.write_bytes(dump("slices/pg16-bkp") + b"no record\n")
    said: list[str] = []
    summary = run(tmp_path / "out", [good, bad, odd], how, two_cpus, lambda outcome: said.append(outcome.error), parts=2)
    assert re.fullmatch(rf"{bad}: .*gzip.*", "".join(said))
    assert (summary.tasks, summary.failed, summary.rejects, summary.problems) == (4, 1, 1, [f"{bad}: none of its parts is there"])
    assert rows_of(tmp_path / "out") == rows_of([str(good), str(odd)])
    # It is mended, and another one has changed: only these are done again, and cut otherwise.
    bad.write_bytes((DATA / "pg16.waldump.gz").read_bytes())
    odd.write_bytes(dump("slices/pg16-bkp"))
    summary = run(tmp_path / "out", [good, bad, odd], how, two_cpus, parts=3)
    assert (summary.tasks, summary.done_before, summary.failed, summary.rejects, summary.problems) == (4, 3, 0, 0, [])
    assert rows_of(tmp_path / "out") == rows_of([str(good), str(bad), str(odd)])
    assert Counter(entry["file"] for entry in entries(tmp_path / "out")) == {str(good): 2, str(bad): 1, str(odd): 3}


def test_other_dumps_and_options_on_one_data_set(tmp_path: Path, how: How, two_cpus: Cluster, rows_of: Callable[..., Rows]) -> None:
    one, two = tmp_path / "one.dump", tmp_path / "two.dump"
    one.write_bytes(dump("slices/pg16"))
    two.write_bytes(dump("slices/pg16-Asia_Kolkata"))
    assert run(tmp_path / "out", [one], how, two_cpus, parts=2).problems == []
    summary = run(tmp_path / "out", [two], how, two_cpus, parts=2)  # IST means too many things
    assert summary.failed > 0 and f"{two}: none of its parts is there" in (summary.problems or [])
    kolkata = How(how.extension, timezone="Asia/Kolkata")
    assert run(tmp_path / "out", [two], kolkata, two_cpus, parts=5).problems == []
    assert run(tmp_path / "out", [one, two], kolkata, two_cpus, parts=5).tasks == 5  # in that zone, too
    assert rows_of(tmp_path / "out")[0] == rows_of([str(one)])[0] * 2


@pytest.fixture(scope="session")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Dumps of several versions, plain and packed, one of them with lines that are no records."""
    folder = tmp_path_factory.mktemp("mixed")
    for name, ending in (("pg9.5", ".gz"), ("pg14", ""), ("pg16", ".zst"), ("pg18-bkp", ".lz4")):
        (folder / f"{name}.waldump{ending}").write_bytes(PACKERS[ending](dump(name)))
    (folder / "odd.waldump").write_bytes(
        dump("slices/pg16")
        + b"broken\nrmgr: custom200   len (rec/tot):     30/    30, tx:          0, lsn: 0/00000200, prev 0/00000100, desc: UNKNOWN (f0) rmid: 200\n"
        b"rmgr: Heap        len (rec/tot):     30/    30, tx:          0, lsn: 0/00000700, prev 0/00000600, desc: UNKNOWN (30) \n"
    )
    return sorted(map(str, folder.iterdir()))


@pytest.mark.parametrize("flags", [[], ["--per-record"], ["--json"], ["--json", "--per-record"]])
def test_stats_are_those_of_one_process(mixed: list[str], two_cpus: Cluster, flags: list[str]) -> None:
    ours = in_process("stats", *mixed, "--parts", "5", "--quiet", *flags)
    one = subprocess.run([WALSTATS, "stats", *flags, *mixed], capture_output=True, text=True, check=False)
    if "--json" in flags:
        assert json.loads(ours.stdout) == json.loads(one.stdout)
    else:
        assert ours.stdout == one.stdout
    assert ours.returncode == one.returncode == 3
    assert re.match(
        r'walstats-ray: 1 line is no record, the first: .*odd.waldump:\d+ \(byte \d+\): expected "rmgr: ", found "broken"; ', ours.stderr
    )


def test_top_is_that_of_one_process(tmp_path: Path, mixed: list[str], two_cpus: Cluster) -> None:
    ours = in_process("top", *mixed, "--parts", "5", "--json")
    database = tmp_path / "wal.duckdb"
    assert subprocess.run([WALSTATS, "convert", *mixed, "-o", database, "--quiet"], check=False).returncode == 3
    session = duckdb.connect(str(database), read_only=True)
    top = json.loads(ours.stdout)
    assert ours.returncode == 3 and "1 line is no record" in ours.stderr
    for name, query in (
        (
            "relations",
            "SELECT relation, share, records, bytes, fpi_bytes, images FROM wal_by_relation ORDER BY bytes DESC, records DESC, relation",
        ),
        (
            "record_types",
            "SELECT resource_manager, record_type, share, records, bytes, fpi_bytes, images FROM wal_by_record_type ORDER BY bytes DESC, records DESC, 1, 2",
        ),
    ):
        expected = session.execute(query).fetchall()
        assert [tuple(row.values()) for row in top[name]] == expected and len(expected) > 50

    # The lines of walstats top, but for the width of columns and the bars.
    screen = in_process("top", *mixed, "--parts", "2").stdout
    one = subprocess.run([WALSTATS, "top", database], capture_output=True, text=True, check=False).stdout
    shown = [line.split() for line in one.replace("\u00a0", " ").splitlines()]
    for line in screen.splitlines():
        cells = line.split()
        assert not cells or any(cells == row[: len(cells)] for row in shown), line
    assert len(screen.splitlines()) == 18


@pytest.mark.parametrize("command", ["stats", "top"])
def test_sums_of_what_cannot_be_read(tmp_path: Path, two_cpus: Cluster, command: str) -> None:
    (tmp_path / "no.dump").write_bytes(b"no record\n")
    done = in_process(command, str(tmp_path / "no.dump"))
    assert done.returncode == 1 and done.stdout == "" and done.stderr.endswith("no line is a record\n")
    (tmp_path / "cut.gz").write_bytes((DATA / "pg16.waldump.gz").read_bytes()[:100_000])
    (tmp_path / "good.dump").write_bytes(dump("slices/pg16"))
    done = in_process(command, str(tmp_path / "cut.gz"), str(tmp_path / "good.dump"), "--quiet")
    assert done.returncode == 1 and done.stdout == ""
    assert re.match(rf"walstats-ray: {tmp_path}/cut.gz: .*\nwalstats-ray: 1 of the ranges could not be read", done.stderr), done.stderr


def in_process(*arguments: str) -> subprocess.CompletedProcess[str]:
    """walstats-ray on the cluster of the tests: to start one takes longer than the work."""
    import ray

    return walstats_ray(*arguments, "--address", ray.get_runtime_context().gcs_address)


def test_folders_of_servers(tmp_path: Path, two_cpus: Cluster) -> None:
    """As docs/fleet.md types it: dumps has a folder a server. Links to folders are not followed."""
    dumps = tmp_path / "dumps"
    for name, source in (("db1", "slices/pg16"), ("db2", "slices/pg16-bkp")):
        (dumps / name / "day").mkdir(parents=True)
        (dumps / name / "day/1.waldump").write_bytes(dump(source))
    (dumps / "db1/circle").symlink_to(dumps)
    files = [str(dumps / name / "day/1.waldump") for name in ("db1", "db2")]
    for command in ("top", "stats"):
        ours, named = in_process(command, str(dumps), "--json"), in_process(command, *files, "--json")
        assert (ours.returncode, ours.stdout) == (0, named.stdout), ours.stderr
    done = in_process("convert", str(dumps), "-o", str(tmp_path / "out"))
    assert done.returncode == 0 and "/out: 2 parts, " in done.stdout, done.stderr
    assert walstats_ray("check", str(tmp_path / "out"), "--deep").returncode == 0


def test_other_engines_get_tasks(tmp_path: Path) -> None:
    """The line of docs/fleet.md: nothing of Ray is imported, and check knows what must be there."""
    (tmp_path / "a.dump").write_bytes(dump("slices/pg16"))
    module = f"{sys.executable} -m walstats_ray"
    script = f"{module}.tasks wal a.dump --size 20kB | xargs -0 -r -n 2 -P 2 {module}.part wal >> wal/_walstats_manifest.jsonl"
    (tmp_path / "wal").mkdir()
    done = subprocess.run(["bash", "-o", "pipefail", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(entries(tmp_path / "wal")) > 1
    done = walstats_ray("check", str(tmp_path / "wal"), "--deep")
    assert done.returncode == 0 and ": complete: 1 dumps in " in done.stdout, done.stderr
    for name in ("tasks", "part"):
        check = f"import sys, walstats_ray.{name}; sys.exit('ray' in sys.modules)"
        assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0, name


def test_a_plan_that_was_made_elsewhere(tmp_path: Path, two_cpus: Cluster, rows_of: Callable[..., Rows]) -> None:
    (tmp_path / "a.dump").write_bytes(dump("slices/pg16"))
    made = subprocess.run([WALSTATS, "ranges", tmp_path / "a.dump", "--parts", "3"], capture_output=True, check=True)
    (tmp_path / "plan.json").write_bytes(made.stdout)
    done = in_process("convert", "--plan", str(tmp_path / "plan.json"), "-o", str(tmp_path / "out"))
    assert done.returncode == 0 and re.search(r"/out: 3 parts, \d+ records, 0 rejects in ", done.stdout), done.stderr
    assert rows_of(tmp_path / "out") == rows_of([str(tmp_path / "a.dump")])


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["convert", "-o", "out"], 2, "no input is given: name WAL or dumps, or a plan with --plan"),
        (["convert", "a.dump"], 2, "the following arguments are required: -o/--output"),
        (["convert", "none.dump", "-o", "out"], 1, "none.dump: no such file"),
        (["convert", "a.dump", "-o", "out", "--parts", "0"], 2, "0: give at least 1"),
        (["convert", "a.dump", "-o", "out", "--size", "much"], 1, "--size much: give a number of bytes"),
        (
            ["convert", "a.dump", "-o", "out", "--extension", "none"],
            1,
            "none: no such file; --extension or WALDUMP_EXTENSION must name waldump.duckdb_extension",
        ),
        (
            ["convert", "a.dump", "-o", "out", "--walstats", "./none"],
            1,
            "./none: cannot be run; build it with make walstats, or name it with --walstats",
        ),
        (
            ["convert", "a.dump", "-o", "out", "--address", "127.0.0.1:1"],
            1,
            "--address 127.0.0.1:1: [Errno 111] Connection refused; see with `ray status` whether there is one",
        ),
        (["convert", "--plan", "a.dump", "-o", "out"], 1, "a.dump: is no plan: "),
        (["stats", "a.dump", "--plan", "b"], 2, "--plan: holds the inputs; leave the others out"),
        (["check", "."], 1, "has no _walstats_manifest.jsonl; name a folder that walstats-ray convert wrote"),
        (["bogus"], 2, "invalid choice: 'bogus'"),
    ],
)
def test_what_is_said_of_a_mistake(tmp_path: Path, arguments: list[str], code: int, said: str) -> None:
    (tmp_path / "a.dump").write_bytes(dump("slices/pg16"))
    done = walstats_ray(*arguments, cwd=tmp_path)
    assert said in done.stderr and done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
