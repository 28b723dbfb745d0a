"""Agents: register, look around, leave."""

from collections.abc import Callable
from typing import Any

from chalicelib.domain.agent import Agent, Profile

from .agent_presenting import agent_action, agent_object, capability_object, registered_agent
from .agent_requests import AgentListQuery, CapabilityFields, Registration, SearchQuery
from .agent_wire import AgentAction, AgentList, AgentObject, CapabilityList, RegisteredAgent
from .creating import KEY_HEADER, created, idempotency_key
from .fields import NoBody, NoQuery, milliseconds
from .operation import Call, Reply, Routes

routes = Routes("agents")


@routes.route(
    "POST", "/ains/agents", RegisteredAgent, body=Registration, statuses=(201, 200), headers=KEY_HEADER
)
def register_agent(call: Call[NoQuery, Registration]) -> Reply[RegisteredAgent]:
    """Register an agent, or update it (200); another session_id takes its work over."""
    sent, key = call.body, idempotency_key(call.headers)
    said: dict[str, Any] = {
        "tenant": call.tenant,
        "max_concurrency": sent.max_concurrency,
        "session_id": sent.session_id,
        "descriptions": {c.name: _description(c) for c in sent.capabilities},
    }
    if sent.agent_id is None and key is not None:
        agent, was_known = call.use_cases.agents.register_once(_profile(sent), key=key, **said)
        return _registered(call, agent, was_known=was_known)
    agent_id = sent.agent_id or call.use_cases.new_id("agent")
    agent, is_new = call.use_cases.agents.register(agent_id, _profile(sent), **said)
    if is_new:
        return _registered(call, agent, was_known=False)
    return Reply(registered_agent(agent, f"agent {agent_id} was updated", now=call.use_cases.clock()))


def _registered(call: Call[Any, Any], agent: Agent, *, was_known: bool) -> Reply[RegisteredAgent]:
    body = registered_agent(agent, f"agent {agent.agent_id} was registered", now=call.use_cases.clock())
    return created(body, f"/ains/agents/{agent.agent_id}", was_known=was_known)


def _profile(sent: Registration) -> Profile:
    return Profile(
        display_name=sent.display_name,
        capabilities=tuple(capability.name for capability in sent.capabilities),
        tags=tuple(sent.tags),
        endpoint=sent.endpoint,
        public_key=sent.public_key,
        delivery=sent.delivery,
        heartbeat_ms=milliseconds(sent.heartbeat_interval_seconds),
        owner=sent.owner,
        metadata=sent.metadata,
        versions={c.name: c.version for c in sent.capabilities if c.version is not None},
    )


def _description(capability: CapabilityFields) -> dict[str, Any] | None:
    told = capability.model_dump(exclude={"name"}, exclude_none=True)
    return told or None


@routes.route("GET", "/ains/agents", AgentList, query=AgentListQuery)
def list_agents(call: Call[AgentListQuery, NoBody]) -> AgentList:
    """List agents; an agent is listed when it meets all the filters."""
    asked = call.query
    page = call.use_cases.reading.list_agents(
        _meets(asked, call.use_cases.clock()),
        tenant=call.tenant,
        capability=asked.capability,
        limit=asked.limit + asked.offset,
        cursor=asked.cursor,
    )
    now = call.use_cases.clock()
    rows = [agent_object(agent, now=now) for agent in page.items[asked.offset :]]
    return AgentList(agents=rows, next_cursor=page.cursor)


def _meets(asked: AgentListQuery | SearchQuery, now: int) -> Callable[[Agent], bool]:
    status = asked.status if isinstance(asked, AgentListQuery) else None

    def meets(agent: Agent) -> bool:
        trust = agent.trust(asked.capability, now=now).assured
        return (
            (asked.tag is None or asked.tag in agent.profile.tags)
            and (asked.min_trust is None or trust >= asked.min_trust)
            and (status is None or agent.status(now) is status)
        )

    return meets


@routes.route("GET", "/ains/search", AgentList, query=SearchQuery)
def search_agents(call: Call[SearchQuery, NoBody]) -> AgentList:
    """Find agents that may take work for a capability now, the most trusted first."""
    asked, now = call.query, call.use_cases.clock()
    meets = _meets(asked, now)
    page = call.use_cases.reading.list_agents(
        lambda agent: agent.is_taking(now) and meets(agent),
        tenant=call.tenant,
        capability=asked.capability,
        limit=asked.limit,
        cursor=None,
    )
    best = sorted(page.items, key=lambda agent: -agent.trust(asked.capability, now=now).assured)
    return AgentList(agents=[agent_object(agent, now=now) for agent in best], next_cursor=None)


@routes.route("GET", "/ains/agents/{agent_id}", AgentObject)
def get_agent(call: Call[NoQuery, NoBody]) -> AgentObject:
    """One agent as it is now."""
    agent = call.use_cases.agents.get(call.path["agent_id"], tenant=call.tenant)
    return agent_object(agent, now=call.use_cases.clock())


@routes.route("DELETE", "/ains/agents/{agent_id}", AgentAction)
def remove_agent(call: Call[NoQuery, NoBody]) -> AgentAction:
    """Take an agent out: what it holds goes back in line."""
    agent = call.use_cases.agents.leave(call.path["agent_id"], tenant=call.tenant)
    return agent_action(agent, "has left; its open tasks go back in line", now=call.use_cases.clock())


@routes.route("GET", "/ains/agents/{agent_id}/capabilities", CapabilityList)
def list_capabilities(call: Call[NoQuery, NoBody]) -> CapabilityList:
    """What an agent can do, as it registered it."""
    agent = call.use_cases.agents.get(call.path["agent_id"], tenant=call.tenant)
    known = call.use_cases.agent_store.capabilities(agent)
    return CapabilityList(
        agent_id=agent.agent_id, capabilities=[capability_object(name, told) for name, told in known]
    )
