"""One engine for all budgets, and a process of the deployment over it."""

from collections.abc import Iterator

import pytest

from chalicelib import wiring
from infra.local.engine import LocalCloud
from tests.budgets import rig as rigs


@pytest.fixture(scope="package")
def engine() -> Iterator[LocalCloud]:
    with LocalCloud(stage=rigs.STAGE, long_polls=False) as cloud:
        yield cloud


@pytest.fixture(scope="package")
def shipped(engine: LocalCloud) -> wiring.Ports:
    """Clients are slow to make."""
    return rigs.shipped(engine)


@pytest.fixture
def rig(engine: LocalCloud, shipped: wiring.Ports) -> rigs.Rig:
    """Nothing stored but one agent with one slot; one task has run."""
    engine.reset()
    fresh = rigs.Rig(engine, shipped)
    fresh.agent()
    fresh.warm()
    return fresh
