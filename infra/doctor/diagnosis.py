"""The whole visit: all is examined, whatever looks wrong is looked at twice again, what stands is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice

from chalicelib.domain.invariants import Violation

from .examination import Examination
from .second_look import SecondLook, Suspect

BATCH = 200  # suspects that are kept until they are looked at again


@dataclass
class Diagnosis:
    """What was told so far; `moved` counts what looked wrong and changed too fast to be judged."""

    violations: int = 0
    moved: int = 0
    is_whole: bool = True
    read: Counter[str] = field(default_factory=Counter)  # rows by table


def diagnosed(
    examination: Examination, look: SecondLook, *, limit: int, tell: Callable[[Violation], None]
) -> Diagnosis:
    """Tells each violation as soon as it is sure; gives up after `limit` of them."""
    diagnosis = Diagnosis(read=examination.read)
    suspects = (Suspect(v.number, v.kind, v.row_id) for v in examination.suspects())
    while batch := list(islice(suspects, BATCH)):
        standing, moved = look.standing(batch)
        diagnosis.moved += moved
        for violation in standing:
            if diagnosis.violations == limit:
                diagnosis.is_whole = False
                return diagnosis
            tell(violation)
            diagnosis.violations += 1
    return diagnosis
