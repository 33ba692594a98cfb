"""The extension and walstats are found as a new user has them: outside the project's folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from walstats_ray import install
from walstats_ray.session import Failed


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with walstats and the extension in unpacked/, and a link to walstats in PATH's bin/."""
    for name in ("WALDUMP_EXTENSION", "WALSTATS"):
        monkeypatch.delenv(name, raising=False)
    for folder in ("unpacked", "bin", "here"):
        (tmp_path / folder).mkdir()
    (tmp_path / "unpacked/walstats").touch(0o755)
    (tmp_path / "unpacked" / install.EXTENSION).touch()
    (tmp_path / "bin/walstats").symlink_to(tmp_path / "unpacked/walstats")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path


def test_the_extension_is_beside_walstats(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unpacked = str(elsewhere / "unpacked" / install.EXTENSION)
    assert install.extension() == unpacked  # through the link
    (elsewhere / "bin" / install.EXTENSION).touch()
    assert install.extension() == str(elsewhere / "bin" / install.EXTENSION)  # beside the link itself
    monkeypatch.setenv("PATH", "/none")
    assert install.extension(program=str(elsewhere / "unpacked/walstats")) == unpacked  # --walstats
    monkeypatch.setenv("WALSTATS", str(elsewhere / "unpacked/walstats"))
    assert install.extension() == unpacked


def test_one_variable_names_the_extension(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (elsewhere / "mine").touch()
    monkeypatch.setenv("WALDUMP_EXTENSION", "../mine")
    assert install.extension() == str(elsewhere / "mine")
    assert install.extension("../bin/walstats") == str(elsewhere / "bin/walstats")  # --extension wins
    monkeypatch.setenv("WALDUMP_EXTENSION", "/none")
    with pytest.raises(Failed, match=r"^/none: no such file; --extension or WALDUMP_EXTENSION must name waldump\.duckdb_extension$"):
        install.extension()


def test_the_extension_is_in_the_package_walstats(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/none")
    monkeypatch.syspath_prepend(elsewhere / "site-packages")
    package = elsewhere / "site-packages/walstats"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    with pytest.raises(Failed, match=f"not in {package} or .*/here/dist; name it with"):
        install.extension()
    (package / install.EXTENSION).touch()
    assert install.extension() == str(package / install.EXTENSION)
    monkeypatch.setenv("PATH", str(elsewhere / "bin"))
    assert install.extension() == str(elsewhere / "unpacked" / install.EXTENSION)  # the one beside walstats is of its version


def test_the_built_one_is_found_in_dist(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/none")
    with pytest.raises(Failed, match=r"not in .*/here/dist; name it with --extension or WALDUMP_EXTENSION$"):
        install.extension()
    dist = elsewhere / "here/dist"
    dist.mkdir()
    (dist / install.EXTENSION).touch()
    assert install.extension() == str(dist / install.EXTENSION)
