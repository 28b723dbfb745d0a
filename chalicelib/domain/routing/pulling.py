"""What an agent leaves in the line for others.

Most work is pushed to the better of two. When all are full, whoever frees a slot first takes the next task,
and nobody is quicker at that than an agent that fails at once: so one that is doubted asks how it compares.
"""

from collections.abc import Sequence

from chalicelib.domain.agent import Agent
from chalicelib.domain.task import Task
from chalicelib.domain.trust import Posterior

from .chance import Chance
from .eligibility import could_take

_EVEN = 0.5


def is_doubted(agent: Agent, capability: str, *, now: int) -> bool:
    """It fails more than it does, beyond a reasonable doubt. A newcomer is not doubted."""
    believed = agent.trust(capability, now=now)
    of_failure = Posterior(believed.beta, believed.alpha)
    return of_failure.lower_bound > _EVEN


def stands_back(agent: Agent, others: Sequence[Agent], task: Task, *, now: int, chance: Chance) -> bool:
    """A doubted agent leaves the task to one of those who could have it, as often as routing would.

    It takes its part, (theta / theta')^2 of what that other one would get, and all when it is alone.
    """
    able = [other for other in others if could_take(other, task, now=now)]
    if not able:
        return False
    (rival,) = chance.sample(able, 1)
    mine, theirs = (a.trust(task.capability, now=now) for a in (agent, rival))
    theta = chance.betavariate(mine.alpha, mine.beta)
    other_theta = chance.betavariate(theirs.alpha, theirs.beta)
    return chance.random() * other_theta * other_theta >= theta * theta
