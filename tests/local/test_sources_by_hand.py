"""Event sources without their threads: how they read an app's declarations and its handlers' answers."""

import pytest
from chalice.app import Chalice, Cron

from infra.local.event_sources import sources_of
from infra.local.problems import CannotStart
from infra.local.sqs_source import failures_in


@pytest.mark.parametrize(
    ("result", "failed"),
    [
        (None, set()),
        ({}, set()),
        ({"batchItemFailures": []}, set()),
        ({"batchItemFailures": [{"itemIdentifier": "a"}]}, {"a"}),
        ({"batchItemFailures": [{"itemIdentifier": "unknown"}]}, {"a", "b"}),
        ({"batchItemFailures": [{"itemIdentifier": None}]}, {"a", "b"}),
        ({"batchItemFailures": [{}]}, {"a", "b"}),
        ({"batchItemFailures": 3}, {"a", "b"}),
    ],
)
def test_a_handlers_answer_is_read_as_lambda_reads_it(result, failed):
    assert failures_in(result, {"a", "b"}) == failed


def test_a_batch_can_be_driven_by_hand(cloud):
    app, batches = Chalice("by-hand", configure_logs=False), []
    app.on_sqs_message(queue_arn="arn:aws:sqs:::placeholder", batch_size=10, name="work")(batches.append)
    (source,) = sources_of(app, cloud)
    for n in range(12):
        cloud.request("sqs", "SendMessage", QueueUrl=cloud.queue_url("ains-local-work"), MessageBody=str(n))
    assert [source.one_batch(wait_seconds=0) for _ in range(3)] == [10, 2, 0]
    records = [record.to_dict() for batch in batches for record in batch]
    assert len({record["messageId"] for record in records}) == 12


@pytest.mark.parametrize("kind", ["cron", "s3", "no such queue"])
def test_an_event_source_that_the_local_cloud_lacks_is_refused_by_name(cloud, kind):
    app = Chalice("odd", configure_logs=False)
    if kind == "cron":
        app.schedule(Cron(0, 12, "*", "*", "?", "*"), name="odd")(print)
    elif kind == "s3":
        app.on_s3_event(bucket="b", name="odd")(print)
    else:
        app.on_sqs_message(queue="nowhere", name="odd")(print)
    with pytest.raises(CannotStart, match="'odd'"):
        sources_of(app, cloud)
