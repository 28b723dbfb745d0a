"""The stores over the local cloud's engine."""

from collections.abc import Iterator

import pytest

from tests.contract import implementations
from tests.contract.implementations import Fresh, Stores


@pytest.fixture(scope="package")
def implementation() -> Iterator[Fresh]:
    with implementations.in_engine() as fresh:
        yield fresh


@pytest.fixture
def stores(implementation: Fresh) -> Stores:
    """All ports, empty."""
    return implementation()
