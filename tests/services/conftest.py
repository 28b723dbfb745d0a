"""A world per test; whatever the test did, the invariants hold after it."""

from collections.abc import Iterator

import pytest

from . import invariants
from .worlds import Watched, watched


@pytest.fixture
def w() -> Iterator[Watched]:
    fresh = watched()
    yield fresh
    invariants.check(fresh)
