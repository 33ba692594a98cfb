"""Serves one file, of which the second half cannot be read: broken_disk.py FOLDER FILE."""

from __future__ import annotations

import errno
import os
import stat
import sys
from pathlib import Path

sys.path.insert(0, str(next((Path(__file__).resolve().parents[2] / ".cache/hosts").glob("fuse-*"))))

import mfusepy  # the kernel's FUSE, spoken by a library


class BrokenDisk(mfusepy.Operations):
    use_ns = True

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = path.stat().st_size
        self.file = os.open(path, os.O_RDONLY)

    def getattr(self, path: str, fh: int | None = None) -> dict[str, int]:
        if path == "/":
            return {"st_mode": stat.S_IFDIR | 0o755, "st_nlink": 2}
        if path == "/" + self.path.name:
            return {"st_mode": stat.S_IFREG | 0o644, "st_nlink": 1, "st_size": self.size}
        raise mfusepy.FuseOSError(errno.ENOENT)

    def read(self, path: str, size: int, offset: int, fh: int) -> bytes:
        if offset + size > self.size // 2:
            raise mfusepy.FuseOSError(errno.EIO)
        return os.pread(self.file, size, offset)


if __name__ == "__main__":
    mfusepy.FUSE(BrokenDisk(Path(sys.argv[2])), sys.argv[1], foreground=True, allow_other=False)
