"""The composition root: the sole maker of clients, clock, ids and chance."""

from .assembly import assemble
from .outside import Ports, aws
from .surroundings import new_id, stopwatch, wall_clock

__all__ = [
    "Ports",
    "assemble",
    "aws",
    "new_id",
    "stopwatch",
    "wall_clock",
]
