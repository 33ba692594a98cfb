"""The tables that runs write into pages of docs/, each between its marks."""

from __future__ import annotations

from pathlib import Path


def put(page: Path, name: str, text: str) -> None:
    """Puts a text between the marks <!-- name --> and <!-- /name --> of a page, which has them."""
    before, _, after = parts(page, name)
    page.write_text(before + text + after, encoding="utf-8")


def get(page: Path, name: str) -> str:
    """What is between the marks."""
    return parts(page, name)[1]


def parts(page: Path, name: str) -> tuple[str, str, str]:
    """A page up to the end of the first mark, the text, and the rest."""
    first, last = f"<!-- {name} -->\n", f"<!-- /{name} -->\n"
    before, begins, rest = page.read_text(encoding="utf-8").partition(first)
    text, ends, after = rest.partition(last)
    if not begins or not ends:
        raise SystemExit(f"{page}: has no place for the table {name}: {first.strip()} and {last.strip()}")
    return before + first, text, last + after
