"""Which agent a task goes to.

`eligibility` says who may have it, `strategies` who is preferred, `choice` puts both together and explains
itself, `pulling` is the other direction: what a free agent takes from the line.
"""

from .chance import Chance
from .choice import By, Candidate, Choice, choose, pulled, refusals
from .eligibility import Reason, Refusal, could_take, had_it, lost_it, why_not
from .pulling import is_doubted, stands_back
from .strategies import SCORED_BY, Strategy

__all__ = [
    "SCORED_BY",
    "By",
    "Candidate",
    "Chance",
    "Choice",
    "Reason",
    "Refusal",
    "Strategy",
    "choose",
    "could_take",
    "had_it",
    "is_doubted",
    "lost_it",
    "pulled",
    "refusals",
    "stands_back",
    "why_not",
]
