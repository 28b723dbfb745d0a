"""The randomness that routing is given."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

T = TypeVar("T")


class Chance(Protocol):
    """The only randomness: `random.Random` fits."""

    def random(self) -> float: ...
    def betavariate(self, alpha: float, beta: float) -> float: ...
    def sample(self, population: Sequence[T], k: int) -> list[T]: ...
