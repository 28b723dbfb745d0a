"""`make demo`: the main job end to end, by itself, each step printed as it is seen.

The service and a sample agent run as processes of their own, as on a real machine; the schedule fires because
its minute comes. Exit 0 only when every step was seen.
"""

import argparse
import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from agent_client import AinsError, Client
from agent_client.models import Execution, Task

T = TypeVar("T")
ROOT = Path(__file__).resolve().parents[1]
AGENT = "sample-agent-1"
SLOT_WAIT_S = 75.0  # a minute's slot is at most a minute away


class NotSeenError(Exception):
    """A step of the demo that did not happen in its time."""


class Timeline:
    """One line per step, with the seconds since the start and the wall clock."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._lock = threading.Lock()

    def say(self, who: str, what: str) -> None:
        elapsed = time.monotonic() - self._start
        with self._lock:
            print(f"{datetime.now(UTC):%H:%M:%S}  +{elapsed:6.2f} s  {who:<9} {what}", flush=True)


def main() -> int:
    """Run it; one clear line and exit 1 for the first step that was not seen."""
    parser = argparse.ArgumentParser(prog="python -m infra.demo", description=__doc__.splitlines()[0])
    parser.add_argument("--keep", action="store_true", help="leave the service running afterwards")
    options = parser.parse_args()
    timeline = Timeline()
    try:
        with tempfile.TemporaryDirectory(prefix="ains-demo-") as directory:
            _play(Path(directory), timeline, keep=options.keep)
    except (NotSeenError, AinsError, OSError) as problem:
        print(f"demo: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _play(directory: Path, timeline: Timeline, *, keep: bool) -> None:
    with _service(directory) as url, Client(url) as client:
        timeline.say("service", f"ready on {url}, data in {directory}")
        with _agent(url, timeline) as lines:
            _seen(lines, f"Agent {AGENT} registered with ID:", timeout=20)
            status = client.get_agent(AGENT).status
            timeline.say("service", f"agent {AGENT} is {status}")
            _task(client, timeline)
            _schedule(client, timeline)
        timeline.say("demo", "every step was seen")
        if keep:
            timeline.say("service", f"still on {url}; Ctrl-C ends it")
            signal.pause()


def _task(client: Client, timeline: Timeline) -> None:
    """A client's task, from submission to result."""
    numbers = {"title": "weekly sales", "numbers": [12, 30, 7]}
    task = client.submit_task("report", capability_required="report-v1", client_id="demo", input_data=numbers)
    timeline.say("client", f"submitted {task.task_id}")
    done = client.wait(task.task_id, timeout=30)
    _completed(done)
    timeline.say("client", f"{done.task_id} is {done.status}: {json.dumps(done.result_data)}")


def _schedule(client: Client, timeline: Timeline) -> None:
    """A schedule for every minute, and the next slot fires by itself."""
    schedule = client.create_schedule(
        "report",
        capability_required="report-v1",
        client_id="demo",
        cron_expression="* * * * *",
        input_data={"numbers": [1, 2, 3]},
    )
    timeline.say("client", f"scheduled {schedule.schedule_id}, next run at {schedule.next_run_at:%H:%M:%S}")

    def fired() -> Execution | None:
        return next((run for run in client.executions(schedule.schedule_id)), None)

    run = _until(fired, timeout=SLOT_WAIT_S, what="the schedule's slot did not fire")
    late = run.lateness_seconds
    timeline.say("schedule", f"slot {run.slot:%H:%M:%S} fired {late:.3f} s after its time: {run.task_id}")
    done = client.wait(run.task_id or "", timeout=30)
    _completed(done)
    timeline.say("client", f"{done.task_id} is {done.status}: {json.dumps(done.result_data)}")

    def settled() -> Execution | None:
        now = fired()
        return now if now is not None and now.status != "PENDING" else None

    outcome = _until(settled, timeout=20, what="the execution did not get its outcome")
    timeline.say("schedule", f"its execution is {outcome.status}")


def _completed(task: Task) -> None:
    if task.status != "COMPLETED":
        raise NotSeenError(f"task {task.task_id} ended {task.status}: {task.error_message}")


def _until(look: Callable[[], T | None], *, timeout: float, what: str) -> T:
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if (found := look()) is not None:
            return found
        time.sleep(0.05)
    raise NotSeenError(f"{what} within {timeout:.0f} s")


@contextlib.contextmanager
def _service(directory: Path) -> Iterator[str]:
    """The local service on free ports; the URL once it answers."""
    ready = directory / "ready.json"
    command = [sys.executable, "-m", "infra.local", "--port", "0", "--aws-port", "0"]
    command += ["--data-dir", str(directory / "data"), "--ready-file", str(ready)]
    with _process(command, stdout=subprocess.DEVNULL) as process:

        def url() -> str | None:
            if process.poll() is not None:
                raise NotSeenError(f"the service ended with {process.returncode}; run make run to see why")
            return json.loads(ready.read_text())["url"] if ready.exists() else None

        yield _until(url, timeout=60, what="the service did not start")


@contextlib.contextmanager
def _agent(url: str, timeline: Timeline) -> Iterator["queue.Queue[str]"]:
    """The sample agent; its lines go to the timeline and to whoever waits for one."""
    command = [sys.executable, "-m", "agent_client.samples.sample_agent", "--base-url", url, "--name", AGENT]
    lines: queue.Queue[str] = queue.Queue()
    with _process(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        stream = process.stdout

        def relay() -> None:
            for line in stream:
                timeline.say("agent", line.rstrip())
                lines.put(line)

        thread = threading.Thread(target=relay, daemon=True)
        thread.start()
        yield lines
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)
        thread.join(timeout=5)


def _seen(lines: "queue.Queue[str]", text: str, *, timeout: float) -> None:
    deadline = time.monotonic() + timeout
    while True:
        try:
            line = lines.get(timeout=max(0.01, deadline - time.monotonic()))
        except queue.Empty:
            raise NotSeenError(f"the agent did not say {text!r} within {timeout:.0f} s") from None
        if text in line:
            return


@contextlib.contextmanager
def _process(command: list[str], *, stdout: int) -> Iterator["subprocess.Popen[str]"]:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(  # noqa: S603 - our own modules
        command, cwd=ROOT, env=environment, stdout=stdout, text=True
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()


if __name__ == "__main__":
    sys.exit(main())
