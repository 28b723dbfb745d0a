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


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """moto is slow, and takes the same way through the stores as the engine."""
    for item in items:
        callspec = getattr(item, "callspec", None)
        if callspec is not None and callspec.params.get("implementation") == "moto":
            item.add_marker(pytest.mark.uncounted)


@pytest.fixture(scope="package", params=IMPLEMENTATIONS)
def implementation(request: pytest.FixtureRequest) -> Iterator[Fresh]:
    with IMPLEMENTATIONS[request.param]() as fresh:
        yield fresh


@pytest.fixture
def stores(implementation: Fresh) -> Stores:
    """All ports of one implementation, empty."""
    return implementation()


@pytest.fixture
def wrong_in(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """`wrong_in("moto", "...")`: this implementation is known to differ from AWS here, for this reason."""

    def mark(name: str, reason: str) -> None:
        if request.node.callspec.params["implementation"] == name:
            request.applymarker(pytest.mark.xfail(reason=reason, strict=True))

    return mark
