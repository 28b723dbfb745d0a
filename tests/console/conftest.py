"""One service and one browser for a person's whole visit."""

from collections.abc import Iterator

import httpx
import pytest

from tests.console.seeding import Seeder
from tests.e2e.processes import service


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with service(tmp_path_factory.mktemp("service")) as running:
        yield running.url


@pytest.fixture(scope="module")
def seed(url: str) -> Iterator[Seeder]:
    with httpx.Client(base_url=url) as http:
        yield Seeder(http)
