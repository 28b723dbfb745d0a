"""Services, open and with keys, and one browser for a person's whole visit."""

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser

from tests.console.browsing import browser
from tests.console.seeding import Seeder
from tests.e2e.processes import Service, service


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    with browser() as launched:
        yield launched


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with service(tmp_path_factory.mktemp("service")) as running:
        yield running.url


@pytest.fixture(scope="module")
def seed(url: str) -> Iterator[Seeder]:
    with httpx.Client(base_url=url) as http:
        yield Seeder(http)


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One that wants a key, and logs each request as a deployed stage does."""
    folder = tmp_path_factory.mktemp("locked")
    with service(folder, "--auth", POWERTOOLS_LOG_LEVEL="INFO") as running:
        yield running
