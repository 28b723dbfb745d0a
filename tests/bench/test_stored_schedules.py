"""A tick reads what is due, not what is stored: the same beside 100 schedules and beside 100,000."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.local.calls import Answer, Call
from infra.local.engine import LocalCloud
from tests.bench import stored
from tests.budgets import rig as rigs
from tests.budgets.counting import Cost, counted, item_bytes
from tests.budgets.rig import Rig
from tests.contract.values import a_schedule
from tests.fakes import START_MS

DUE = 10
MANY = 100_000
TABLE = f"ains-{rigs.STAGE}-schedules"
HOUR_MS = 3_600_000
HALF_UNIT_BYTES = 4_096  # of a query that may lag: half a read unit for each that is begun


def measured(directory: Path, count: int) -> tuple[Cost, Counter[str]]:
    """A tick with ten schedules due, beside so many that are due in an hour: its calls, and what it read."""
    stored.write(directory, count, table=TABLE, tenant=rigs.TENANT, due_at=START_MS + HOUR_MS)
    with LocalCloud(stage=rigs.STAGE, data_dir=directory, long_polls=False) as cloud:
        rig = Rig(cloud, rigs.shipped(cloud))
        for n in range(DUE):
            rig.ports.schedules.add(a_schedule(f"due-{n}", tenant=rigs.TENANT, next_slot=START_MS + 30_000))
        read: Counter[str] = Counter()
        cloud.around = _reading(read)
        with counted(cloud) as cost:
            announced = rig.use_cases.ticking.tick()
        cloud.around = None
        assert announced == DUE
    return cost, read


def _reading(read: Counter[str]) -> Callable[[Call, Callable[[], Answer]], Answer]:
    def around(call: Call, run: Callable[[], Answer]) -> Answer:
        answer = run()
        if call.action == "Query":
            found = json.loads(answer.body)
            size = sum(map(item_bytes, found["Items"]))
            read["rows"] += found["ScannedCount"]
            read["half units"] += max(1, -(-size // HALF_UNIT_BYTES))
        return answer

    return around


@pytest.fixture(scope="module")
def beside(tmp_path_factory: pytest.TempPathFactory) -> dict[int, tuple[Cost, Counter[str]]]:
    return {count: measured(tmp_path_factory.mktemp(str(count)), count) for count in (100, MANY)}


def test_a_tick_makes_the_same_calls_whatever_is_stored(beside: dict[int, tuple[Cost, Counter[str]]]) -> None:
    assert beside[MANY][0].actions == beside[100][0].actions
    assert beside[MANY][0].write_units == beside[100][0].write_units


def test_a_tick_reads_the_rows_that_are_due_and_no_others(
    beside: dict[int, tuple[Cost, Counter[str]]],
) -> None:
    assert beside[MANY][1] == beside[100][1] == {"rows": DUE, "half units": 24}
