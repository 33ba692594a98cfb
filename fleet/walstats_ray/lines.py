"""Counts the lines of a dump with other eyes than the extension's."""

from __future__ import annotations

import gzip
import io
from typing import BinaryIO, cast

import lz4.frame
import numpy as np  # counts a byte three times as fast as bytes.count
import zstandard

from .ranges import PACKED, Range

CHUNK = 256 << 10
NEWLINE = 10


def count_lines(range_: Range) -> int:
    """How many lines end in the range; the last one of a file ends with it."""
    with open(range_.file, "rb", buffering=0) as file:
        if range_.packed:
            return _count(_unpacked(file), None, whole=True)
        file.seek(range_.begin)
        return _count(cast(BinaryIO, file), range_.end - range_.begin, whole=range_.end == range_.identity.size)


def _count(text: BinaryIO, length: int | None, whole: bool) -> int:
    lines, last = 0, NEWLINE
    buffer = bytearray(CHUNK)  # one, which stays in the cache
    view, bytes_ = memoryview(buffer), np.frombuffer(buffer, dtype=np.uint8)
    while size := cast(io.RawIOBase, text).readinto(view if length is None else view[: min(CHUNK, length)]):
        lines += int(np.count_nonzero(bytes_[:size] == NEWLINE))
        last = buffer[size - 1]
        if length is not None:
            length -= size
    return lines + (whole and last != NEWLINE)


def _unpacked(file: BinaryIO) -> BinaryIO:
    magic = file.read(4)
    file.seek(0)
    if magic.startswith(PACKED[0]):
        return cast(BinaryIO, gzip.open(file))
    if magic == PACKED[1]:
        return cast(BinaryIO, zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True))
    return cast(BinaryIO, lz4.frame.open(file))
