"""Stories are told: each by itself, again from its one line, or many at random."""

import json
from collections.abc import Callable, Sequence

from hypothesis import HealthCheck, Phase, assume, given, settings

from chalicelib.domain.errors import Invalid

from .definitions import Definition, read
from .life import Step, begun, told_again
from .stories import beginnings, steps


def tell(begins: int, asked: Definition, happens: Sequence[Step]) -> None:
    """One story; what it finds wrong comes with the line that tells it again."""
    life = begun(asked, begins=begins)
    try:
        life.create()
    except Invalid:
        assume(False)
    try:
        life.live(happens)
    except AssertionError as wrong:
        line = json.dumps(told_again(begins, asked, happens), separators=(",", ":"))
        wrong.add_note(f"again: python -m tests.slots --again '{line}'")
        raise


def again(line: str) -> None:
    """The story of such a line."""
    said = json.loads(line)
    tell(said["begins"], read(said["asked"]), said["steps"])


def stories(examples: int, *, derandomize: bool) -> Callable[[], None]:
    """So many, at random; the shortest that goes wrong is the one that is told."""

    @settings(
        max_examples=examples,
        derandomize=derandomize,
        database=None,
        report_multiple_bugs=False,
        phases=[Phase.generate, Phase.shrink],
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(beginning=beginnings(), happens=steps)
    def told(beginning: tuple[int, Definition], happens: list[Step]) -> None:
        tell(*beginning, happens)

    return told
