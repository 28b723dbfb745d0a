"""The Chalice app with all HTTP routes."""

from collections.abc import Callable
from itertools import groupby

from chalice.app import Blueprint, Chalice

from chalicelib.services.usecases import UseCases
from chalicelib.telemetry import Tally

from . import (
    agents,
    agents_at_work,
    console,
    dead_letters,
    dead_messages,
    exposition,
    operations,
    routing,
    schedule_runs,
    schedules,
    task_changes,
    tasks,
    trust,
)
from .answering import Answering
from .caller import Auth
from .measuring import UNMEASURED, HttpMeter
from .operation import Operation, Service

METHODS = ("DELETE", "GET", "PATCH", "POST", "PUT")  # HEAD and OPTIONS are the gateway's
OPERATIONS = (
    *agents.routes.operations,
    *agents_at_work.routes.operations,
    *trust.routes.operations,
    *tasks.routes.operations,
    *task_changes.routes.operations,
    *routing.routes.operations,
    *schedules.routes.operations,
    *schedule_runs.routes.operations,
    *dead_letters.routes.operations,
    *dead_messages.routes.operations,
    *operations.routes.operations,
    *exposition.routes.operations,
    *console.routes.operations,
)


def create_app(
    use_cases: Callable[[], UseCases],
    *,
    auth: Auth,
    version: str,
    meter: HttpMeter = UNMEASURED,
    tally: Tally | None = None,
) -> Chalice:
    """A fresh app. `use_cases` is called by requests only: packaging imports the app without AWS.

    `tally` is what this process counts, where it is the only one: GET /metrics then shows that too.
    """
    app = Chalice("ains", configure_logs=False)
    service = Service(version=version, operations=OPERATIONS, use_cases=use_cases, tally=tally)
    answering = Answering(service, auth, meter)
    for path, offered in groupby(sorted(OPERATIONS, key=lambda op: op.path), key=lambda op: op.path):
        app.register_blueprint(_blueprint(path, tuple(offered), answering))
    return app


def _blueprint(path: str, offered: tuple[Operation, ...], answering: Answering) -> Blueprint:
    """One path: its operations, and a refusal for every other method (the gateway would answer 403)."""
    blueprint = Blueprint(__name__)
    for operation in offered:
        route = blueprint.route(path, methods=[operation.method], content_types=[], name=operation.name)
        route(answering.answers(operation, lambda: blueprint.current_request))
    allowed = sorted(operation.method for operation in offered)
    others = [method for method in METHODS if method not in allowed]
    refuse = answering.refuses(path, allowed, lambda: blueprint.current_request)
    blueprint.route(path, methods=others, content_types=[], name="refuse")(refuse)
    return blueprint
