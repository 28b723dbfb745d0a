"""Agents and what they hold. The snapshot has all agents it is to judge, and every task that one holds."""

from collections import Counter
from collections.abc import Iterator

from chalicelib.domain.agent import SWEEP_AGAIN_MS

from .snapshot import Snapshot
from .violation import Violation, moment, of_agent, of_task

CLOCKS_APART_MS = 1_000  # a heartbeat that a slower machine took ends the lease so much sooner


def slots_in_use(s: Snapshot) -> Iterator[Violation]:
    """12. The slots that an agent counts are the leases it has."""
    held = Counter(task.lease.agent_id for task in s.tasks.values() if task.lease is not None)
    for agent in s.agents.values():
        true = held[agent.agent_id]
        if agent.in_flight != true:
            harm = "too few, so it is given too much" if agent.in_flight < true else "slots lie idle"
            yield of_agent(
                agent,
                12,
                f"counts {agent.in_flight} tasks in flight and holds {true}",
                f"{harm}: set in_flight to {true} with aws dynamodb update-item, on condition that it is"
                f" still {agent.in_flight}",
            )


def known_holders(s: Snapshot) -> Iterator[Violation]:
    """12. Whoever holds a task exists, and is of its tenant."""
    for task in s.tasks.values():
        if task.lease is None:
            continue
        agent = s.agents.get(task.lease.agent_id)
        ends = f"its lease ends {moment(task.lease.ends_at)} and the clock frees it then"
        if agent is None:
            text = f"is held by agent {task.lease.agent_id}, which does not exist"
            yield of_task(task, 12, text, f"{ends}; if it does not, cancel it and submit it again")
        elif agent.tenant != task.tenant:
            text = f"of tenant {task.tenant} is held by agent {agent.agent_id} of tenant {agent.tenant}"
            advice = f"the agent has seen its input: tell the tenant, and cancel it; {ends}"
            yield of_task(task, 12, text, advice)


def watched_agents(s: Snapshot) -> Iterator[Violation]:
    """7, ahead of time: the clock looks at an agent that holds work when its lease ends, or sooner."""
    for agent in s.agents.values():
        limit = max(agent.lease_until + CLOCKS_APART_MS, s.now + SWEEP_AGAIN_MS)
        if agent.in_flight > 0 and (agent.due_at is None or agent.due_at > limit):
            yield of_agent(
                agent,
                7,
                f"holds work and is looked at {moment(agent.due_at)},"
                f" though its lease ends {moment(agent.lease_until)}",
                "if it dies its tasks wait for their own deadlines: let it register again, which arms it",
            )


OF_AGENTS = (slots_in_use, known_holders, watched_agents)
