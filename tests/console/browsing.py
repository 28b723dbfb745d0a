"""Debian's Chromium, driven by Playwright; nothing is downloaded."""

import contextlib
import shutil
from collections.abc import Iterator

from playwright.sync_api import Browser, sync_playwright

CHROMIUM = shutil.which("chromium")


@contextlib.contextmanager
def browser() -> Iterator[Browser]:
    """Headless; without its sandbox, which root cannot have: it only sees pages of this checkout."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            yield launched
        finally:
            launched.close()
