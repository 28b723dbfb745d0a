"""Trust as the wire shows it."""

from .agent_wire import TrustObject
from .wire import wire


@wire
class Quarantine:
    """Five faults in a row suspend an agent until `until`; from then on it is given one task at a time."""

    is_probation: bool
    faults_in_a_row: int
    failed_probes: int
    until: str | None


@wire
class CapabilityTrust:
    """How far an agent is trusted with one capability."""

    capability: str
    trust_score: float
    lower_bound: float
    effective_results: float


@wire
class AgentTrust:
    """How far an agent is trusted, over all and by capability; `lower_bound` holds with 95 % certainty."""

    agent_id: str
    trust_score: float
    lower_bound: float
    effective_results: float
    capabilities: list[CapabilityTrust]
    quarantine: Quarantine


@wire
class Leader:
    """An agent's place among those that have results; the numbers are of the board's capability."""

    rank: int
    agent_id: str
    display_name: str
    status: str
    trust_score: float
    lower_bound: float
    effective_results: float


@wire
class Leaderboard:
    """The most trusted first, by lower bound."""

    capability: str | None
    leaders: list[Leader]


@wire
class TrustMove:
    """One thing that moved trust in a capability, with the scores before and after it.

    `cause` is completed, error, timeout, agent_lost, disproved (it called `task_id` hopeless, and another
    completed that) or adjusted; `successes` and `faults` are results.
    """

    event_id: str
    at: str
    cause: str
    capability: str | None
    successes: float
    faults: float
    before: TrustObject
    after: TrustObject
    reason: str | None
    task_id: str | None
    lease_token: int | None
    client_id: str | None


@wire
class TrustHistory:
    """One page, newest first."""

    agent_id: str
    events: list[TrustMove]
    next_cursor: str | None


@wire
class TrustAdjustment:
    """What an admin added, and what it changed; the scores are the capability's, or over all."""

    agent_id: str
    adjustment_id: str
    at: str
    reason: str
    capability: str | None
    successes: float
    faults: float
    lift_quarantine: bool
    before: TrustObject
    after: TrustObject
    message: str
