"""The local cloud's fixtures: an engine in this process, a service in this process, one in its own."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.local.engine import LocalCloud
from infra.local.service import LocalService, Options
from tests.local.tiny_app import make_app

ROOT = Path(__file__).resolve().parents[2]
SMALL = Path(__file__).with_name("small.yaml")


def until(true: Callable[[], Any], *, seconds: float = 60) -> Any:
    """Wait for a condition, on a busy machine too; what it returned."""
    deadline = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.005)
    return found


@pytest.fixture
def cloud() -> Iterator[LocalCloud]:
    with LocalCloud(template=SMALL) as started:
        yield started


@dataclass
class Served:
    """A service of this process, its app and an HTTP client on it."""

    service: LocalService
    app: Any
    http: httpx.Client


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    apps: list[Any] = []

    def remembered() -> Any:
        apps.append(make_app())
        return apps[0]

    options = Options(port=0, aws_port=0, template=SMALL, tick_seconds=0.2)
    service = LocalService(options, make_app=remembered).start()
    try:
        with httpx.Client(base_url=service.url, timeout=60) as http:
            yield Served(service, apps[0], http)
    finally:
        service.stop()


class Process:
    """`python -m infra.local` with the tiny app, in its own process."""

    def __init__(self, directory: Path, ready: Path, *arguments: str) -> None:
        self.ready_file = ready
        command = [sys.executable, "-m", "infra.local", "--port", "0", "--aws-port", "0"]
        command += ["--data-dir", str(directory), "--app", "tests.local.served:app", "--template", str(SMALL)]
        command += ["--ready-file", str(ready), *arguments]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        self.popen = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def ready(self) -> "Process":
        """Wait until it serves."""
        until(lambda: self.ready_file.exists() or self.popen.poll() is not None)
        assert self.ready_file.exists(), self.popen.communicate()
        urls = json.loads(self.ready_file.read_text())
        self.url, self.aws_url = urls["url"], urls["aws_endpoint_url"]
        return self

    def ended(self, *, seconds: float = 60) -> tuple[int, str, str]:
        """Wait for its end: exit code, stdout, stderr."""
        out, err = self.popen.communicate(timeout=seconds)
        return self.popen.returncode, out, err


@pytest.fixture
def spawn(tmp_path: Path) -> Iterator[Callable[..., Process]]:
    """Start services on `tmp_path`/data (or another directory); none outlives the test."""
    started: list[Process] = []

    def start(*arguments: str, directory: Path = tmp_path / "data") -> Process:
        started.append(Process(directory, tmp_path / f"ready-{len(started)}.json", *arguments))
        return started[-1]

    yield start
    for process in started:
        if process.popen.poll() is None:
            process.popen.kill()
        process.popen.communicate()
