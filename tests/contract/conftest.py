"""Every test of this package runs over each implementation, or over those that its module names."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest

from tests.contract import implementations
from tests.contract.implementations import Fresh, Stores

IMPLEMENTATIONS: dict[str, Callable[[], AbstractContextManager[Fresh]]] = {
    "fakes": implementations.in_memory,
    "moto": implementations.in_moto,
    "engine": implementations.in_engine,
}


@pytest.fixture(scope="package", params=IMPLEMENTATIONS)
def implementation(request: pytest.FixtureRequest) -> Iterator[Fresh]:
    with IMPLEMENTATIONS[request.param]() as fresh:
        yield fresh


@pytest.fixture
def stores(implementation: Fresh) -> Stores:
    """All ports of one implementation, empty."""
    return implementation()
