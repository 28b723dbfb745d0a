"""Seconds, AWS' notation and hashes over HTTP, and what validate and preview say about them."""

import pytest

from .requests import SCHEDULE, TASK, scheduled

ROOT = "/aitp/tasks/schedule"
SECONDS = {"cron_format": "seconds"}


def validated(api, text, **more):
    answer = api.post(f"{ROOT}/validate", {"cron_expression": text, **more})
    assert answer.status == 200
    return answer.body


def test_seconds_are_asked_for_by_name(api):
    made = api.post(ROOT, {**SCHEDULE, **SECONDS, "cron_expression": "*/20 * * * * *"})
    assert (made.status, made.body["cron_format"]) == (201, "seconds")
    assert (made.body["cron_expression"], made.body["next_run_at"]) == (
        "*/20 * * * * *",
        "2027-01-15T08:00:20.000Z",
    )
    shown = api.get(made.headers["Location"]).body
    assert (shown["cron_format"], shown["cron_expression"]) == ("seconds", "*/20 * * * * *")
    assert api.get(f"{ROOT}/{scheduled(api)}").body["cron_format"] == "standard"


def test_the_format_may_be_a_query_parameter(api):
    query = (
        f"{ROOT}?client_id=shop&task_type=translate&capability_required=text/en-de"
        "&cron_expression=*/20%20*%20*%20*%20*%20*&cron_format=seconds"
    )
    assert api.post(query, {"input_data": {}}).body["cron_format"] == "seconds"
    checked = api.post(f"{ROOT}/validate?cron_expression=*/20%20*%20*%20*%20*%20*&cron_format=seconds").body
    assert (checked["valid"], checked["cron_format"]) == (True, "seconds")


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"cron_expression": "*/20 * * * * *"}, "send cron_format 'seconds' too"),
        (
            {"cron_expression": "*/20 * * * *", **SECONDS},
            "takes six, the second first: write '0 */20 * * * *'",
        ),
    ],
)
def test_fields_that_the_format_does_not_have_are_refused_with_what_to_write(api, sent, said):
    refused = api.post(ROOT, {**SCHEDULE, **sent})
    assert (refused.status, refused.body["errors"][0]["pointer"]) == (400, "/cron_expression")
    assert said in refused.body["detail"]
    check = api.post(f"{ROOT}/validate", sent).body
    assert (check["valid"], check["description"], check["effective_expression"]) == (False, None, None)
    assert said in check["message"]


def test_a_schedule_is_changed_to_seconds_and_back(api):
    where = f"{ROOT}/{scheduled(api)}"
    changed = api.put(where, {"cron_expression": "30 * * * * *", **SECONDS})
    assert (changed.status, changed.body["next_run_at"]) == (200, "2027-01-15T08:00:30.000Z")
    again = api.put(where, {"cron_expression": "40 * * * * *"})  # the format stays
    assert (again.body["cron_format"], again.body["next_run_at"]) == ("seconds", "2027-01-15T08:00:40.000Z")
    assert api.put(where, {"cron_expression": "*/5 * * * *"}).status == 400
    assert api.put(where, {"cron_format": "standard"}).status == 400
    back = api.put(where, {"cron_expression": "*/5 * * * *", "cron_format": "standard"})
    assert (back.body["cron_format"], back.body["next_run_at"]) == ("standard", "2027-01-15T08:05:00.000Z")


def test_aws_notation_is_translated_and_the_answer_says_so(api):
    made = api.post(ROOT, {**SCHEDULE, "cron_expression": "cron(0 9 ? * 2-6 *)"})
    assert (made.status, made.body["cron_expression"]) == (201, "0 9 * * MON-FRI")
    assert "'cron(0 9 ? * 2-6 *)' is AWS' notation and was read as '0 9 * * MON-FRI'." in made.body["message"]
    changed = api.put(made.headers["Location"], {"cron_expression": "rate(5 minutes)"})
    assert changed.body["cron_expression"] == "*/5 * * * *"
    assert "was read as '*/5 * * * *', which runs at times of the clock" in changed.body["message"]
    assert "AWS" not in api.put(made.headers["Location"], {"cron_expression": "0 9 * * *"}).body["message"]
    check = validated(api, "rate(1 day)")
    assert (check["valid"], check["cron_expression"]) == (True, "0 0 * * *")
    assert "was read as '0 0 * * *'" in check["warnings"][0]


def test_a_translated_creation_that_is_repeated_is_answered_as_the_first_was(api):
    key = {"Idempotency-Key": "nightly"}
    first, again = (
        api.post(ROOT, {**SCHEDULE, "cron_expression": "rate(1 day)"}, headers=key) for _ in range(2)
    )
    assert (first.status, again.body) == (201, first.body)


def test_at_is_a_single_run_in_the_zone_of_the_schedule(api):
    zone = {"timezone": "Europe/Berlin"}
    made = api.post(ROOT, {**TASK, **zone, "cron_expression": "at(2027-01-15T10:00:00)"})
    assert (made.status, made.body["cron_expression"]) == (201, None)
    assert made.body["run_at"] == made.body["next_run_at"] == "2027-01-15T09:00:00.000Z"
    assert "was read as a single run at 2027-01-15T09:00:00.000Z." in made.body["message"]
    check = validated(api, "at(2027-01-15T10:00:00)", **zone)
    assert (check["valid"], check["next_runs"]) == (True, ["2027-01-15T09:00:00.000Z"])
    assert check["description"] == "once, on 2027-01-15 at 10:00:00"
    past = validated(api, "at(2026-01-15T10:00:00)")
    assert (past["valid"], past["warnings"][-1]) == (False, "It lies in the past.")
    refused = api.post(ROOT, {**TASK, "cron_expression": "at(2026-01-15T10:00:00)"})
    assert (refused.status, "lies in the past" in refused.body["detail"]) == (400, True)
    moved = api.put(f"{ROOT}/{scheduled(api)}", {"cron_expression": "at(2027-01-16T00:00:00)"})
    assert (moved.body["cron_expression"], moved.body["run_at"]) == (None, "2027-01-16T00:00:00.000Z")


def test_a_hash_is_kept_and_preview_says_what_it_stands_for(api):
    schedule_id = scheduled(api, cron_expression="h h * * *")
    shown = api.get(f"{ROOT}/{schedule_id}").body
    preview = api.get(f"{ROOT}/{schedule_id}/preview").body
    assert shown["cron_expression"] == preview["cron_expression"] == "H H * * *"
    minute, hour = preview["effective_expression"].split()[:2]
    assert preview["next_run_at"][11:16] == shown["next_run_at"][11:16] == f"{int(hour):02}:{int(minute):02}"
    example = validated(api, "H H * * *")
    assert "'H' follows from the schedule's id" in example["warnings"][0]
    own = validated(api, "H H * * *", schedule_id=schedule_id)
    assert own["effective_expression"] == preview["effective_expression"]
    assert own["warnings"] == []


def test_validate_says_what_an_expression_means_here_and_in_utc(api):
    check = validated(api, "0 9 * * MON-FRI", timezone="Asia/Tokyo")
    assert check["description"] == "at 09:00 on Monday to Friday"
    assert check["next_runs"][:2] == ["2027-01-18T00:00:00.000Z", "2027-01-19T00:00:00.000Z"]
    assert check["next_runs_local"][:2] == ["2027-01-18T09:00:00+09:00", "2027-01-19T09:00:00+09:00"]
    assert (len(check["next_runs"]), len(check["next_runs_local"])) == (10, 10)


@pytest.mark.parametrize(
    ("text", "more", "said"),
    [
        ("* * * * * *", SECONDS, "It fires every second"),
        ("0 0 13 * FRI", {}, "it runs on days that match either of them"),
        ("0 0 * 2 1#5", {}, "It does not fire within the next 8 years."),
        ("30 1 * * *", {"timezone": "Europe/London"}, "On 31 October 2027 the clocks"),
    ],
)
def test_surprises_are_told(api, text, more, said):
    assert any(said in words for words in validated(api, text, **more)["warnings"])


def test_a_preview_shows_as_many_runs_as_are_asked_for_in_the_zone_that_is_asked_for(api):
    schedule_id = scheduled(api, cron_expression="0 9 * * *", timezone="Europe/Berlin")
    own = api.get(f"{ROOT}/{schedule_id}/preview?count=2").body
    assert own["next_runs"] == ["2027-01-16T08:00:00.000Z", "2027-01-17T08:00:00.000Z"]
    assert own["next_runs_local"] == ["2027-01-16T09:00:00+01:00", "2027-01-17T09:00:00+01:00"]
    assert (own["timezone"], own["local_timezone"]) == ("Europe/Berlin", "Europe/Berlin")
    far = api.get(f"{ROOT}/{schedule_id}/preview?timezone=America/New_York").body
    assert (far["next_runs"][:2], len(far["next_runs"])) == (own["next_runs"], 10)
    assert far["next_runs_local"][0] == "2027-01-16T03:00:00-05:00"
    assert (far["timezone"], far["local_timezone"]) == ("Europe/Berlin", "America/New_York")
    assert far["message"] == "fires next at 2027-01-16T08:00:00.000Z"


def test_a_preview_of_a_schedule_that_stands_still_says_so(api, here):
    where = f"{ROOT}/{scheduled(api)}"
    api.post(f"{where}/pause")
    paused = api.get(f"{where}/preview").body
    assert (paused["status"], paused["next_run_at"]) == ("PAUSED", "2027-01-15T08:05:00.000Z")
    assert paused["message"] == "is PAUSED; these are its runs if it is resumed now"
    once = f"{ROOT}/{scheduled(api, cron_expression=None, run_at='2027-01-15T08:00:30Z')}"
    before = api.get(f"{once}/preview").body
    assert (before["cron_expression"], before["run_at"]) == (None, "2027-01-15T08:00:30.000Z")
    assert before["description"] == "once, on 2027-01-15 at 08:00:30"
    here.run(seconds=40)
    over = api.get(f"{once}/preview").body
    assert (over["status"], over["next_runs"]) == ("COMPLETED", [])
    assert over["message"] == "is COMPLETED; nothing is left to run"


@pytest.mark.parametrize(
    "query", ["timezone=Mars", "timezone=", "count=0", "count=101", "count=ten", "zone=UTC"]
)
def test_a_preview_that_makes_no_sense_is_refused(api, query):
    assert api.get(f"{ROOT}/{scheduled(api)}/preview?{query}").status == 400


def test_a_preview_of_no_schedule_is_not_found(api):
    assert api.get(f"{ROOT}/none/preview").status == 404
