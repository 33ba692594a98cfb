"""The tables that runs write into docs/SUPPORT.md, each between its marks."""

from __future__ import annotations

from pathlib import Path


def put(page: Path, name: str, text: str) -> None:
    """Puts a text between the marks <!-- name --> and <!-- /name --> of a page, which has them."""
    first, last = f"<!-- {name} -->\n", f"<!-- /{name} -->\n"
    before, begins, rest = page.read_text(encoding="utf-8").partition(first)
    _, ends, after = rest.partition(last)
    if not begins or not ends:
        raise SystemExit(f"{page}: has no place for the table {name}: {first.strip()} and {last.strip()}")
    page.write_text(before + first + text + last + after, encoding="utf-8")
