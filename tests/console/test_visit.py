"""A person's whole visit to the console, in a real browser, at the real local service."""

import json
import re
from collections.abc import Iterator
from itertools import count

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect

from tests.console.browsing import CHROMIUM
from tests.console.contrast import contrast
from tests.console.seeding import HOSTILE, Seeder

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("console"),
    pytest.mark.skipif(CHROMIUM is None, reason="needs the Debian package chromium (.ci/run installs it)"),
]
NARROW = {"width": 360, "height": 640}
SECTIONS = ("/", "/tasks", "/schedules", "/agents", "/dead-letters")
names = (f"job-{number}" for number in count())


@pytest.fixture
def page(chromium: Browser, url: str) -> Iterator[Page]:
    """A fresh visit, in which nothing may go wrong unseen."""
    context = chromium.new_context(timezone_id="Europe/Berlin")
    wrong: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            wrong.append(message.text)

    page = context.new_page()
    page.set_default_timeout(10_000)
    page.on("console", heard)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    yield page
    context.close()
    assert not wrong


@pytest.fixture
def console(page: Page, url: str) -> "Visit":
    return Visit(page, f"{url}/console")


class Visit:
    """Where the reader is, and what they do there."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address = page, address

    def at(self, path: str) -> "Visit":
        self.page.goto(f"{self.address}#{path}")
        expect(self.page.locator("#view")).not_to_have_text("Loading.")
        return self

    def button(self, name: str) -> Locator:
        return self.page.locator("main").get_by_role("button", name=name, exact=True)

    def does(self, name: str, **fields: str) -> None:
        """Presses a button of the view, fills the dialog that asks, and agrees."""
        self.button(name).click()
        dialog = self.page.get_by_role("dialog")
        for label, text in fields.items():
            dialog.get_by_label(re.compile(label, re.IGNORECASE)).fill(text)
        dialog.locator("#confirm").click()

    def told(self, words: str) -> None:
        expect(self.page.get_by_role("status")).to_contain_text(words)

    def status(self, word: str) -> None:
        expect(self.page.locator(".lead .badge")).to_have_text(word)


def worked_on(seed: Seeder) -> str:
    """A capability that an agent of the same name has: it is trusted or not by this test alone."""
    work = next(names)
    seed.agent(work, f"Worker {work}", work)
    return work


def test_hostile_names_and_inputs_are_shown_as_text(console: Visit, seed: Seeder) -> None:
    task = seed.task(HOSTILE, "nobody-has-it", {"say": HOSTILE, HOSTILE: [HOSTILE]}, metadata={"m": HOSTILE})
    seed.schedule(HOSTILE, "0 9 * * *")
    seed.agent("hostile", HOSTILE, "hostile-work")
    for path in ("/tasks", "/schedules", "/agents"):
        expect(console.at(path).page.locator("td strong", has_text=HOSTILE).first).to_be_visible()
    console.at(f"/tasks/{task}")
    shown = json.loads(console.page.get_by_label("Input").inner_text())
    assert shown == {"say": HOSTILE, HOSTILE: [HOSTILE]}
    assert console.page.locator("img, script:not(body > script)").count() == 0
    assert console.page.title() == f"Task {task} \u00b7 AINS"


def test_filters_are_part_of_the_address_and_outlive_a_reload(console: Visit, seed: Seeder) -> None:
    wanted, other = (seed.task(next(names), "nobody-has-it", client_id=f"client-{n}") for n in "ab")
    page = console.at("/tasks").page
    page.get_by_label("Client").fill("client-a")
    page.get_by_label("Client").press("Enter")
    page.get_by_label("Status").select_option("PENDING")
    expect(page).to_have_url(
        re.compile(r"client_id=client-a.*status=PENDING|status=PENDING.*client_id=client-a")
    )
    page.reload()
    expect(page.get_by_role("link", name=wanted)).to_be_visible()
    expect(page.get_by_role("link", name=other)).to_have_count(0)
    expect(page.get_by_label("Client")).to_have_value("client-a")
    expect(page.get_by_label("Status")).to_have_value("PENDING")
    page.go_back()
    expect(page.get_by_label("Status")).to_have_value("")


def test_a_waiting_task_says_why_and_can_be_cancelled(console: Visit, seed: Seeder) -> None:
    task = seed.task(next(names), "nobody-has-it")
    console.at(f"/tasks/{task}")
    expect(console.page.get_by_text("no agent has registered its capability")).to_be_visible()
    console.does("Cancel", reason="not needed")
    console.told("cancelled")
    console.status("CANCELLED")
    assert seed.status(task) == "CANCELLED"


def test_a_failed_task_shows_each_transition_and_is_retried_with_other_input(
    console: Visit, seed: Seeder
) -> None:
    task = seed.task(next(names), worked_on(seed), {"n": 1})
    seed.failed(task, "n is too small")
    steps = console.at(f"/tasks/{task}").page.locator(".timeline li strong")
    expect(steps).to_have_text(["Submitted", "Assigned", "Started", "Failed for good"])
    expect(console.page.get_by_label("Error")).to_have_text("n is too small")
    console.does("Retry\u2026", input="{not JSON")
    expect(console.page.locator("#refusal")).to_contain_text("The input is not JSON")
    console.page.get_by_label("Input (JSON)").fill('{"n": 2}')
    console.page.locator("#confirm").click()
    expect(console.page.get_by_label("Input", exact=True)).to_contain_text('"n": 2')
    expect(console.page.get_by_role("link", name=task)).to_be_visible()  # retry of


def test_a_retry_with_the_same_input_leaves_the_input_to_the_service(console: Visit, seed: Seeder) -> None:
    task = seed.task(next(names), "nobody-has-it", {"text": "two\nlines", "n": [1.0, 2**60]})
    seed.call("DELETE", f"/aitp/tasks/{task}")
    console.at(f"/tasks/{task}")
    with console.page.expect_request("**/retry") as sent:
        console.does("Retry\u2026")
    assert sent.value.post_data_json == {}
    console.told("is retried as")


def test_dead_letters_are_redriven_one_by_one_and_all_of_a_filter(console: Visit, seed: Seeder) -> None:
    work = worked_on(seed)
    first, *others = [seed.task(next(names), work, client_id="redriver") for _ in range(3)]
    for task in (first, *others):
        seed.failed(task, "out of paper")
    console.at("/dead-letters?client_id=redriver").does(f"Redrive {first}")
    console.told("1 redriven, 0 refused")
    expect(console.page.get_by_role("link", name=first)).to_have_count(0)
    console.does("Redrive these\u2026")
    console.told("2 redriven, 0 refused")
    expect(console.page.get_by_text("No task failed for good")).to_be_visible()


def test_a_schedule_shows_its_next_runs_is_paused_resumed_and_run(console: Visit, seed: Seeder) -> None:
    schedule = seed.schedule("Every morning", "0 9 * * *", timezone="America/New_York")
    page = console.at(f"/schedules/{schedule}").page
    columns = page.get_by_role("table", name="Next runs").get_by_role("columnheader")
    expect(columns).to_have_text(["Here (Europe/Berlin)", "UTC", "America/New_York"])
    expect(page.get_by_role("table", name="Next runs").get_by_role("row")).to_have_count(11)
    console.does("Pause", reason="audit")
    console.status("PAUSED")
    expect(page.locator(".note", has_text="audit")).to_be_visible()
    console.does("Resume")
    console.status("ACTIVE")
    console.does("Run now")
    expect(page.get_by_role("status").get_by_role("link")).to_be_visible()
    expect(page.locator(".outcomes li")).to_have_count(1)


def test_an_agent_shows_load_lease_and_trust_and_is_drained(console: Visit, seed: Seeder) -> None:
    seed.agent("drained", "To be drained", "draining-work")
    seed.completed(seed.task(next(names), "draining-work"), {})
    row = console.at("/agents?capability=draining-work").page.get_by_role("row", name="To be drained")
    expect(row).to_contain_text("0 of 4")
    row.get_by_role("link").click()
    console.status("ACTIVE")
    moved = console.page.get_by_role("table", name="Trust history").get_by_role("row", name="completed")
    expect(moved).to_have_count(1)
    expect(moved).to_contain_text("0.50 \u2192 0.60")
    console.does("Drain", reason="new image")
    console.status("DRAINING")
    expect(console.page.locator(".note")).to_contain_text("new image")
    console.does("Take work again")
    console.status("ACTIVE")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_narrow_screen_and_can_be_read_in_both_modes(
    console: Visit, seed: Seeder, scheme: str
) -> None:
    work = worked_on(seed)
    task = seed.task("x" * 60 + HOSTILE, work, {"long": "y" * 300})
    seed.failed(task, "z" * 300)
    schedule = seed.schedule("w" * 200, "0 9 * * *", timezone="America/New_York")
    console.page.set_viewport_size(NARROW)
    console.page.emulate_media(color_scheme=scheme)
    for path in (*SECTIONS, f"/tasks/{task}", f"/schedules/{schedule}", f"/agents/{work}"):
        console.at(path)
        assert console.page.evaluate("document.documentElement.scrollWidth") == NARROW["width"], path
        assert contrast(console.page) >= 4.5, path


def test_it_is_worked_by_keyboard_alone(console: Visit, seed: Seeder) -> None:
    task = seed.task(next(names), "nobody-has-it", client_id="typist")
    page = console.at("/").page
    keys = page.keyboard
    keys.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to content")
    for _ in range(3):
        keys.press("Tab")
    expect(page.locator(":focus")).to_have_text("Tasks")
    assert page.locator(":focus").evaluate("node => getComputedStyle(node).outlineStyle") == "solid"
    keys.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Tasks")
    page.get_by_label("Client").focus()
    keys.type("typist")
    keys.press("Enter")
    page.get_by_role("link", name=task).press("Enter")
    console.button("Cancel").press("Enter")
    expect(page.get_by_label("Reason (optional)")).to_be_focused()
    keys.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(console.button("Cancel")).to_be_focused()
    keys.press("Enter")
    keys.press("Enter")
    console.status("CANCELLED")
    expect(page.locator("main")).to_be_focused()


def test_asking_again_keeps_focus_and_stops_while_nobody_looks(console: Visit, seed: Seeder) -> None:
    task = seed.task(next(names), "nobody-has-it")
    page = console.page
    page.clock.install()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    console.at(f"/tasks/{task}")
    console.button("Cancel").focus()
    pulse = page.locator("#pulse")
    first = pulse.inner_text()
    page.clock.run_for(6_000)
    expect(pulse).not_to_have_text(first)  # the answer is shown
    expect(console.button("Cancel")).to_be_focused()
    looks(page, is_hidden=True)
    expect(pulse).to_have_text("Paused")
    before = len(asked)
    page.clock.run_for(600_000)
    assert len(asked) == before
    looks(page, is_hidden=False)
    expect(pulse).to_contain_text("Live")
    assert len(asked) > before


def looks(page: Page, *, is_hidden: bool) -> None:
    """As when another tab is brought to the front, which headless Chromium does not tell a page."""
    page.evaluate(
        """is => {
            Object.defineProperty(document, "hidden", { value: is, configurable: true });
            document.dispatchEvent(new Event("visibilitychange"));
        }""",
        is_hidden,
    )


def test_sparklines_grow_while_the_page_is_open(console: Visit) -> None:
    page = console.page
    page.clock.install()
    console.at("/")
    points = page.locator(".tile.waiting polyline")
    expect(points).to_have_count(0)
    page.clock.run_for(6_000)
    expect(points).to_have_attribute("points", re.compile(r"^\S+ \S+$"))


def test_below_a_stage_the_api_is_asked_below_the_stage(console: Visit, url: str) -> None:
    """As API Gateway serves it, which takes the stage off the path."""
    page = console.page
    page.route("**/dev/**", lambda route: route.continue_(url=route.request.url.replace("/dev/", "/")))
    with page.expect_request(f"{url}/dev/aitp/tasks?**"):
        page.goto(f"{url}/dev/console#/tasks")
    expect(page.get_by_role("heading", level=1)).to_have_text("Tasks")
    expect(page.locator("#pulse")).to_contain_text("Live")


def test_a_key_is_sent_with_every_call_and_kept_by_the_tab_alone(console: Visit) -> None:
    page = console.at("/tasks").page
    page.get_by_role("button", name="API key").click()
    page.get_by_label("Key", exact=True).fill("a-secret")
    with page.expect_request("**/aitp/tasks?**") as sent:
        page.locator("#confirm").click()
    assert sent.value.headers["x-api-key"] == "a-secret"
    assert page.evaluate("[sessionStorage.length, localStorage.length, document.cookie]") == [1, 0, ""]
    assert "a-secret" not in page.url


def test_what_the_service_refuses_is_shown_in_its_own_words(chromium: Browser, url: str) -> None:
    """Without the watch of the others: Chromium itself reports each refusal as an error of the page."""
    page = chromium.new_page()
    page.goto(f"{url}/console#/tasks?status=DONE")
    expect(page.get_by_role("alert")).to_contain_text("must be one of")
    page.goto(f"{url}/console#/tasks/task-unknown")
    expect(page.get_by_role("alert")).to_contain_text("task-unknown")
    locked = {"detail": "show a valid key in X-API-Key", "status": 401}
    page.route("**/ains/agents?**", lambda route: route.fulfill(status=401, json=locked))
    page.goto(f"{url}/console#/agents")
    expect(page.get_by_role("alert")).to_contain_text("show a valid key")
    page.unroute_all()
    page.get_by_role("button", name="Enter an API key").click()
    page.get_by_label("Key", exact=True).fill("a-secret")
    page.locator("#confirm").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("alert")).to_have_text("")
    page.context.close()
