"""How long a task waits although an agent waits for it."""

import random
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial

from agent_client import Agent, HttpSync, SqsLongPoll
from tests.bench.bare_http import BareHttp
from tests.bench.bench import Bench, Table
from tests.bench.measuring import Samples, milliseconds
from tests.bench.sqs_environment import reaching
from tests.e2e.processes import Service

POLL_S = 5.0
AGENTS = 10  # of each kind, each alone with its capability, so that samples can be taken side by side
PATIENCE_S = 60.0
Started = Callable[[], None]


@dataclass(frozen=True)
class Kind:
    """A way of waiting for work. A task comes up to `pause` seconds after the one before."""

    name: str
    runs: Callable[[Service, str, Started], AbstractContextManager[None]]
    pause: float = POLL_S
    reference: str = ""


def measured(bench: Bench) -> Table:
    """From the moment a client begins to submit until the agent begins to work, one task at a time."""
    rows = []
    with bench.service("agents that wait") as running, reaching(running.aws_url):
        for kind in _kinds():
            bench.say(f"{bench.scale.starts} tasks for agents that wait: {kind.name}")
            found = _samples(running, kind, bench.scale.starts)
            rows.append([kind.name, *_shown(found), kind.reference])
    return Table(
        "From submit to start, one agent waiting",
        ("the agent", "samples", "mean", "p50", "p99", "comparable system"),
        rows,
        "Until its handler runs; for the old client, until its ACTIVE is answered. Submitted at random"
        " moments.",
    )


def _kinds() -> list[Kind]:
    return [
        Kind(f"poll every {POLL_S:g} s, an old client", _old_poller, reference="24.6 s"),
        Kind(f"sync every {POLL_S:g} s, the SDK's default", partial(_agent, POLL_S, HttpSync)),
        Kind("sync every 1 s", partial(_agent, 1.0, HttpSync), pause=1.0),
        Kind("sqs", partial(_agent, POLL_S, SqsLongPoll), pause=0.5),
    ]


def _shown(found: Samples) -> list[str]:
    mean = sum(found.seconds) / len(found.seconds)
    return [str(len(found.seconds)), *(milliseconds(t) for t in (mean, found.p50, found.p99))]


def _samples(running: Service, kind: Kind, wanted: int) -> Samples:
    """`wanted` in all, from agents that never have more than one task."""
    agents = min(AGENTS, wanted)
    prefix = "bench-" + "-".join(re.findall(r"\w+", kind.name))
    found: list[float] = []
    failures: list[BaseException] = []

    def sample(n: int) -> None:
        try:
            share = wanted // agents + (n < wanted % agents)
            found.extend(_of_one_agent(running, f"{prefix}-{n}", kind, share))
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=sample, args=(n,), daemon=True) for n in range(agents)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return Samples(tuple(found))


def _of_one_agent(running: Service, name: str, kind: Kind, count: int) -> list[float]:
    at: list[float] = []
    started = threading.Semaphore(0)

    def start() -> None:
        at.append(time.perf_counter())
        started.release()

    taken = []
    chance = random.Random(name)
    with BareHttp(running.url) as http, kind.runs(running, name, start):
        for _ in range(count):
            time.sleep(chance.uniform(0.0, kind.pause))
            began = time.perf_counter()
            http.submit(name)
            if not started.acquire(timeout=PATIENCE_S):
                raise TimeoutError(f"the task of {name} was not started")
            taken.append(at[-1] - began)
    return taken


@contextmanager
def _agent(interval: float, transport: type, running: Service, name: str, start: Started) -> Iterator[None]:
    agent = Agent(name, base_url=running.url, poll_interval=interval, transport=transport())
    agent.handler(name)(lambda _task: start())
    with agent:
        yield


@contextmanager
def _old_poller(running: Service, name: str, start: Started) -> Iterator[None]:
    """An agent that knows nothing but the calls of the first version."""
    stopping = threading.Event()

    def work() -> None:
        with BareHttp(running.url) as http:
            while not stopping.wait(POLL_S):
                for task in http.call("GET", f"/aitp/tasks?assigned_agent_id={name}&status=ASSIGNED")[
                    "tasks"
                ]:
                    path = f"/aitp/tasks/{task['task_id']}/status?agent_id={name}"
                    http.call("PUT", path, {"status": "ACTIVE"})
                    start()
                    http.call("PUT", path, {"status": "COMPLETED", "result_data": {}})

    with ExitStack() as stack:
        stack.enter_context(BareHttp(running.url)).register(name, name)
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        yield
        stopping.set()
        thread.join(PATIENCE_S)
