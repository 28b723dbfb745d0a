"""The local service and a real Prometheus that scrapes it each second, both on loopback."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from infra.dashboards.panel import WINDOW
from tests.e2e.processes import ROOT, until

PROMETHEUS = shutil.which("prometheus")
SHORT = "15s"  # in place of Grafana's window


@dataclass(frozen=True)
class Watching:
    """Clients on both."""

    service: httpx.Client
    prometheus: httpx.Client

    def asked(self, expression: str) -> list[float]:
        """The values of an expression now, those that are no number left out."""
        answer = self.got("/api/v1/query", query=expression.replace(WINDOW, SHORT))
        result = answer["result"]
        series = [{"value": result}] if answer["resultType"] == "scalar" else result
        values = [float(each["value"][1]) for each in series]
        return [value for value in values if value == value]

    def got(self, path: str, **query: str) -> Any:
        return self.prometheus.get(path, params=query).raise_for_status().json()["data"]

    def scraped(self) -> str:
        return self.service.get("/metrics").raise_for_status().text


@contextmanager
def watching(folder: Path) -> Iterator[Watching]:
    """Both started, and the first scrape done."""
    with _served(folder) as service, _prometheus(folder, service) as prometheus:
        with httpx.Client(base_url=service) as here, httpx.Client(base_url=prometheus) as there:
            both = Watching(here, there)
            until(lambda: _is_up(both), timeout=60, what="the first scrape")
            yield both


def _is_up(both: Watching) -> bool:
    try:
        return both.asked('up{job="ains"}') == [1.0]
    except httpx.TransportError:
        return False
    except httpx.HTTPStatusError as error:
        if error.response.status_code != httpx.codes.SERVICE_UNAVAILABLE:
            raise
        return False  # it listens before it is ready


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    ready = folder / "ready"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tests.proof.served", str(ready)]
    with _running(command, environment, folder / "service.log") as child:
        until(
            lambda: (ready.exists() and ready.read_text()) or child.poll() is not None,
            timeout=90,
            what="the service's start",
        )
        assert child.poll() is None, (folder / "service.log").read_text()
        yield ready.read_text()


@contextmanager
def _prometheus(folder: Path, service: str) -> Iterator[str]:
    assert PROMETHEUS is not None
    config = yaml.safe_load((ROOT / "infra/prometheus/prometheus.yml").read_text())
    config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    config["rule_files"] = [str(ROOT / "infra/prometheus/rules.yml")]
    config["scrape_configs"][0]["static_configs"] = [{"targets": [service.removeprefix("http://")]}]
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    port = _free_port()
    command = [PROMETHEUS, f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data"]
    command += [f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn"]
    with _running(command, dict(os.environ), folder / "prometheus.log"):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def _running(
    command: list[str], environment: dict[str, str], log: Path
) -> Iterator["subprocess.Popen[bytes]"]:
    with log.open("wb") as out:
        child = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=out)
        try:
            yield child
        finally:
            child.terminate()
            child.wait(timeout=30)


def _free_port() -> int:
    """Prometheus wants a number; nobody is likely to take this one before it does."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])
