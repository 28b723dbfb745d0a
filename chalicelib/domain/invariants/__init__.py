"""The twelve invariants as pure functions over rows: what tests check at every step, and operators any day.

Those of a state need the rows alone (`OF_STATE`); the others need to know what was accepted (`OF_HISTORY`).
What holds only at rest, or only for a schedule that was never changed, is asked for by name.
"""

from .agents import OF_AGENTS
from .claims import eligible_claims
from .counts import OF_COUNTS
from .creations import created_once, durable
from .executions import OF_EXECUTIONS
from .rest import at_rest
from .schedules import OF_SCHEDULES
from .slots import slots_complete
from .snapshot import Claim, History, Snapshot, Step
from .tasks import OF_TASKS
from .transitions import OF_TRANSITIONS
from .violation import RowKind, Violation

__all__ = [
    "OF_AGENTS",
    "OF_EXECUTIONS",
    "OF_HISTORY",
    "OF_SCHEDULES",
    "OF_STATE",
    "OF_TASKS",
    "Claim",
    "History",
    "RowKind",
    "Snapshot",
    "Step",
    "Violation",
    "at_rest",
    "slots_complete",
    "violations",
]

OF_STATE = (*OF_TASKS, *OF_AGENTS, *OF_SCHEDULES, *OF_EXECUTIONS)
OF_HISTORY = (durable, created_once, *OF_TRANSITIONS, eligible_claims, *OF_COUNTS)


def violations(snapshot: Snapshot, history: History | None = None) -> list[Violation]:
    """Of all invariants that can be told from these."""
    found = [violation for check in OF_STATE for violation in check(snapshot)]
    if history is not None:
        found += [violation for check in OF_HISTORY for violation in check(snapshot, history)]
    return found
