"""The small parts by themselves: template, metric lines, wake-ups, self-check."""

import io
import json
import threading

import pytest

from infra.local import pinned, selfcheck
from infra.local.calls import Answer
from infra.local.emf import MetricBuffer, Stdout
from infra.local.engine import LocalCloud
from infra.local.problems import CannotStart
from infra.local.resources import TEMPLATE, plan
from infra.local.wakeups import Wakeups
from tests.local.conftest import SMALL
from tests.local.tiny_app import emf_line


def test_intrinsics_are_resolved_for_the_stage():
    found = plan(SMALL, "prod")
    assert found.tables["ExecutionsTable"]["TableName"] == "ains-prod-executions"
    policy = json.loads(found.queues["ains-prod-work"]["RedrivePolicy"])
    assert policy["deadLetterTargetArn"] == "arn:aws:sqs:us-east-1:000000000000:ains-prod-work-dead"
    event = found.functions["Work"]["Events"]["WorkSqsEventSource"]["Properties"]
    assert event["Queue"] == "arn:aws:sqs:us-east-1:000000000000:ains-prod-work"
    assert found.ttl_by_table == {"ains-prod-tasks": "ttl"}


def test_the_deployed_template_makes_its_tables_and_queues():
    with LocalCloud(template=TEMPLATE, stage="test") as cloud:
        names = cloud.request("dynamodb", "ListTables")["TableNames"]
        assert {"ains-test-tasks", "ains-test-agents", "ains-test-schedules"} <= set(names)
        described = cloud.request("dynamodb", "DescribeTimeToLive", TableName="ains-test-tasks")
        assert described["TimeToLiveDescription"]["AttributeName"] == "ttl"
        assert cloud.plan.queues["ains-test-work"]["RedrivePolicy"]


def test_making_the_resources_twice_changes_nothing(tmp_path):
    for _ in range(2):
        with LocalCloud(data_dir=tmp_path) as cloud:
            url = cloud.queue_url("ains-local-work")
            found = cloud.request("sqs", "GetQueueAttributes", QueueUrl=url)["Attributes"]
            assert found["VisibilityTimeout"] == cloud.plan.queues["ains-local-work"]["VisibilityTimeout"]


def test_the_self_check_passes_leaves_no_rows_and_takes_well_under_a_second(tmp_path):
    with LocalCloud(template=SMALL, data_dir=tmp_path) as cloud:
        selfcheck.check(cloud)
        assert len(cloud.request("dynamodb", "ListTables")["TableNames"]) == 2
        assert list(cloud.journal.items()) == []


def twice(call, run):
    """An engine that forgets transaction tokens."""
    if call.action == "TransactWriteItems":
        pinned.dynamodb._txn_idempotency.clear()
    return run()


def always(call, run):
    """An engine whose conditions always hold."""
    answer = run()
    return Answer(200, {}, b"{}") if call.action == "PutItem" else answer


@pytest.mark.parametrize(("flaw", "complaint"), [(twice, "applied 2 times"), (always, "4 of 4 racing")])
def test_an_engine_that_breaks_an_assumption_is_refused(cloud, flaw, complaint):
    cloud.around = flaw
    with pytest.raises(CannotStart, match=complaint):
        selfcheck.check(cloud)
    cloud.around = None
    assert len(cloud.request("dynamodb", "ListTables")["TableNames"]) == 2


def test_metric_lines_are_summed_by_minute_and_the_rest_is_shown():
    shown, metrics = io.StringIO(), MetricBuffer()
    out = Stdout(shown, metrics)
    for _ in range(3):
        print(emf_line(), file=out)
    print('not a metric: "_aws"', file=out)
    print("two\nlines", file=out)
    out.flush()
    assert shown.getvalue() == 'not a metric: "_aws"\ntwo\nlines\n'
    series = metrics.take()
    assert sum(sum(datum["Counts"]) for _, datum in series) == 3
    assert {namespace for namespace, _ in series} == {"tiny"}
    assert metrics.take() == []


def test_lines_of_different_threads_do_not_mix():
    shown = io.StringIO()
    out = Stdout(shown, MetricBuffer())

    def write(letter):
        for _ in range(200):
            out.write(letter * 5)
            out.write("\n")

    threads = [threading.Thread(target=write, args=(letter,)) for letter in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(shown.getvalue().splitlines()) == {letter * 5 for letter in "abcd"}


def test_a_ring_wakes_as_many_as_asked_for():
    wakeups, waiters = Wakeups(), [threading.Event() for _ in range(3)]
    for waiter in waiters:
        wakeups.wait_for("q", waiter)
    wakeups.ring("q", 2)
    assert [waiter.is_set() for waiter in waiters] == [True, True, False]


def test_a_ring_for_one_who_leaves_is_passed_on():
    wakeups, leaver, other = Wakeups(), threading.Event(), threading.Event()
    wakeups.wait_for("q", leaver)
    wakeups.wait_for("q", other)
    wakeups.ring("q", 1)
    wakeups.leave("q", leaver)
    assert other.is_set()
