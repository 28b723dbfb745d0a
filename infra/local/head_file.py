"""`ains.head`: the number of the last acknowledged call, kept outside the database that may lose its end.

Two slots, written in turn, each with a checksum: a torn write of one leaves the other. Never synced, like
the database's own log: both survive the death of the process, and power loss may take the end of either.
"""

from __future__ import annotations

import os
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

MAGIC = b"AINSHEAD"
NUMBER = struct.Struct(">8sQ")
CHECKSUM = struct.Struct(">I")
SLOTS = (0, 4096)  # offsets: no two in one block of any disk
SIZE = NUMBER.size + CHECKSUM.size


@dataclass(frozen=True)
class Head:
    """What the readable slots say; none is readable when the file is damaged throughout."""

    numbers: tuple[int, ...]

    @property
    def is_whole(self) -> bool:
        return len(self.numbers) == len(SLOTS)

    @property
    def most(self) -> int:
        """The last acknowledged call may have been this one, and none after it: slots are one call apart."""
        return max(self.numbers) + (0 if self.is_whole else 1)


class HeadFile:
    """The file of a running service; starts by writing both slots."""

    def __init__(self, file: Path, number: int) -> None:
        self._descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o644)
        for parity in (1, 0):  # the one that `number` does not belong into first
            os.pwrite(self._descriptor, _slot(number), SLOTS[(number + parity) % 2])

    def write(self, number: int) -> None:
        """Before the answer of call `number`. Raises OSError."""
        os.pwrite(self._descriptor, _slot(number), SLOTS[number % 2])

    def close(self) -> None:
        os.close(self._descriptor)


def read(file: Path) -> Head | None:
    """None when there is no such file. Raises OSError when it cannot be read."""
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return None
    slots = (content[offset : offset + SIZE] for offset in SLOTS)
    return Head(tuple(number for slot in slots if (number := _number(slot)) is not None))


def _slot(number: int) -> bytes:
    content = NUMBER.pack(MAGIC, number)
    return content + CHECKSUM.pack(zlib.crc32(content))


def _number(slot: bytes) -> int | None:
    if len(slot) < SIZE:
        return None
    magic, number = NUMBER.unpack_from(slot)
    return int(number) if magic == MAGIC and slot == _slot(number) else None
