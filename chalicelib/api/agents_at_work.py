"""Agents at work: keep alive, sync, drain."""

from chalicelib.services.holding import Report
from chalicelib.services.syncing import Named, Said

from .agent_presenting import agent_action, heartbeat_receipt, sync_answer
from .agent_requests import Drain, FinishedTask, Heartbeat, Sync
from .agent_wire import AgentAction, HeartbeatReceipt, SyncAnswer
from .fields import NoBody, NoQuery, milliseconds
from .operation import Call, Routes

routes = Routes("agents")


@routes.route("POST", "/ains/agents/{agent_id}/heartbeat", HeartbeatReceipt, body=Heartbeat)
def heartbeat(call: Call[NoQuery, Heartbeat]) -> HeartbeatReceipt:
    """Keep an agent alive, whatever it holds; the body may be empty."""
    use_cases = call.use_cases
    agent = use_cases.agents.heartbeat(call.path["agent_id"], tenant=call.tenant, wish=call.body.wish())
    return heartbeat_receipt(agent, now=use_cases.clock())


@routes.route("POST", "/ains/agents/{agent_id}/sync", SyncAnswer, body=Sync)
def sync_agent(call: Call[NoQuery, Sync]) -> SyncAnswer:
    """Keep alive, report, hand back and take work in one call."""
    agent_id = call.path["agent_id"]
    answer = call.use_cases.syncing.sync(agent_id, _said(agent_id, call.body), tenant=call.tenant)
    given = call.use_cases.reading.with_input(answer.given)
    return sync_answer(answer, given, now=call.use_cases.clock())


def _said(agent_id: str, sent: Sync) -> Said:
    return Said(
        session_id=sent.session_id,
        ack=sent.ack,
        held=tuple(
            Named(task_id=h.task_id, token=h.lease_token, started=h.status == "ACTIVE", progress=h.progress)
            for h in sent.held
        ),
        reports=tuple(_report(agent_id, finished) for finished in sent.reports),
        released=tuple(Named(task_id=r.task_id, token=r.lease_token) for r in sent.released),
        free_slots=sent.free_slots,
        wish=sent.status,
    )


def _report(agent_id: str, sent: FinishedTask) -> Report:
    after = sent.retry_after_seconds
    return Report(
        task_id=sent.task_id,
        agent_id=agent_id,
        token=sent.lease_token,
        status=sent.status,
        result=sent.result_data,
        error=sent.error_message,
        retryable=sent.retryable,
        retry_after_ms=None if after is None else milliseconds(after),
    )


@routes.route("POST", "/ains/agents/{agent_id}/drain", AgentAction, body=Drain)
def drain_agent(call: Call[NoQuery, Drain]) -> AgentAction:
    """Give an agent no new work until it is undrained or starts anew; it finishes what it holds."""
    use_cases = call.use_cases
    agent = use_cases.draining.drain(call.path["agent_id"], tenant=call.tenant, reason=call.body.reason)
    return agent_action(agent, f"takes no new work; it holds {agent.in_flight}", now=use_cases.clock())


@routes.route("DELETE", "/ains/agents/{agent_id}/drain", AgentAction)
def undrain_agent(call: Call[NoQuery, NoBody]) -> AgentAction:
    """Let a drained agent take work again."""
    use_cases = call.use_cases
    agent = use_cases.draining.undrain(call.path["agent_id"], tenant=call.tenant)
    status = agent.status(now := use_cases.clock())
    return agent_action(agent, f"is no longer drained; it is {status.value}", now=now)
