"""The shipped wiring over the local cloud, with a clock that stands still, and each operation as one call.

A warm process: the roster's sample is known and rows are remembered, as after the first task of a capability.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from chalicelib import consumers, ticks, wiring
from chalicelib.domain.agent import Agent, Profile
from chalicelib.domain.retry import RetryPolicy
from chalicelib.domain.schedule import Schedule
from chalicelib.domain.task import Status, Task
from chalicelib.services.holding import Report
from chalicelib.services.ports import Aggregate, Hint, HintKind
from chalicelib.services.submission import Options, Order
from chalicelib.services.syncing import Answer, Named, Said
from chalicelib.settings import Settings
from infra.local.engine import LocalCloud
from tests.budgets.counting import Cost, counted
from tests.connections import forget_connections
from tests.fakes import FakeClock, FakeMetrics

TENANT = "local"
CAPABILITY = "summarize-documents"
AGENT = "agent-01jd3m8x5v9k2w7q4r6t8y0zaa"  # as long as ids are that are made
SESSION = "session-01jd3m8x5v9k2w7q4r6t8y0zbb"
CLIENT = "client-01jd3m8x5v9k2w7q4r6t8y0zcc"
STAGE = "test"
RETRY = RetryPolicy(backoff_ms=2_000, jitter=0.0)


def shipped(cloud: LocalCloud) -> wiring.Ports:
    """The real ports, over a cloud of stage `test` that is started."""
    forget_connections()
    url = cloud.request("sqs", "GetQueueUrl", QueueName=f"ains-{STAGE}-work")["QueueUrl"]
    return wiring.aws(Settings(stage=STAGE, work_queue_url=url), FakeMetrics())


@dataclass
class Rig:
    """What people, agents and the clock do to the service, with what it costs."""

    cloud: LocalCloud
    ports: wiring.Ports
    seq: int = 0  # of the last answer to a sync

    def __post_init__(self) -> None:
        self.clock = FakeClock()
        self.ports = replace(self.ports, clock=self.clock)
        self.use_cases = wiring.assemble(self.ports, head_start_ms=0)

    def agent(self, agent_id: str = AGENT, *, slots: int = 1, capability: str = CAPABILITY) -> Agent:
        profile = Profile(
            display_name=agent_id, capabilities=(capability,), endpoint="https://agent.example/a"
        )
        agent, _ = self.use_cases.agents.register(
            agent_id,
            profile,
            tenant=TENANT,
            max_concurrency=slots,
            session_id=SESSION,
            descriptions={capability: {"description": "adds numbers", "input_schema": {"type": "object"}}},
        )
        return agent

    def heartbeat(self) -> None:
        self.use_cases.agents.heartbeat(AGENT, tenant=TENANT, wish=None)

    def idle(self) -> None:
        """Time passes until the clock has looked at an agent that holds nothing any more."""
        self.clock.advance(seconds=30)
        self.heartbeat()
        self.handle(HintKind.DUE, AGENT, aggregate=Aggregate.AGENT)

    def submit(
        self,
        *,
        capability: str = CAPABILITY,
        max_retries: int = 3,
        client_id: str = CLIENT,
        not_before: int | None = None,
    ) -> Task:
        order = Order(
            client_id=client_id,
            task_type="sum",
            capability=capability,
            input_data={"numbers": [1, 2, 3]},
            metadata={"trace": "0af7651916cd43dd8448eb211c80319c"},
            not_before=not_before,
            options=Options(max_retries=max_retries, retry=RETRY),
        )
        task, _ = self.use_cases.submission.submit(order, tenant=TENANT)
        return task

    def handle(self, kind: HintKind, row_id: str, *, aggregate: Aggregate | None = Aggregate.TASK) -> None:
        """A message of the work queue."""
        hint = Hint(kind=kind, row_id=row_id, aggregate=aggregate, tenant=TENANT, capability=CAPABILITY)
        consumers.handle(hint, self.use_cases)

    def dispatch(self, task: Task) -> Task:
        self.handle(HintKind.DISPATCH, task.task_id)
        return self.row(task)

    def pull(self, task: Task) -> Task:
        """Its agent, which has a free slot, takes it from the line."""
        agent = self.ports.agents.get(AGENT)
        assert agent is not None
        (taken,) = self.use_cases.pull.fill(agent)
        assert taken.task_id == task.task_id
        return taken

    def look(self, task: Task) -> Task:
        self.handle(HintKind.DUE, task.task_id)
        return self.row(task)

    def report(self, task: Task, status: Status) -> Task:
        assert task.lease is not None
        report = Report(
            task_id=task.task_id,
            agent_id=task.lease.agent_id,
            token=task.lease.token,
            status=status,
            result={"sum": 6},
            error="out of memory" if status is Status.FAILED else None,
        )
        return self.use_cases.holding.report(report, tenant=TENANT)

    def row(self, task: Task) -> Task:
        """As it stands, not counted."""
        outer, self.cloud.around = self.cloud.around, None
        try:
            found = self.ports.tasks.get(task.task_id)
        finally:
            self.cloud.around = outer
        assert found is not None
        return found

    def sync(
        self, *, reports: tuple[Report, ...] = (), held: tuple[Named, ...] = (), free: int = 0
    ) -> Answer:
        said = Said(session_id=SESSION, ack=self.seq, reports=reports, held=held, free_slots=free)
        answer = self.use_cases.syncing.sync(AGENT, said, tenant=TENANT)
        self.seq = answer.seq
        return answer

    def schedule(self, *, max_retries: int = 3, **policies: Any) -> Schedule:
        """Each minute, first in a minute."""
        definition = {
            "client_id": CLIENT,
            "task_type": "sum",
            "capability": CAPABILITY,
            "cron": "* * * * *",
            "description": "adds what came in",
            "task_options": Options(max_retries=max_retries, retry=RETRY).as_json(),
        }
        schedule, _ = self.use_cases.schedules.create(
            definition | policies, tenant=TENANT, input_data={"numbers": [1, 2, 3]}, metadata={}
        )
        return schedule

    def tick(self) -> None:
        """What the minute's rule calls."""
        ticks.tick(self.use_cases)

    def warm(self) -> None:
        """One task from end to end."""
        self.life(self.submit())

    def life(self, task: Task) -> dict[str, Cost]:
        """From in line to COMPLETED, step by step."""
        steps: dict[str, Callable[[Task], Task]] = {
            "dispatch": self.dispatch,
            "start": lambda t: self.report(t, Status.ACTIVE),
            "finish": lambda t: self.report(t, Status.COMPLETED),
        }
        costs: dict[str, Cost] = {}
        for name, step in steps.items():
            with counted(self.cloud) as costs[name]:
                task = step(task)
        return costs
