"""What can happen to a data file while no service runs: cut, bytes changed, blocks lost, grown."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PAGE = 4096
FIELDS = (0, 1, 16, 19, 24, 32, 56, 100, 4096, 4100, 4115)  # offsets in the headers of database, log and head
ANYWHERE = 4
FLIPS = 12


@dataclass(frozen=True)
class Damage:
    """One change to one file; its repr is the reproduction."""

    file: str
    kind: str
    offset: int
    byte: int = 0

    def apply(self, directory: Path) -> None:
        file = directory / self.file
        content = bytearray(file.read_bytes())
        match self.kind:
            case "cut":
                del content[self.offset :]
            case "flip":
                content[self.offset] ^= self.byte
            case "blank":
                content[self.offset : self.offset + PAGE] = bytes(PAGE)
            case "grow":
                content += bytes([self.byte]) * self.offset
        file.write_bytes(content)


def damages(file: str, size: int, *, seed: int) -> Iterator[Damage]:
    """Cuts in headers, around page boundaries and anywhere; flipped bytes; blank pages; a tail too much."""
    chance = random.Random(f"{seed} {file} {size}")
    pages = [chance.randrange(size // PAGE) * PAGE for _ in range(ANYWHERE)]
    cuts = {*FIELDS, size - 1, *(page + by for page in pages for by in (-1, 0, 1))}
    cuts |= {chance.randrange(size) for _ in range(ANYWHERE)}
    yield from (Damage(file, "cut", offset) for offset in sorted(cuts) if 0 <= offset < size)
    yield from (Damage(file, "flip", offset, 0xFF) for offset in FIELDS[1:] if offset < size)
    yield from (Damage(file, "flip", chance.randrange(size), chance.randrange(1, 256)) for _ in range(FLIPS))
    yield from (Damage(file, "blank", page) for page in pages if page + PAGE <= size)
    yield Damage(file, "grow", chance.randrange(1, 2 * PAGE), chance.randrange(256))
