"""When a message is dead, what is kept of it, and what of its reason is not."""

import pytest

from chalicelib.domain.dead_message import KEPT_BODY, KEPT_REASON, MAX_RECEIVES, died, kept_days, reason_of

NOW = 1_800_000_000_000  # 2027-01-15 08:00:00 UTC
HOUR = 3_600_000


def test_a_message_is_dead_when_the_queue_will_not_show_it_again() -> None:
    error = ValueError("no")
    for receives in range(MAX_RECEIVES):
        assert died("m", "{}", error=error, receives=receives, now=NOW) is None
    for receives in (MAX_RECEIVES, MAX_RECEIVES + 1):
        dead = died("m", "{}", error=error, receives=receives, now=NOW)
        assert dead is not None
        assert (dead.message_id, dead.body, dead.reason, dead.receives) == (
            "m",
            "{}",
            "ValueError: no",
            receives,
        )
        assert (dead.first_at, dead.at, dead.day) == (NOW, NOW, "2027-01-15")
        assert dead.expires_at == NOW // 1000 + 14 * 24 * 3600


def test_what_is_kept_is_bounded_and_can_be_stored() -> None:
    dead = died("m", "b\udcff" * 9_000, error=ValueError("\ud800" + "why " * 9_000), receives=5, now=NOW)
    assert dead is not None
    assert (len(dead.body), len(dead.reason)) == (KEPT_BODY, KEPT_REASON)
    assert dead.body.startswith("b?b?")
    assert dead.reason.startswith("ValueError: ?why why")


@pytest.mark.parametrize(
    ("secret", "text"),
    [
        ("FwoGZXIvYXdzE", "x-amz-security-token:FwoGZXIvYXdzE\nx-amz-target:DynamoDB_20120810.GetItem"),
        ("ASIAQWERTYUIOPASDFGH", "the key ASIAQWERTYUIOPASDFGH is not known"),
        ("AKIAQWERTYUIOPASDFGH", "Credential=AKIAQWERTYUIOPASDFGH/20270115/us-east-1/sqs/aws4_request"),
        ("0f1e2d3c", "Signature=0f1e2d3c, SignedHeaders=host"),
        ("hunter2", '{"password": "hunter2"}'),
        ("hunter2", "https://user:hunter2@example.com/path"),
        ("sesame", "Authorization: Bearer sesame"),
        ("c2VzYW1l", "authorization = Basic c2VzYW1l"),
        ("sesame", "X-API-Key: sesame"),
        ("ains_01234567890123456789abcd", "refused ains_01234567890123456789abcd here"),
        ("Zm9v" * 5, "a run of " + "Zm9v" * 40),
    ],
)
def test_a_reason_keeps_no_secret(secret: str, text: str) -> None:
    reason = reason_of(RuntimeError(text))
    assert secret not in reason
    assert "***" in reason
    assert reason.startswith("RuntimeError: ")


@pytest.mark.parametrize(
    "text",
    [
        "message version 2 is not 1",
        "the lease token 5 of task-01jd3m8x5v9k2w7q4r6t8y0zaa is no longer current",
        "User: arn:aws:sts::000000000000:assumed-role/ains-work/ains-work is not authorized to perform:"
        " dynamodb:GetItem on resource: arn:aws:dynamodb:us-east-1:000000000000:table/ains-prod-tasks",
        'Could not connect to the endpoint URL: "https://dynamodb.us-east-1.amazonaws.com/"',
    ],
)
def test_a_reason_keeps_all_else(text: str) -> None:
    assert reason_of(LookupError(text)) == f"LookupError: {text}"


def test_a_secret_is_hidden_before_the_reason_is_cut() -> None:
    reason = reason_of(ValueError("x " * 490 + "token=" + "s" * 50))
    assert "s" not in reason.partition("token")[2]


def test_what_is_kept_was_recorded_on_one_of_fifteen_days() -> None:
    days = kept_days(NOW)
    assert (days[0], days[-1], len(days)) == ("2027-01-15", "2027-01-01", 15)
    assert kept_days(NOW + 16 * HOUR - 1)[0] == "2027-01-15"
    assert kept_days(NOW + 16 * HOUR)[0] == "2027-01-16"
