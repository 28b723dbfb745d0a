"""A fresh fake service and a clock that stands still."""

import pytest
from sdk_fakes import ManualClock

from agent_client.testing import FakeService


@pytest.fixture
def service() -> FakeService:
    return FakeService()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()
