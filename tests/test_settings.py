"""The environment: read once, and what is missing is said in words."""

import pytest

from chalicelib.domain.quota import Quota
from chalicelib.settings import Settings, SettingsError, from_environment

WHOLE = {
    "AINS_STAGE": "prod",
    "AINS_WORK_QUEUE_URL": "https://sqs/work",
    "AINS_OPEN_MODE": "1",
    "AINS_ADMIN_KEY_SHA256": "ab" * 32,
}


def test_everything_is_read() -> None:
    assert from_environment(WHOLE) == Settings(
        stage="prod", work_queue_url="https://sqs/work", open_mode=True, admin_key_sha256="ab" * 32
    )


def test_with_nothing_set_nobody_may_do_anything() -> None:
    plain = from_environment({})
    assert (plain.open_mode, plain.admin_key_sha256) == (False, None)


@pytest.mark.parametrize("value", ["", "0", "true", "yes", "01"])
def test_open_mode_needs_exactly_a_one(value: str) -> None:
    assert not from_environment({"AINS_OPEN_MODE": value}).open_mode


def test_a_process_is_one_of_many_unless_it_is_told_otherwise() -> None:
    assert from_environment({"AINS_SOLE_PROCESS": "1"}).is_sole_process
    assert not from_environment(WHOLE).is_sole_process


def test_quotas_are_read_and_have_defaults() -> None:
    given = {
        "AINS_SCHEDULES_PER_CLIENT": "5",
        "AINS_SLOTS_PER_MINUTE_PER_CLIENT": "60",
        "AINS_SLOTS_PER_SECOND": "1000",
    }
    read = from_environment(given).quota
    assert read == Quota(schedules=5, slots_per_minute=60, slots_per_second=1_000)
    assert from_environment(dict.fromkeys(given, "")).quota == from_environment({}).quota == Quota()


@pytest.mark.parametrize("value", ["0", "-1", "1.5", "many", " 5", "²"])
def test_a_quota_that_is_no_whole_number_from_one_on_is_refused_by_name(value: str) -> None:
    with pytest.raises(
        SettingsError, match=r"AINS_SLOTS_PER_SECOND is .*; it takes a whole number from 1 on"
    ):
        from_environment({"AINS_SLOTS_PER_SECOND": value})


def test_an_empty_key_is_no_key() -> None:
    assert from_environment({"AINS_ADMIN_KEY_SHA256": ""}).admin_key_sha256 is None


@pytest.mark.parametrize(
    ("lacks", "message"),
    [
        (["AINS_STAGE"], "set AINS_STAGE in"),
        (["AINS_WORK_QUEUE_URL"], "set AINS_WORK_QUEUE_URL in"),
        (["AINS_STAGE", "AINS_WORK_QUEUE_URL"], "set AINS_STAGE and AINS_WORK_QUEUE_URL in"),
    ],
)
def test_what_is_missing_is_named(lacks: list[str], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        from_environment({k: v for k, v in WHOLE.items() if k not in lacks}).required()


def test_what_is_whole_is_itself() -> None:
    whole = from_environment(WHOLE)
    assert whole.required() is whole
