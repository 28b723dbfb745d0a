"""The Python of the documents, run as it stands: agents and clients, over HTTP, against the app.

What blocks for ever is left to the test, and what a page leaves to its reader is filled in.
"""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent_client import Agent, Client, Request, Response
from chalicelib.api.caller import Auth
from chalicelib.api.create_app import create_app
from tests.agent_client.sdk_served import served
from tests.fakes import world
from tests.gateway import VERSION, Api

from .pages import PAGES, ROOT, blocks, name

WORK = {"client_id": "me", "capability_required": "report-v1", "input_data": {"numbers": [1, 2, 3]}}
SDK = ROOT / "agent_client" / "README.md"
AGENTS = {page: blocks(page, "python")[0] for page in (ROOT / "README.md", ROOT / "docs" / "agents.md", SDK)}
HANDLER = """
@agent.handler("report-v1")
def report(task):
    return {"sum": sum(task.input_data["numbers"])}
"""


class Door:
    """The app behind the SDK's wire; each request takes a second."""

    def __init__(self) -> None:
        self._here = world()
        app = create_app(lambda: self._here.use_cases, auth=Auth(open_mode=True), version=VERSION)
        self._api = Api(app, is_held_to_document=False)
        self._turn = threading.Lock()

    def send(self, request: Request) -> Response:
        with self._turn:
            self._here.clock.advance(seconds=1)
            answer = self._api.call(request.method, request.target, request.body, headers=request.headers)
        headers = {key.lower(): value for key, value in answer.headers.items()}
        return Response(answer.status, headers, answer.text.encode())


@pytest.fixture
def url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Of a service of its own, which the SDK finds without being told, too."""
    with served(Door()) as url:
        monkeypatch.setenv("AINS_BASE_URL", url)
        yield url


def run(block: str, known: dict[str, Any], *, url: str) -> dict[str, Any]:
    """The names that the block leaves behind."""
    text = (
        block.replace("http://127.0.0.1:8000", url).replace("agent.run()", "None").replace("\n...\n", HANDLER)
    )
    exec(compile(text, "the page", "exec"), known)
    return known


@pytest.mark.parametrize("page", AGENTS, ids=name)
def test_the_agent_works(page: Path, url: str) -> None:
    with Client(url) as client:
        task_id = client.submit_task("report", **WORK).task_id
        with run(AGENTS[page], {"upstream_is_busy": lambda: False}, url=url)["agent"]:
            assert 6 in client.wait(task_id, timeout=10).result_data.values()


def test_the_client_does_what_the_page_shows(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    worker = Agent("worker", base_url=url, poll_interval=0.05)
    worker.handler("report-v1")(lambda task: sum(task.input_data["numbers"]))
    calls, asking, letters = blocks(SDK, "python")[1:4]
    with worker:
        known = run(calls, {}, url=url)
    with known["client"] as client:
        (schedule,) = client.list_schedules(client_id="me")
        run(asking.replace("schedule-1", schedule.schedule_id), known, url=url)
        client.cancel_task(task_id := client.submit_task("report", **WORK).task_id)
        run(letters.replace("task-1", task_id), known, url=url)
        assert client.get_task(task_id).retried_as
    assert capsys.readouterr().out.startswith("3\nat 09:30:00, 09:30:20 and 09:30:40 on Monday to Friday")


def test_handlers_are_tested_as_the_page_shows() -> None:
    run(blocks(SDK, "python")[4], {"Agent": Agent}, url="")


def test_no_block_is_left_out() -> None:
    assert {page: len(found) for page in PAGES if (found := blocks(page, "python"))} == {
        ROOT / "README.md": 1,
        ROOT / "docs" / "agents.md": 1,
        SDK: 5,
    }
