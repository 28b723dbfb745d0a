"""The work queue: nothing is handed out twice too early, nothing poisonous goes round for ever."""

from typing import Any

import pytest

from chalicelib.domain.dead_message import MAX_RECEIVES

pytestmark = pytest.mark.slow  # the first test of a run packages the template

Resources = dict[str, dict[str, Any]]


def _queues(made: Resources) -> dict[str, dict[str, Any]]:
    return {name: r["Properties"] for name, r in made.items() if r["Type"] == "AWS::SQS::Queue"}


def _mapping(made: Resources) -> dict[str, Any]:
    mappings = [r["Properties"] for r in made.values() if r["Type"] == "AWS::Lambda::EventSourceMapping"]
    (mapping,) = [mapping for mapping in mappings if mapping["FunctionName"] == {"Ref": "Work"}]
    return mapping


def test_the_queues_carry_the_stage_in_their_names(made: Resources) -> None:
    names = {name: queue["QueueName"]["Fn::Sub"] for name, queue in _queues(made).items()}
    assert names == {"WorkQueue": "ains-${Stage}-work", "WorkDeadLetters": "ains-${Stage}-work-dead"}


def test_a_message_that_keeps_failing_ends_among_the_dead_letters(made: Resources) -> None:
    redrive = _queues(made)["WorkQueue"]["RedrivePolicy"]
    assert redrive["deadLetterTargetArn"] == {"Fn::GetAtt": ["WorkDeadLetters", "Arn"]}
    assert 3 <= redrive["maxReceiveCount"] <= 10


def test_the_consumer_knows_which_receive_is_a_messages_last(made: Resources) -> None:
    assert _queues(made)["WorkQueue"]["RedrivePolicy"]["maxReceiveCount"] == MAX_RECEIVES


def test_dead_letters_stay_for_as_long_as_sqs_keeps_anything(made: Resources) -> None:
    assert _queues(made)["WorkDeadLetters"]["MessageRetentionPeriod"] == 14 * 24 * 3600


def test_messages_stay_hidden_six_times_as_long_as_the_consumer_may_run(made: Resources) -> None:
    assert _queues(made)["WorkQueue"]["VisibilityTimeout"] >= 6 * made["Work"]["Properties"]["Timeout"]


def test_queues_are_encrypted_and_refuse_plain_http(made: Resources) -> None:
    queues = _queues(made)
    assert all(queue["SqsManagedSseEnabled"] is True for queue in queues.values())
    (policy,) = [r["Properties"] for r in made.values() if r["Type"] == "AWS::SQS::QueuePolicy"]
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert {entry["Ref"] for entry in policy["Queues"]} == set(queues)
    assert {entry["Fn::GetAtt"][0] for entry in statement["Resource"]} == set(queues)
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "sqs:*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_the_consumer_reads_the_work_queue_and_reports_failures_one_by_one(made: Resources) -> None:
    mapping = _mapping(made)
    assert mapping["EventSourceArn"] == {"Fn::GetAtt": ["WorkQueue", "Arn"]}
    assert mapping["FunctionName"] == {"Ref": "Work"}
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_a_hint_is_not_held_back_to_fill_a_batch(made: Resources) -> None:
    mapping = _mapping(made)
    assert (mapping["BatchSize"], mapping["MaximumBatchingWindowInSeconds"]) == (10, 0)


def test_a_backlog_leaves_concurrency_to_the_api(made: Resources) -> None:
    assert _mapping(made)["ScalingConfig"]["MaximumConcurrency"] <= 100
