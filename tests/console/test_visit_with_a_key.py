"""A visit to the console of a service that wants a key: without one, with a wrong one, with the right one."""

import json
import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect

from tests.console.browsing import CHROMIUM
from tests.e2e.processes import Service

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("console"),
    pytest.mark.skipif(CHROMIUM is None, reason="needs the Debian package chromium (.ci/run installs it)"),
]
WRONG = "ains_wrong-key-that-nobody-made"


@pytest.fixture
def key(locked: Service) -> str:
    """The admin's, as whoever started the service was shown it."""
    assert locked.process is not None
    (shown,) = (line for line in locked.process.lines if "AINS_API_KEY=" in line)
    return shown.partition("AINS_API_KEY=")[2]


@pytest.fixture
def asked() -> list[Request]:
    return []


@pytest.fixture
def page(chromium: Browser, locked: Service, asked: list[Request]) -> Iterator[Page]:
    """What Chromium reports as errors are the refusals that it was sent to see, and nothing else."""
    context = chromium.new_context()
    wrong: list[str] = []
    page = context.new_page()
    page.set_default_timeout(10_000)

    def heard(said: ConsoleMessage) -> None:
        if said.type in ("error", "warning") and "401" not in said.text:
            wrong.append(said.text)

    page.on("request", lambda request: asked.append(request))  # noqa: PLW0108 - Playwright takes no builtin
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", heard)
    page.goto(f"{locked.url}/console#/tasks")
    yield page
    context.close()
    assert wrong == []


def enters(page: Page, key: str) -> None:
    page.get_by_label("Key", exact=True).fill(key)
    page.locator("#confirm").click()


def test_without_a_key_the_page_says_what_to_do(page: Page) -> None:
    expect(page.get_by_role("alert")).to_contain_text("show a valid key")
    expect(page.locator("#pulse")).to_have_text("Locked")
    expect(page.get_by_role("button", name="Enter an API key")).to_be_visible()


def test_a_wrong_key_is_refused_where_it_was_entered_and_not_kept(page: Page) -> None:
    page.get_by_role("button", name="Enter an API key").click()
    enters(page, WRONG)
    expect(page.locator("#refusal")).to_contain_text("This service does not know that key")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert page.evaluate("sessionStorage.length") == 0


def test_the_right_key_opens_and_a_wrong_one_after_it_changes_nothing(
    page: Page, key: str, locked: Service
) -> None:
    task = {"client_id": "c", "task_type": "seen with a key", "capability_required": "none"}
    sent = httpx.post(f"{locked.url}/aitp/tasks", json=task, headers={"X-API-Key": key})
    assert sent.status_code == 201
    page.get_by_role("button", name="Enter an API key").click()
    enters(page, WRONG)
    enters(page, f" {key} ")
    expect(page.get_by_role("status")).to_contain_text("The key is used from now on")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_text("seen with a key")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_text("")
    page.get_by_role("button", name="API key").click()
    enters(page, WRONG)
    expect(page.locator("#refusal")).to_contain_text("does not know that key")
    page.keyboard.press("Escape")
    page.reload()
    expect(page.locator("#pulse")).to_contain_text("Live")
    assert page.evaluate("[sessionStorage.length, localStorage.length, document.cookie]") == [1, 0, ""]


def test_the_key_stands_in_one_header_and_in_no_address_and_no_log(
    page: Page, key: str, locked: Service, asked: list[Request]
) -> None:
    page.get_by_role("button", name="Enter an API key").click()
    enters(page, key)
    expect(page.locator("#pulse")).to_contain_text("Live")
    for section in ("/", "/schedules", "/agents", "/dead-letters"):
        page.goto(f"{locked.url}/console#{section}")
        expect(page.locator("#pulse")).to_contain_text("Live")
        expect(page.locator("#view")).not_to_have_text("Loading.")
    seen = [request for request in asked if request.headers.get("x-api-key") == key]
    assert len(seen) > 5
    for request in asked:
        others = {name: value for name, value in request.headers.items() if name != "x-api-key"}
        assert key not in f"{request.url} {request.post_data} {others}"
        assert re.fullmatch(rf"{locked.url}/[a-z/-]*(\?[a-z_=&0-9]*)?(#.*)?", request.url), request.url
    assert key not in page.url
    assert locked.process is not None
    logged = [json.loads(line) for line in locked.process.lines if line.startswith("{")]
    assert {line["status"] for line in logged if line["message"] == "request"} >= {200, 401}
    assert sum(key in line for line in locked.process.lines) == 1  # the banner's
    assert not [line for line in locked.process.lines if WRONG in line]
