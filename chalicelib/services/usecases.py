"""All use cases, as the doors receive them."""

from dataclasses import dataclass

from .agents import Agents
from .cancelling import Cancelling
from .clock import Looking, Ticking
from .dispatch import Dispatch
from .firing import Firing
from .holding import Holding
from .ports import AgentStore, Clock, Metrics, NewId
from .pull import Pull
from .reading import Reading
from .schedules import Schedules
from .settling import Settling
from .submission import Submission
from .syncing import Syncing


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class UseCases:
    """What the API, the consumer and the tick call."""

    submission: Submission
    reading: Reading
    holding: Holding
    cancelling: Cancelling
    agents: Agents
    agent_store: AgentStore
    syncing: Syncing
    pull: Pull
    schedules: Schedules
    firing: Firing
    settling: Settling
    dispatch: Dispatch
    looking: Looking
    ticking: Ticking
    clock: Clock
    new_id: NewId
    metrics: Metrics
