"""Reads that a throttled table leaves undone."""

from typing import Any

import pytest
from pynamodb.exceptions import GetError

from chalicelib.store import reads
from chalicelib.store.tables import TaskRecord


def test_a_read_that_never_comes_is_an_outage() -> None:
    class Throttled:
        def dispatch(self, operation: str, asked: dict[str, Any]) -> dict[str, Any]:
            return {"Responses": {}, "UnprocessedKeys": asked["RequestItems"]}

    pauses: list[float] = []
    with pytest.raises(GetError, match="unprocessed"):
        reads.batch_get(Throttled(), [(TaskRecord, ["task-1"])], pause=pauses.append)  # type: ignore[arg-type]
    assert len(pauses) == reads.TRIES - 1
    assert pauses == sorted(pauses)
