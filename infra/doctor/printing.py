"""What the terminal shows: violations on stdout, how far the reading is on stderr."""

from __future__ import annotations

import shutil
import textwrap
import time
from collections.abc import Mapping
from typing import TextIO

from chalicelib.domain.invariants import Violation

from .diagnosis import Diagnosis

EVERY_S = 10.0  # a line of progress where there is no terminal to rewrite one
NAMES: Mapping[int, str] = {
    1: "durability",
    2: "idempotent create",
    3: "legal history",
    4: "exclusive lease",
    5: "fencing",
    6: "single result",
    7: "liveness",
    8: "bounded attempts",
    9: "eligible routing",
    10: "slots",
    11: "pause and cancel",
    12: "conservation",
}


def shown(violation: Violation) -> str:
    """Number and row, what is wrong, what to do."""
    width = max(40, min(shutil.get_terminal_size().columns, 110))
    head = f"{violation.number:>2} {NAMES[violation.number]}: {violation.kind.value} {violation.row_id}"
    wrong = textwrap.fill(
        violation.text, width, initial_indent=" " * 3, subsequent_indent=" " * 3, break_on_hyphens=False
    )
    advice = textwrap.fill(
        violation.advice, width, initial_indent="   -> ", subsequent_indent=" " * 6, break_on_hyphens=False
    )
    return "\n".join((head, wrong, advice, ""))


def summary(diagnosis: Diagnosis, *, stage: str, seconds: float) -> str:
    """One line, and one more for what could not be judged."""
    rows = ", ".join(_many(n, name) for name, n in diagnosis.read.items())
    read = f"{stage}: {_many(diagnosis.read.total(), 'rows')} read in {seconds:.1f} s ({rows or 'empty'})"
    wrong = _many(diagnosis.violations, "violations")
    lines = [f"{read}: {wrong}" + ("" if diagnosis.is_whole else ", and more: raise --limit to see them")]
    if diagnosis.moved:
        lines.append(f"{_many(diagnosis.moved, 'rows')} looked wrong but kept changing: run it again later")
    return "\n".join(lines)


def _many(n: int, things: str) -> str:
    return f"{n:,} {things if n != 1 else things[:-1]}" if n else f"no {things}"


class Progress:
    """Where the reading is: rewritten in a terminal, else a line now and then."""

    def __init__(self, stream: TextIO, *, every_s: float = EVERY_S) -> None:
        self._stream = stream
        self._every_s = every_s
        self._rewrites = stream.isatty()
        self._told = time.monotonic()
        self._shown = False

    def __call__(self, name: str, n: int) -> None:
        line = f"reading {name}: {n:,}"
        if self._rewrites:
            self._stream.write(f"\r\x1b[K{line}")
            self._stream.flush()
            self._shown = True
        elif time.monotonic() - self._told >= self._every_s:
            self._told = time.monotonic()
            print(line, file=self._stream, flush=True)

    def clear(self) -> None:
        """Make room for what is told."""
        if self._shown:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
            self._shown = False
