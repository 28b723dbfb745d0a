"""The app over in-memory stores, driven as API Gateway does."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from chalicelib.api.caller import Auth
from chalicelib.api.create_app import create_app
from tests.fakes import World, world
from tests.gateway import VERSION, Api

from .requests import held, registered, scheduled, submitted


@pytest.fixture
def here() -> World:
    return world()


@pytest.fixture
def api(here: World) -> Api:
    return Api(create_app(lambda: here.use_cases, auth=Auth(open_mode=True), version=VERSION))


@pytest.fixture
def state(here: World) -> Callable[[], Any]:
    """All that is stored or sent, for a test to compare."""
    return lambda: deepcopy(
        (
            here.tasks.rows,
            here.agents.rows,
            here.agents.capability_rows,
            here.payloads.texts,
            here.schedules.rows,
            here.schedules.runs,
            here.queue.sent,
            here.agent_queues.messages,
            here.dead_messages.rows,
        )
    )


@pytest.fixture
def ids(api, here):
    """A task that agent-1 holds in session-1, one that was cancelled, and a schedule."""
    registered(api, session_id="session-1")
    task_id, _ = held(api)
    cancelled_id = submitted(api)
    api.delete(f"/aitp/tasks/{cancelled_id}")
    schedule_id = scheduled(api)
    here.queue.sent.clear()
    return {"task_id": task_id, "cancelled_id": cancelled_id, "schedule_id": schedule_id}
