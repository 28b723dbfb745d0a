"""What becomes of times of day that clock changes skip or repeat, over HTTP."""

import pytest
from tzdata import IANA_VERSION

from .requests import SCHEDULE, scheduled

ROOT = "/aitp/tasks/schedule"
AT_THE_GAP = {
    "cron_expression": "30 2 * * *",
    "timezone": "America/New_York",
    "start_at": "2027-03-14T05:00:00Z",
}
AFTER_THE_GAP, NEXT_DAY = "2027-03-14T07:00:00.000Z", "2027-03-15T06:30:00.000Z"
PLAIN, SKIP = {"gap": "next", "fold": "first"}, {"gap": "skip", "fold": "first"}


@pytest.mark.parametrize(
    ("sent", "shown", "next_run_at"),
    [
        ({}, PLAIN, AFTER_THE_GAP),
        ({"dst_policy": {}}, PLAIN, AFTER_THE_GAP),
        ({"dst_policy": {"gap": "skip"}}, SKIP, NEXT_DAY),
        ({"dst_policy": {"fold": "both"}}, {"gap": "next", "fold": "both"}, AFTER_THE_GAP),
    ],
)
def test_a_policy_is_kept_and_shown_and_decides_the_next_run(api, sent, shown, next_run_at):
    made = api.post(ROOT, {**SCHEDULE, **AT_THE_GAP, **sent})
    assert (made.status, made.body["dst_policy"], made.body["next_run_at"]) == (201, shown, next_run_at)
    kept = api.get(made.headers["Location"]).body
    assert (kept["dst_policy"], kept["next_run_at"]) == (shown, next_run_at)
    assert [row["dst_policy"] for row in api.get(ROOT).body["schedules"]] == [shown]


def test_it_stands_in_the_body_also_where_the_rest_are_query_parameters(api):
    query = (
        f"{ROOT}?client_id=shop&task_type=translate&capability_required=text/en-de&timezone=America/New_York"
        "&cron_expression=30%202%20*%20*%20*&start_at=2027-03-14T05:00:00Z"
    )
    made = api.post(query, {"input_data": {}, "dst_policy": {"gap": "skip"}})
    assert (made.status, made.body["next_run_at"]) == (201, NEXT_DAY)
    refused = api.post(query + "&dst_policy=skip", {"input_data": {}})
    assert (refused.status, refused.body["errors"][0]["pointer"]) == (400, "dst_policy")


def test_a_change_of_it_moves_the_next_run_and_replaces_it_whole(api):
    schedule_id = scheduled(api, **AT_THE_GAP)
    changed = api.put(f"{ROOT}/{schedule_id}", {"dst_policy": {"gap": "skip"}})
    assert (changed.status, changed.body["dst_policy"], changed.body["next_run_at"]) == (200, SKIP, NEXT_DAY)
    other = api.put(f"{ROOT}/{schedule_id}", {"priority": 3})
    assert (other.body["dst_policy"], other.body["next_run_at"]) == (SKIP, NEXT_DAY)
    back = api.put(f"{ROOT}/{schedule_id}", {"dst_policy": {"fold": "both"}})
    assert back.body["dst_policy"] == {"gap": "next", "fold": "both"}
    assert back.body["next_run_at"] == AFTER_THE_GAP


def test_another_policy_under_the_same_idempotency_key_is_another_request(api):
    key, asked = {"Idempotency-Key": "nightly"}, {**SCHEDULE, **AT_THE_GAP, "dst_policy": {"gap": "skip"}}
    first, again = (api.post(ROOT, asked, headers=key) for _ in range(2))
    assert again.body == first.body
    assert api.post(ROOT, {**asked, "dst_policy": {"fold": "both"}}, headers=key).status == 422


@pytest.mark.parametrize(("policy", "fate"), [(None, "right after, once"), ({"gap": "skip"}, "not happen")])
def test_validate_and_preview_say_what_it_will_do(api, policy, fate):
    sent = {} if policy is None else {"dst_policy": policy}
    asked = {"cron_expression": "30 2 * * *", "timezone": "America/New_York", **sent}
    preview = api.get(f"{ROOT}/{scheduled(api, **AT_THE_GAP, **sent)}/preview")
    for warnings in (api.post(f"{ROOT}/validate", asked).body["warnings"], preview.body["warnings"]):
        (note,) = [words for words in warnings if "14 March 2027" in words]
        assert fate in note


def test_it_is_said_that_a_rhythm_has_no_use_for_it(api):
    asked = {"cron_expression": "*/15 * * * *", "timezone": "America/New_York"}
    told = api.post(f"{ROOT}/validate", {**asked, "dst_policy": {"gap": "skip"}}).body["warnings"]
    assert any("dst_policy has no effect" in words for words in told)
    assert not any("dst_policy" in words for words in api.post(f"{ROOT}/validate", asked).body["warnings"])


def test_the_rules_of_the_zones_are_named(api):
    assert api.get("/ains/health").body["tzdata"] == IANA_VERSION
