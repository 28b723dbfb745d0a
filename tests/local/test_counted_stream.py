"""From the writes of real tasks to the counters behind /metrics: the stream, the pump, the stats table."""

from chalice.app import DynamoDBEventConfig

from chalicelib import consumers
from chalicelib.domain.task import Status
from infra.local.engine import LocalCloud
from infra.local.stream_source import StreamSource
from tests.budgets import rig as rigs
from tests.budgets.rig import Rig

CONFIG = DynamoDBEventConfig("stats", "", "arn:none", 4, "LATEST", 0)


class Counter:
    """The function Stats, which is killed after its write as often as it is told to."""

    def __init__(self, rig):
        self.rig, self.deaths = rig, 0

    def __call__(self, event, context):
        consumers.count(event, self.rig.use_cases)
        if self.deaths:
            self.deaths -= 1
            raise RuntimeError("killed after its write")


def test_the_counters_are_what_was_counted_where_it_happened_though_the_function_dies():
    with LocalCloud(stage=rigs.STAGE, long_polls=False) as cloud:
        rig = Rig(cloud, rigs.shipped(cloud))
        counter = Counter(rig)
        source = StreamSource(cloud, CONFIG, counter)
        rig.agent(slots=3)
        for n in range(3):
            rig.life(rig.submit())
            failing = rig.report(rig.dispatch(rig.submit(max_retries=n)), Status.ACTIVE)
            rig.report(failing, Status.FAILED)
            counter.deaths = n
            while not source.to_the_end():
                pass
        counters = rig.ports.stats.counters()
        assert counters == {name: rig.ports.metrics.total(name) for name in counters}
        assert counters == {
            "tasks_created_total": 6,
            "tasks_assigned_total": 6,
            "tasks_completed_total": 3,
            "tasks_failed_total": 1,
            "tasks_retried_total": 2,
        }
