"""The service is killed under load, again and again on the same data: what it acknowledged stays so."""

import contextlib
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from agent_client import Client
from agent_client.errors import Conflict, TransportError
from tests.e2e.processes import Service, until

SEED = 11
ROUNDS = 5
YEARLY = "0 0 1 1 *"


@dataclass
class Load:
    """Calls of three kinds of clients until the service is gone, and what it acknowledged to them."""

    name: str
    inputs: dict[str, Any] = field(default_factory=dict)
    cancelled: set[str] = field(default_factory=set)
    results: dict[str, Any] = field(default_factory=dict)
    yearly: set[str] = field(default_factory=set)
    paused: set[str] = field(default_factory=set)
    once: dict[str, datetime] = field(default_factory=dict)

    def submit(self, client: Client) -> None:
        number = {"n": len(self.inputs)}
        task = client.submit_task(
            "report", capability_required=self.name, client_id=self.name, input_data=number
        )
        self.inputs[task.task_id] = number
        if number["n"] % 3 == 0:
            with contextlib.suppress(Conflict):  # completed meanwhile
                client.cancel_task(task.task_id)
                self.cancelled.add(task.task_id)

    def work(self, client: Client) -> None:
        client.register_agent(
            self.name,
            agent_id=self.name,
            capabilities=[self.name],
            max_concurrency=500,  # what is cancelled before it began holds a slot for its minute
        )
        for task in list(client.list_tasks(assigned_agent_id=self.name)):
            result = {"of": task.task_id}
            with contextlib.suppress(Conflict):  # cancelled meanwhile
                client.report(task.task_id, "ACTIVE", agent_id=self.name)
                client.report(task.task_id, "COMPLETED", agent_id=self.name, result_data=result)
                self.results[task.task_id] = result

    def plan(self, client: Client) -> None:
        about: dict[str, Any] = {"capability_required": self.name, "client_id": self.name}
        yearly = client.create_schedule("report", cron_expression=YEARLY, **about).schedule_id
        self.yearly.add(yearly)
        at = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=2)
        self.once[client.create_schedule("report", run_at=at, **about).schedule_id] = at
        client.pause_schedule(yearly)
        self.paused.add(yearly)
        time.sleep(0.1)  # the rate of this load: a few schedules a round, not hundreds

    def run(self, url: str, kill: Callable[[], None], seconds: float) -> None:
        """All three at once; `kill` comes that long after the first acknowledged task of this round."""
        before = len(self.inputs)
        with ThreadPoolExecutor(3) as pool:
            loops = [pool.submit(self._until_gone, url, step) for step in (self.submit, self.work, self.plan)]
            try:
                until(lambda: len(self.inputs) > before, timeout=20, what="an acknowledged task")
                time.sleep(seconds)
            finally:
                kill()
            for loop in loops:
                loop.result()

    def _until_gone(self, url: str, step: Callable[[Client], None]) -> None:
        with Client(url) as patient, contextlib.suppress(TransportError):
            client = patient.without_retries()
            while True:
                step(client)


def require_all(load: Load, client: Client) -> None:
    for task_id, given in load.inputs.items():
        task = client.get_task(task_id)
        assert task.input_data == given
        if task_id in load.cancelled:
            assert task.status == "CANCELLED", task
        elif task_id in load.results:
            assert (task.status, task.result_data) == ("COMPLETED", load.results[task_id])
        assert [attempt.outcome for attempt in task.attempts].count("completed") <= 1
    assert not load.cancelled & load.results.keys()
    for schedule_id in load.yearly:
        expected = {"PAUSED"} if schedule_id in load.paused else {"ACTIVE", "PAUSED"}
        assert client.get_schedule(schedule_id).status in expected
    for schedule_id, at in load.once.items():
        schedule = client.get_schedule(schedule_id)
        assert schedule.status in {"ACTIVE", "COMPLETED"}
        assert [run.slot for run in client.executions(schedule_id)] == [at] * schedule.total_runs
        slots = Counter(task.slot for task in client.list_tasks(schedule_id=schedule_id))
        assert slots == Counter([at] * schedule.total_runs), (schedule_id, slots)
        assert schedule.total_runs <= 1


def killed_while_starting(service: Service, seconds: float) -> None:
    timer = threading.Timer(seconds, service.kill)
    timer.start()
    with contextlib.suppress(AssertionError):  # of the start that did not come to its end
        service.start()
    timer.join()


@pytest.mark.slow
def test_killed_at_any_moment_it_keeps_all_that_it_acknowledged(own_service: Service, name: str) -> None:
    chance, load = random.Random(SEED), Load(name)
    for round_number in range(ROUNDS):
        load.run(own_service.url, own_service.kill, chance.uniform(0.1, 1.5))
        if round_number % 2:
            killed_while_starting(own_service, chance.uniform(0.05, 1.5))
        own_service.start()
        with Client(own_service.url) as client:
            require_all(load, client)
    with Client(own_service.url) as client:

        def all_fired() -> bool:
            return all(client.get_schedule(id_).status == "COMPLETED" for id_ in load.once)

        until(all_fired, timeout=75, what="every single run fired")
        require_all(load, client)
    assert min(map(len, (load.cancelled, load.results, load.once, load.paused))) >= ROUNDS
