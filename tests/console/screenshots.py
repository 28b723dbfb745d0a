"""Pictures of the console for the documentation, of a service with demonstration data: `make screenshots`."""

import itertools
import tempfile
import threading
from pathlib import Path

import httpx
from playwright.sync_api import Browser

from tests.console.browsing import browser
from tests.console.seeding import Seeder
from tests.e2e.processes import ROOT, service

IMAGES = ROOT / "docs/images"
WIDE = {"width": 1200, "height": 960}
NARROW = {"width": 360, "height": 740}
GROWS_MS = 75_000  # a tick has counted the agents, and the lines have some shape
SETTLES_MS = 1_000


def seed(to: Seeder) -> dict[str, str]:
    """Some of everything; answers the paths of the pages that are worth a picture."""
    to.agent("reporter-1", "Reporter Dublin", "report", "summary")
    to.agent("reporter-2", "Reporter Frankfurt", "report")
    to.agent("renderer-1", "Renderer", "render", slots=2)
    for number in range(6):
        to.completed(to.task("monthly report", "report", {"month": number + 1}), {"pages": 12 + number})
    to.failed(to.task("invoice pdf", "render", {"invoice": 4711}), "the template 'invoice-v3' does not exist")
    held = to.task("yearly report", "report", {"year": 2025, "regions": ["eu", "us"]}, priority=8)
    to.started(held, progress=0.4)
    for language in ("de", "fr", "es"):
        to.task("translation", "translate", {"text": "Good morning", "to": language}, client_id="editors")
    to.task("nightly export", "export", {"tables": ["orders", "refunds"]}, priority=3)
    done = to.task("weekly summary", "summary", {"week": 31, "numbers": [12, 30, 7]})
    to.completed(done, {"total": 49, "highlights": ["orders up by a third"]})
    to.schedule("Weekday report for London", "0 9 * * MON-FRI", timezone="Europe/London")
    nightly = to.schedule("Refresh the dashboards", "*/10 * * * *", timezone="America/New_York")
    for number in range(8):
        run = str(to.call("POST", f"/aitp/tasks/schedule/{nightly}/run")["task_id"])
        if number == 5:
            to.failed(run, "the warehouse did not answer")
        else:
            to.completed(run, {"panels": 14})
    paused = to.schedule("Quarterly close", "0 6 1 */3 *")
    to.call("POST", f"/aitp/tasks/schedule/{paused}/pause", {"reason": "books are being audited"})
    to.call("POST", "/ains/agents/renderer-1/drain", {"reason": "new image"})
    waiting = to.task("invoice pdf", "render", {"invoice": 4712, "template": "invoice-v2"})
    return {"waiting": f"/tasks/{waiting}", "task": f"/tasks/{done}", "schedule": f"/schedules/{nightly}"}


def keep_busy(to: Seeder, until: threading.Event) -> None:
    """Something for the sparklines: tasks come in bursts and end one by one."""
    for burst in itertools.count():
        waiting = [to.task("label", "render", {"page": page}) for page in range(burst * 5 % 7)]
        held = [to.task("monthly report", "report", {"month": 1}) for _ in range(2 + burst % 3)]
        for task_id in held:
            to.completed(task_id, {"pages": 12})
            if until.wait(0.6):
                return
        for task_id in waiting[::2]:
            to.call("DELETE", f"/aitp/tasks/{task_id}")


def take(chromium: Browser, url: str, paths: dict[str, str]) -> None:
    """Of the overview once its lines have grown, light and dark; of the rest as they are."""
    page = chromium.new_page(viewport=WIDE, timezone_id="Europe/Berlin")
    page.goto(f"{url}/console")
    page.wait_for_timeout(GROWS_MS)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.screenshot(path=IMAGES / f"console-overview-{scheme}.png", full_page=True)
    shots = (("waiting", "light"), ("task", "light"), ("schedule", "dark"))
    for name, scheme in shots:
        page.emulate_media(color_scheme=scheme)
        page.goto(f"{url}/console#{paths[name]}")
        page.wait_for_timeout(SETTLES_MS)
        page.screenshot(path=IMAGES / f"console-{name}.png")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(NARROW)
    page.goto(f"{url}/console#/tasks?client_id=billing")
    page.wait_for_timeout(SETTLES_MS)
    page.screenshot(path=IMAGES / "console-narrow.png")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, service(Path(folder)) as running, browser() as chromium:
        with httpx.Client(base_url=running.url) as http:
            seeder, enough = Seeder(http), threading.Event()
            paths = seed(seeder)
            busy = threading.Thread(target=keep_busy, args=(seeder, enough))
            busy.start()
            try:
                take(chromium, running.url, paths)
            finally:
                enough.set()
                busy.join()
    for picture in sorted(IMAGES.glob("console-*.png")):
        print(f"{picture.relative_to(ROOT)}: {picture.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
