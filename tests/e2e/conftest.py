"""One running service for the whole suite: the local one, or a deployed stage.

AINS_E2E_URL, AINS_E2E_KEY and AINS_E2E_AWS name another one to run against.
"""

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent_client import Client
from tests.e2e.processes import Service, Target, service

_names = itertools.count()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of them share one service, so they share one worker."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.e2e)
            item.add_marker(pytest.mark.xdist_group("e2e"))


@pytest.fixture(scope="session")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    if url := os.environ.get("AINS_E2E_URL"):
        yield Target(url, os.environ["AINS_E2E_AWS"], os.environ.get("AINS_E2E_KEY"))
        return
    with service(tmp_path_factory.mktemp("service")) as running:
        yield Target(running.url, running.aws_url)


@pytest.fixture
def own_service(tmp_path: Path) -> Iterator[Service]:
    """One that a test may kill. It is a local one: a stage cannot be killed."""
    if "AINS_E2E_URL" in os.environ:
        pytest.skip("kills the service, which a deployed stage does not allow")
    with service(tmp_path) as running:
        yield running


@pytest.fixture
def client(target: Target) -> Iterator[Client]:
    with Client(target.url, api_key=target.key) as client:
        yield client


@pytest.fixture
def name() -> str:
    """For an agent, a capability and a client that no other test has."""
    return f"e2e-{os.getpid()}-{next(_names)}"
