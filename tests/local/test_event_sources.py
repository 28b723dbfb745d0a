"""Queues and ticks reach the handlers as on Lambda: batches, failures, retries, dead letters, delays."""

import logging
import time

from tests.local.conftest import until


def sent(served, **body):
    return served.http.post("/work", json=body).json()["id"]


def seen(served, message):
    return [entry for entry in served.app.seen if entry["id"] == message]


def dead(served):
    url = served.service.cloud.queue_url("ains-local-work-dead")
    found = served.service.cloud.request("sqs", "ReceiveMessage", QueueUrl=url, AttributeNames=["All"])
    return found.get("Messages", [])


def test_a_message_is_handled_within_milliseconds_of_its_sending(served):
    began = time.time()
    latencies = []
    for n in range(20):
        began = time.time()
        message = sent(served, n=n)
        latencies.append(until(lambda m=message: seen(served, m))[0]["at"] - began)
    assert sorted(latencies)[10] < 1  # who looks again from time to time does so after seconds


def test_a_delayed_message_comes_on_time_and_not_before(served):
    began = time.time()
    message = sent(served, delay=2)
    (entry,) = until(lambda: seen(served, message))
    assert 2.0 <= entry["at"] - began < 4.5


def test_a_message_reported_as_failed_is_tried_again_after_its_visibility_timeout_then_dead_lettered(served):
    good, bad = sent(served, ok=True), sent(served, fail=True)
    first, second = until(lambda: (found := seen(served, bad)) and len(found) == 2 and found)
    assert second["at"] - first["at"] > 0.9  # the timeout runs from the receive, a moment before the handler
    assert [first["receives"], second["receives"]] == [1, 2]
    (letter,) = until(lambda: dead(served))
    assert (letter["MessageId"], len(seen(served, good))) == (bad, 1)
    assert "DeadLetterQueueSourceArn" in letter["Attributes"]


def test_a_handler_that_raises_has_its_whole_batch_again(served, caplog):
    with caplog.at_level(logging.ERROR, "infra.local.sqs_source"):
        message = sent(served, crash=True)
        entries = until(lambda: (found := seen(served, message)) and len(found) == 2 and found)
    assert [entry["receives"] for entry in entries] == [1, 2]
    assert "become visible again" in caplog.text


def test_the_tick_fires_at_once_and_at_its_interval(served):
    until(lambda: len(served.app.ticks) >= 4)
    gaps = [
        later - earlier for earlier, later in zip(served.app.ticks[:3], served.app.ticks[1:4], strict=True)
    ]
    assert all(0.1 < gap < 1.0 for gap in gaps)
