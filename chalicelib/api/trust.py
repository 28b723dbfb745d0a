"""Trust in agents: how far, why, and what an admin adds to it."""

from typing import Annotated

from pydantic import AfterValidator, Field

from chalicelib.domain import trust
from chalicelib.domain.agent import Agent
from chalicelib.domain.errors import Invalid
from chalicelib.domain.trust import Posterior
from chalicelib.domain.trust_events import Adjustment, Told
from chalicelib.services.trusting import Wanted

from .agent_presenting import score, trust_object
from .creating import KEY_HEADER, idempotency_key, replayed
from .fields import Capability, Limit, NoBody, NoQuery, Request
from .operation import Call, Reply, Routes
from .times import iso, iso_or_none
from .trust_wire import (
    AgentTrust,
    CapabilityTrust,
    Leader,
    Leaderboard,
    Quarantine,
    TrustAdjustment,
    TrustHistory,
    TrustMove,
)

routes = Routes("agents")
ROOT = "/ains/agents/{agent_id}/trust"
MOST_RESULTS = 1_000
Results = Annotated[float, Field(ge=0, le=MOST_RESULTS)]


def _said(text: str) -> str:
    if not text.strip():
        raise ValueError("must say why, for those who read the history")
    return text


class TrustAdjusting(Request):
    """Results to add, as if a task had ended so now, the end of a quarantine, or both; and why."""

    reason: Annotated[str, Field(max_length=500), AfterValidator(_said)]
    capability: Capability | None = None
    successes: Results = 0.0
    faults: Results = 0.0
    lift_quarantine: bool = False


class LeaderQuery(Request):
    """Whose board, and how many of it."""

    capability: Capability | None = None
    limit: Limit = 20


class HistoryQuery(Request):
    """Where the history goes on, and how far. Its cursors are longer than others."""

    limit: Limit = 50
    cursor: Annotated[str, Field(min_length=1, max_length=8_192)] | None = None


@routes.route("GET", ROOT, AgentTrust)
def get_trust(call: Call[NoQuery, NoBody]) -> AgentTrust:
    """How far an agent is trusted now, over all and by capability, and whether it is in quarantine."""
    agent = call.use_cases.agents.get(call.path["agent_id"], tenant=call.tenant)
    now = call.use_cases.clock()
    over_all = agent.trust(None, now=now)
    return AgentTrust(
        agent_id=agent.agent_id,
        trust_score=score(over_all),
        lower_bound=round(over_all.lower_bound, 4),
        effective_results=round(over_all.effective_results, 2),
        capabilities=[_of_capability(agent, name, now) for name in agent.profile.capabilities],
        quarantine=_quarantine(agent),
    )


@routes.route("GET", "/ains/agents/leaderboard", Leaderboard, query=LeaderQuery)
def get_leaderboard(call: Call[LeaderQuery, NoBody]) -> Leaderboard:
    """The agents most surely good at a capability, or over all: by lower bound, newcomers left out."""
    asked, now = call.query, call.use_cases.clock()
    best = call.use_cases.trusting.leaders(asked.capability, tenant=call.tenant, limit=asked.limit)
    leaders = [_leader(agent, place, asked.capability, now) for place, agent in enumerate(best, 1)]
    return Leaderboard(capability=asked.capability, leaders=leaders)


def _leader(agent: Agent, place: int, capability: str | None, now: int) -> Leader:
    believed = agent.trust(capability, now=now)
    return Leader(
        rank=place,
        agent_id=agent.agent_id,
        display_name=agent.profile.display_name,
        status=agent.status(now).value,
        trust_score=score(believed),
        lower_bound=round(believed.lower_bound, 4),
        effective_results=round(believed.effective_results, 2),
    )


def _of_capability(agent: Agent, name: str, now: int) -> CapabilityTrust:
    believed = agent.trust(name, now=now)
    return CapabilityTrust(
        capability=name,
        trust_score=score(believed),
        lower_bound=round(believed.lower_bound, 4),
        effective_results=round(believed.effective_results, 2),
    )


def _quarantine(agent: Agent) -> Quarantine:
    streak = agent.streak
    return Quarantine(
        is_probation=streak.is_probation,
        faults_in_a_row=streak.faults,
        failed_probes=streak.failed_probes,
        until=iso_or_none(streak.rests_until),
    )


@routes.route("GET", ROOT + "/history", TrustHistory, query=HistoryQuery)
def get_trust_history(call: Call[HistoryQuery, NoBody]) -> TrustHistory:
    """What moved an agent's trust in the last 30 days, newest first, with the scores before and after."""
    agent_id, asked = call.path["agent_id"], call.query
    page = call.use_cases.trusting.history(
        agent_id, tenant=call.tenant, limit=asked.limit, cursor=asked.cursor
    )
    return TrustHistory(
        agent_id=agent_id, events=[_move(told) for told in page.items], next_cursor=page.cursor
    )


def _move(told: Told) -> TrustMove:
    event, evidence = told.event, told.event.evidence
    scale = trust.weight(event.at)
    return TrustMove(
        event_id=event.event_id,
        at=iso(event.at),
        cause=event.cause,
        capability=None if evidence is None else evidence.capability,
        successes=0 if evidence is None else round(evidence.good / scale, 4),
        faults=0 if evidence is None else round(evidence.bad / scale, 4),
        before=trust_object(told.before),
        after=trust_object(told.after),
        reason=event.reason,
        task_id=event.task_id,
        lease_token=event.token,
        client_id=event.client_id,
    )


@routes.route(
    "POST", ROOT + "/adjust", TrustAdjustment, body=TrustAdjusting, headers=KEY_HEADER, is_for_admins=True
)
def adjust_trust(call: Call[NoQuery, TrustAdjusting]) -> Reply[TrustAdjustment]:
    """Add evidence to an agent's trust, or end its quarantine; it stands in the history with its reason."""
    made, was_known = call.use_cases.trusting.adjust(
        call.path["agent_id"],
        _understood(call.body),
        tenant=call.tenant,
        key=idempotency_key(call.headers),
    )
    return Reply(_adjustment(made), headers=replayed(was_known=was_known))


def _understood(sent: TrustAdjusting) -> Wanted:
    """Raises Invalid where the fields do not go together."""
    if sent.capability is None and (sent.successes or sent.faults):
        raise Invalid.at("/capability", "says what the results are of; name one of the agent's")
    if sent.capability is not None and not (sent.successes or sent.faults):
        raise Invalid.at("/successes", "say how many successes or faults to add")
    if sent.capability is None and not sent.lift_quarantine:
        raise Invalid.at("/successes", "changes nothing; add results of a capability, or lift_quarantine")
    return Wanted(
        reason=sent.reason,
        capability=sent.capability,
        successes=sent.successes,
        faults=sent.faults,
        lifts_quarantine=sent.lift_quarantine,
    )


def _adjustment(made: Adjustment) -> TrustAdjustment:
    return TrustAdjustment(
        agent_id=made.agent_id,
        adjustment_id=made.adjustment_id,
        at=iso(made.at),
        reason=made.reason,
        capability=made.capability,
        successes=made.successes,
        faults=made.faults,
        lift_quarantine=made.lifts_quarantine,
        before=trust_object(made.before),
        after=trust_object(made.after),
        message=f"trust in agent {made.agent_id} was {_shown(made.before)} and is {_shown(made.after)}",
    )


def _shown(believed: Posterior) -> str:
    return f"{believed.mean:.2f}"
