"""Installs the extension from a repository into real DuckDB clients, as a team's own would be used.

    python test/hosts/repository.py [--extension FILE | --repository FOLDER] [--all] [--only CLIENT]

build/repository.sh lays it out. The clients of clients.txt run the SQL of docs/install.md for that folder and for
a web server on this machine, and count the records of the demo. Each has to say its
own version of the extension and where it came from. A link that is missing has to be an error.
"""

from __future__ import annotations

import argparse
import platform
import re
import subprocess
import sys
import tempfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

sys.path.insert(1, str(Path(__file__).resolve().parents[1]))

from footer import for_platform
from run import ROOT, Client, clients

DOCUMENTED = re.findall(r"```sql\n(INSTALL.*?)```", (ROOT / "docs/install.md").read_text(), re.DOTALL)
ASK = """
SELECT extension_version, install_mode, installed_from FROM duckdb_extensions() WHERE extension_name = 'waldump' AND loaded;
SELECT count(*) FROM read_wal('{root}/test/data/demo');
"""
RECORDS = 9712


class Quiet(SimpleHTTPRequestHandler):
    """Serves files without a word on stderr, and counts them."""

    sent = 0

    def log_message(self, format: str, *arguments: object) -> None:
        Quiet.sent += 1


def lay_out(repository: Path, extension: Path, folder: Path) -> None:
    """Lays out a repository for both names of this machine's platform."""
    arch = "arm64" if platform.machine() == "aarch64" else "amd64"
    files = [extension, for_platform(extension, f"linux_{arch}_gcc4", folder)]
    subprocess.run([ROOT / "build/repository.sh", repository, *files], check=True, capture_output=True)


def install(client: Client, repository: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Installs and loads the extension in a client that has no extension yet."""
    with tempfile.TemporaryDirectory(dir=folder) as extensions:
        (documented,) = DOCUMENTED  # as a user types it, but for the folder
        lines = [line.split("--")[0].strip().replace("/srv/duckdb", repository) for line in documented.splitlines()]
        sql = f"SET extension_directory = '{extensions}';\n" + "\n".join(lines) + ASK.format(root=ROOT)
        return client.run(sql, 1, 1)


def trouble(client: Client, repository: str, folder: Path) -> str:
    """Returns what is wrong with an installation; empty if all is well."""
    done = install(client, repository, folder)
    version = (ROOT / "VERSION").read_text().strip()
    expected = f"{version}|REPOSITORY|{repository}\n{RECORDS}\n"
    if done.returncode == 0 and done.stdout == expected and not done.stderr:
        return ""
    return f"exit {done.returncode}\n{done.stderr}\nexpected\n{expected}\ngot\n{done.stdout}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--extension", type=Path, default=ROOT / "dist/waldump.duckdb_extension")
    parser.add_argument("--repository", type=Path, help="a repository that is there, such as the release's")
    parser.add_argument("--all", action="store_true", help="every client, Node's and the JVM's, too")
    parser.add_argument("--only", default="", help="the clients whose name or version has this in it")
    arguments = parser.parse_args()
    kinds = ["shell", "python", "node", "jvm"] if arguments.all else ["shell", "python"]
    asked = [client for client in clients(arguments.all) if client.kind in kinds and arguments.only in f"{client.kind} {client.package}"]
    failed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        repository = (arguments.repository or folder / "repository").resolve()
        if not arguments.repository:
            lay_out(repository, arguments.extension.resolve(), folder)
        with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=repository)) as server:
            Thread(target=server.serve_forever, daemon=True).start()
            for client in asked:
                for source in (str(repository), f"http://127.0.0.1:{server.server_port}"):
                    wrong = trouble(client, source, folder)
                    failed += bool(wrong)
                    print(f"{'FAIL' if wrong else 'ok  '} {client.kind} {client.package} from {source} {wrong}")
                    sys.stdout.flush()
            server.shutdown()
        if Quiet.sent < len(asked):
            failed += 1
            print(f"FAIL the web server sent {Quiet.sent} files to {len(asked)} clients")
        (folder / "empty").mkdir()
        done = install(asked[0], str(folder / "empty"), folder)
        if f"empty/v{asked[0].version}/" not in done.stderr or str(RECORDS) in done.stdout:
            failed += 1
            print(f"FAIL an empty repository: exit {done.returncode}\n{done.stderr}")
    print(f"{len(asked)} clients install it from a folder and from a web server, {failed} failed")
    return 1 if failed or not asked else 0


if __name__ == "__main__":
    sys.exit(main())
