"""The service and agents as processes of their own, and waiting for what they do."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
ROOT = Path(__file__).resolve().parents[2]
STARTS_WITHIN_S = 90.0


def until(look: Callable[[], T | None], *, timeout: float, what: str) -> T:
    """What `look` answers once it is something: not None, False or empty."""
    deadline = time.monotonic() + timeout
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {timeout:g} s")
        time.sleep(0.05)


def _spawn(arguments: list[str], environment: dict[str, str]) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@dataclass
class Process:
    """A child whose lines are kept; it never outlives its test."""

    child: "subprocess.Popen[str]"
    lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.child.stdout is not None
        for line in self.child.stdout:
            self.lines.append(line.rstrip())

    def heard(self, text: str) -> int:
        """How often it said that so far."""
        return sum(text in line for line in self.lines)

    def says(self, text: str, *, timeout: float = 30, times: int = 1) -> None:
        until(
            lambda: self.heard(text) >= times,
            timeout=timeout,
            what=f"{text!r} x{times} in {self.lines[-30:]}",
        )

    def kill(self) -> None:
        """kill -9."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        return self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> int:
        if self.child.poll() is None:
            self.child.send_signal(how)
        code = self.child.wait(timeout=40)
        self._reader.join(timeout=10)
        assert self.child.stdout is not None
        self.child.stdout.close()
        return code


@dataclass
class Service:
    """The local service, which can be killed and started again on the same data and ports."""

    directory: Path
    port: int = 0
    aws_port: int = 0
    url: str = ""
    aws_url: str = ""
    process: Process | None = None
    options: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)

    def start(self) -> None:
        ready = self.directory / "ready.json"
        ready.unlink(missing_ok=True)
        arguments = ["infra.local", "--port", str(self.port), "--aws-port", str(self.aws_port)]
        arguments += ["--data-dir", str(self.directory / "data"), "--ready-file", str(ready)]
        process = Process(_spawn([*arguments, *self.options], self.environment))
        self.process = process

        def is_ready() -> bool:
            assert process.child.poll() is None, f"the service ended: {process.lines}"
            return ready.exists()

        until(is_ready, timeout=STARTS_WITHIN_S, what="the service did not start")
        told = json.loads(ready.read_text())
        self.url, self.aws_url = told["url"], told["aws_endpoint_url"]
        self.port, self.aws_port = int(self.url.rsplit(":", 1)[1]), int(self.aws_url.rsplit(":", 1)[1])

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()

    def stop(self) -> int:
        assert self.process is not None
        return self.process.stop()


@contextlib.contextmanager
def service(directory: Path, *options: str, **environment: str) -> Iterator[Service]:
    """A service of its own for one test."""
    running = Service(directory, options=options, environment=environment)
    running.start()
    try:
        yield running
    finally:
        running.kill()


@dataclass(frozen=True)
class Target:
    """The service under test: a local one, or a deployed stage."""

    url: str
    aws_url: str
    key: str | None = None

    def environment(self) -> dict[str, str]:
        aws = {
            "AWS_ENDPOINT_URL": self.aws_url,
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        return {"AINS_BASE_URL": self.url} | aws | ({"AINS_API_KEY": self.key} if self.key else {})

    @contextlib.contextmanager
    def agent(
        self, name: str, capability: str, *options: str, module: str = "agent_client.samples.sample_agent"
    ) -> Iterator[Process]:
        """A sample agent, or another with its options: quick to poll, ready for work."""
        arguments = [module, "--name", name, "--capability", capability]
        if "--poll-interval" not in options:
            arguments += ["--poll-interval", "0.2"]
        if "--heartbeat-interval" not in options:
            arguments += ["--heartbeat-interval", "2"]
        process = Process(_spawn([*arguments, *options], self.environment()))
        try:
            process.says("registered with ID:")
            yield process
        finally:
            process.kill()
