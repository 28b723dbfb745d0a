"""All use cases, as the doors receive them."""

from chalicelib.values import dataclass

from .adjusting import Adjusting
from .agents import Agents
from .backfilling import Backfilling
from .cancelling import Cancelling
from .clock import Looking
from .counting import Counting
from .dead_letters import DeadLetters
from .dead_messages import DeadLettering
from .dispatch import Dispatch
from .draining import Draining
from .explaining import Explaining
from .firing import Firing
from .holding import Holding
from .measuring import Measuring
from .past_tasks import PastTasks
from .ports import AgentStore, Clock, Metrics, NewId, StatsStore
from .pull import Pull
from .purging import Purging
from .reading import Reading
from .redriving import Redriving
from .retrying import Retrying
from .schedules import Schedules
from .settling import Settling
from .submission import Submission
from .syncing import Syncing
from .ticking import Ticking
from .trusting import Trusting


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class UseCases:
    """What the API, the consumer and the tick call."""

    submission: Submission
    reading: Reading
    past_tasks: PastTasks
    holding: Holding
    cancelling: Cancelling
    adjusting: Adjusting
    dead_letters: DeadLetters
    retrying: Retrying
    redriving: Redriving
    agents: Agents
    draining: Draining
    trusting: Trusting
    agent_store: AgentStore
    syncing: Syncing
    pull: Pull
    schedules: Schedules
    backfilling: Backfilling
    firing: Firing
    settling: Settling
    dispatch: Dispatch
    explaining: Explaining
    looking: Looking
    ticking: Ticking
    dead_lettering: DeadLettering
    counting: Counting
    purging: Purging
    measuring: Measuring
    stats: StatsStore
    clock: Clock
    new_id: NewId
    metrics: Metrics
