"""The local service: engine, HTTP API, AWS endpoint and event sources of one app, as one thing."""

from __future__ import annotations

import contextlib
import importlib
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from infra.local import environment, selfcheck
from infra.local.asgi import ThreadedApp
from infra.local.aws_endpoint import AwsEndpoint
from infra.local.doorkeeper import Doorkeeper
from infra.local.emf import MetricBuffer, Stdout
from infra.local.engine import LocalCloud
from infra.local.event_sources import EventSource, sources_of
from infra.local.gateway import Gateway
from infra.local.http_server import HOST, HttpServer, bind
from infra.local.invocation import per_thread
from infra.local.resources import TEMPLATE

DRAIN_SECONDS = 5.0


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the command line says. `data_dir` None: nothing outlives the process."""

    port: int = 8000
    aws_port: int = 4566
    data_dir: Path | None = None
    accept_loss: bool = False
    auth: bool = False
    app: str = "app:app"
    template: Path = TEMPLATE
    tick_seconds: float | None = None
    metrics_seconds: float = 20.0


class LocalService:
    """`start` returns once it serves; `stop` drains. Raises CannotStart before anything is left running."""

    def __init__(self, options: Options, *, make_app: Callable[[], Any] | None = None) -> None:
        """`make_app` is called once the environment is set; by default it imports `options.app`."""
        self._options = options
        self._make_app = make_app or (lambda: _imported(options.app))
        self.cloud = LocalCloud(
            template=options.template, data_dir=options.data_dir, accept_loss=options.accept_loss
        )
        self.new_admin_key: str | None = None
        self.recovered: dict[str, int] = {}
        self._undo = contextlib.ExitStack()
        self._metrics = MetricBuffer()
        self._stopping = threading.Event()

    def start(self) -> Self:
        with contextlib.ExitStack() as undo:
            api, aws = self._bind(undo)
            self.url, self.aws_url = (f"http://{HOST}:{sock.getsockname()[1]}" for sock in (api, aws))
            self.cloud.public_host = self.aws_url.removeprefix("http://")
            self.cloud.start()
            undo.callback(self.cloud.stop)
            selfcheck.check(self.cloud)
            self.recovered = self.cloud.counts()
            app = self._import_app(undo)
            self._serve(app, api, aws, undo)
            self._undo = undo.pop_all()
        return self

    def stop(self) -> None:
        """Stop accepting, finish what is in flight, close the journal."""
        self._undo.close()

    def _bind(self, undo: contextlib.ExitStack) -> Any:
        api = bind(self._options.port, "--port")
        undo.callback(api.close)
        aws = bind(self._options.aws_port, "--aws-port")
        undo.callback(aws.close)
        return api, aws

    def _import_app(self, undo: contextlib.ExitStack) -> Any:
        """Set the environment and only then import the app, which reads it. Its metric lines are caught."""
        digest = None
        if self._options.auth:
            digest, self.new_admin_key = environment.admin_key(self.cloud.journal)
        work_queue = self.cloud.queue_url(f"ains-{self.cloud.stage}-work")
        undo.enter_context(
            environment.pointing_here(
                stage=self.cloud.stage, work_queue_url=work_queue, admin_key_sha256=digest
            )
        )
        undo.enter_context(contextlib.redirect_stdout(Stdout(sys.stdout, self._metrics)))
        return per_thread(self._make_app())

    def _serve(self, app: Any, api: Any, aws: Any, undo: contextlib.ExitStack) -> None:
        """Start in an order such that stopping, which goes backwards, drains."""
        metrics = threading.Thread(target=self._publish_metrics, name="metrics")
        metrics.start()
        undo.callback(metrics.join)
        undo.callback(self._stopping.set)
        sources = sources_of(app, self.cloud, tick_seconds=self._options.tick_seconds)
        undo.callback(_join, sources)
        gateway, endpoint = ThreadedApp(Gateway(app).handle), AwsEndpoint(self.cloud)
        undo.callback(gateway.close)
        undo.callback(endpoint.close)
        server = HttpServer((Doorkeeper(gateway), api), (Doorkeeper(endpoint), aws))
        for source in sources:
            source.start()
        server.start()
        undo.callback(server.stop)
        undo.callback(self.cloud.wakeups.close)
        undo.callback(_stop, sources)

    def _publish_metrics(self) -> None:
        while not self._stopping.wait(self._options.metrics_seconds):
            self.publish_metrics()

    def publish_metrics(self) -> None:
        """Hand the metrics printed so far to CloudWatch."""
        by_namespace: dict[str, list[Any]] = {}
        for namespace, datum in self._metrics.take():
            by_namespace.setdefault(namespace, []).append(datum)
        for namespace, data in by_namespace.items():
            self.cloud.request("monitoring", "PutMetricData", Namespace=namespace, MetricData=data)


def _imported(name: str) -> Any:
    module, _, attribute = name.partition(":")
    return getattr(importlib.import_module(module), attribute)


def _stop(sources: list[EventSource]) -> None:
    for source in sources:
        source.stop()


def _join(sources: list[EventSource]) -> None:
    for source in sources:
        source.join(DRAIN_SECONDS)
