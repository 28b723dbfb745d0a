"""A deployment in which much has happened, ways to wound it, and a doctor to visit it."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from pynamodb.models import Model

from chalicelib import wiring
from chalicelib.domain.agent import Profile
from chalicelib.domain.invariants import Violation
from chalicelib.domain.task import Status, Task
from chalicelib.services.holding import Report
from chalicelib.services.submission import Options, Order
from chalicelib.services.usecases import UseCases
from chalicelib.store import task_rows
from infra.doctor.deployment import deployment
from infra.doctor.diagnosis import Diagnosis, diagnosed
from infra.local.engine import LocalCloud

STAGE, TENANT, AGENT = "doctor", "acme", "agent-1"


@dataclass
class Patient:
    """The deployment; `ids` names its tasks by what became of them."""

    cloud: LocalCloud
    use_cases: UseCases
    stores: wiring.Ports
    ids: dict[str, str] = field(default_factory=dict)
    schedule_id: str = ""
    slot: int = 0

    def task(self, name: str) -> Task:
        found = self.stores.tasks.get(self.ids[name])
        assert found is not None
        return found

    def put(self, task: Task) -> None:
        """Over whatever is there: nobody asks the version."""
        task_rows.to_record(task, cid="planted").save()

    def edit(self, model: type[Model], *key: Any, **values: Any) -> None:
        """Single attributes; None removes."""
        record = model(*key)
        actions = [
            getattr(model, name).remove() if value is None else getattr(model, name).set(value)
            for name, value in values.items()
        ]
        record.update(actions=actions)

    def drop(self, model: type[Model], *key: Any) -> None:
        model(*key).delete()

    def visit(
        self, *, limit: int = 100, page: int = 1_000, meanwhile: Callable[[], object] = lambda: None
    ) -> tuple[list[Violation], Diagnosis]:
        """What the doctor tells; `meanwhile` happens between its two looks."""
        told: list[Violation] = []
        visited = deployment(STAGE)
        visited = replace(visited, rows=replace(visited.rows, page=page))
        examination = visited.examination(lambda _name, _n: None)
        look = visited.second_look(examination, settle_seconds=5, pause=lambda _seconds: meanwhile())
        diagnosis = diagnosed(examination, look, limit=limit, tell=told.append)
        return told, diagnosis

    def finds(self, *, page: int = 1_000) -> set[tuple[int, str]]:
        """Number and row of each violation."""
        told, _ = self.visit(page=page)
        return {(violation.number, violation.row_id) for violation in told}


def made_busy(empty: Patient) -> None:
    """Healthy: tasks wait, run, are over, back off and were cancelled; a slot fired and is told."""
    use_cases = empty.use_cases
    use_cases.agents.register(
        AGENT,
        Profile(display_name=AGENT, capabilities=("report",), heartbeat_ms=600_000),
        tenant=TENANT,
        max_concurrency=9,
        session_id="s",
        descriptions={},
    )
    for name in ("runs", "over", "backs-off", "cancelled", "assigned"):
        empty.ids[name] = _submitted(use_cases, "report")
        use_cases.dispatch.route(empty.ids[name], tenant=TENANT, capability="report")
    empty.ids["waits"] = _submitted(use_cases, "draw")
    _report(empty, "runs", Status.ACTIVE)
    _report(empty, "over", Status.ACTIVE, Status.COMPLETED)
    _report(empty, "backs-off", Status.ACTIVE, Status.FAILED)
    use_cases.cancelling.cancel(empty.ids["cancelled"], tenant=TENANT, reason=None)
    _fired(empty)


def _submitted(use_cases: UseCases, capability: str) -> str:
    order = Order(
        client_id="client",
        task_type="work",
        capability=capability,
        input_data=None,
        options=Options(timeout_ms=600_000),
    )
    task, _ = use_cases.submission.submit(order, tenant=TENANT)
    return task.task_id


def _report(patient: Patient, name: str, *statuses: Status) -> None:
    for status in statuses:
        said = Report(
            task_id=patient.ids[name],
            agent_id=AGENT,
            token=1,
            status=status,
            result=1,
            error="no",
            retry_after_ms=600_000,
        )
        patient.use_cases.holding.report(said, tenant=TENANT)


def _fired(patient: Patient) -> None:
    """Two runs of one schedule: the first is over and told, the second waits."""
    use_cases = patient.use_cases
    definition = {"client_id": "client", "task_type": "work", "capability": "report", "cron": "0 0 1 1 *"}
    schedule, _ = use_cases.schedules.create(definition, tenant=TENANT, input_data={}, metadata={})
    patient.schedule_id = schedule.schedule_id
    for name in ("told", "untold"):
        task = use_cases.firing.run_now(schedule.schedule_id, tenant=TENANT)
        patient.ids[name] = task.task_id
        use_cases.dispatch.route(task.task_id, tenant=TENANT, capability="report")
    _report(patient, "told", Status.ACTIVE, Status.COMPLETED)
    use_cases.settling.settle(patient.ids["told"])
    told = patient.task("told")
    assert told.slot is not None
    patient.slot = told.slot
