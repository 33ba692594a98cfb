"""Reads and changes the footer of a DuckDB extension.

It is the file's last 512 bytes. Their first half has eight fields of 32 bytes, the last one first:
the field before the last is the platform, and DuckDB loads a file only if that is its own.
"""

from __future__ import annotations

SIZE = 512
FIELD = 32
MAGIC = -SIZE + 7 * FIELD
PLATFORM = -SIZE + 6 * FIELD


def platform(extension: bytes) -> str:
    """Returns the platform of an extension; empty if it has no footer."""
    if len(extension) < SIZE or _text(extension, MAGIC) != "4":
        return ""
    return _text(extension, PLATFORM)


def with_platform(extension: bytes, name: str) -> bytes:
    """Returns an extension with another platform in its footer."""
    at = len(extension) + PLATFORM
    return extension[:at] + name.encode().ljust(FIELD, b"\0") + extension[at + FIELD :]


def _text(extension: bytes, at: int) -> str:
    return extension[at : at + FIELD].rstrip(b"\0").decode(errors="replace")
