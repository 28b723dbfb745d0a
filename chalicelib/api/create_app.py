"""The Chalice app with all HTTP routes."""

from collections.abc import Callable, Sequence
from itertools import groupby

from chalice.app import Blueprint, Chalice

from chalicelib.services.usecases import UseCases

from . import agents, operations, schedules, tasks
from .answering import Answering
from .caller import Auth
from .openapi import document
from .operation import Operation, Routes

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")  # HEAD and OPTIONS are the gateway's
RESOURCES: Sequence[Routes] = (agents.routes, tasks.routes, schedules.routes, operations.routes)


def create_app(use_cases: Callable[[], UseCases], *, auth: Auth, version: str) -> Chalice:
    """A fresh app. `use_cases` is called per request, never before: packaging imports this without AWS."""
    app = Chalice("ains", configure_logs=False)
    answering = Answering(use_cases, auth)
    for resource in RESOURCES:
        app.register_blueprint(_blueprint(resource.operations, answering))
    app.register_blueprint(_about(answering, version))
    _refuse_other_methods(app, answering)
    return app
