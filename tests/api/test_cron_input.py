"""Cron expressions over HTTP: explained, and every trap refused."""

import pytest

from .requests import SCHEDULE, scheduled

ROOT = "/aitp/tasks/schedule"


def test_an_expression_is_explained(api):
    answer = api.post(f"{ROOT}/validate?cron_expression=30%202%20*%20*%20*&timezone=Europe/Berlin")
    assert (answer.status, answer.body["valid"]) == (200, True)
    assert (answer.body["cron_expression"], len(answer.body["next_runs"])) == ("30 2 * * *", 10)
    assert answer.body["next_runs"][0] == answer.body["next_run_at"] == "2027-01-16T01:30:00.000Z"
    assert any("28 March 2027" in warning for warning in answer.body["warnings"])


def test_an_expression_may_come_in_the_body(api):
    assert api.post(f"{ROOT}/validate", {"cron_expression": "@daily"}).body["cron_expression"] == "0 0 * * *"
    assert api.post(f"{ROOT}/validate").status == 400


def test_a_zone_that_does_not_exist_is_named(api):
    answer = api.post(f"{ROOT}/validate?cron_expression=@daily&timezone=Europe/Berln")
    assert answer.body["valid"] is False
    assert "Europe/Berlin" in answer.body["message"]


TRAPS = {
    "six fields": "* * * * * *",
    "six fields with a step": "*/10 * * * * *",
    "random": "R R * * *",
    "a step past the end": "*/60 * * * *",
    "a large step": "*/100 * * * *",
    "a range of one": "10-10 * * * *",
    "a range of one month": "0 0 1 JAN-JAN *",
    "a range that wraps": "50-10 * * * *",
    "a range of days that wraps": "0 0 * * 5-1",
    "no such day": "0 0 30 2 *",
    "no such day of April": "0 0 31 4 *",
    "a question mark": "0 0 ? * *",
    "a huge text": "1," * 20_000 + "1 * * * *",
    "nothing": "",
    "blanks": "   ",
    "one field": "5",
    "a word": "tomorrow",
    "reboot": "@reboot",
    "every": "@every 5m",
    "a rate that no clock keeps": "rate(7 minutes)",
    "a year": "cron(0 9 ? * MON 2028)",
    "AWS' notation cut short": "cron(0 9 ? * MON *",
    "a single run at no time": "at(tomorrow)",
    "a hash of a range that is none": "H(50-10) * * * *",
    "leading zeros beyond": "00000060 * * * *",
    "out of range": "60 * * * *",
    "a number that is no number": "\u0665 * * * *",
    "a null": "0 0 * * *\0",
}


@pytest.mark.parametrize("text", TRAPS.values(), ids=TRAPS.keys())
def test_no_cron_trap_is_taken(api, state, text):
    schedule_id = scheduled(api)
    before = state()
    for answer in (
        api.post(ROOT, {**SCHEDULE, "cron_expression": text}),
        api.put(f"{ROOT}/{schedule_id}", {"cron_expression": text}),
    ):
        assert answer.status == 400
        assert answer.body["errors"][0]["pointer"] == "/cron_expression"
    assert state() == before
    check = api.post(f"{ROOT}/validate", {"cron_expression": text})
    assert (check.status, check.body["valid"], check.body["next_runs"]) == (200, False, [])
    assert check.body["message"]


@pytest.mark.parametrize("text", [None, 5, 5.5, True, ["* * * * *"], {"cron": "* * * * *"}])
def test_an_expression_is_a_string(api, text):
    assert api.post(ROOT, {**SCHEDULE, "cron_expression": text}).status == 400
    assert api.post(f"{ROOT}/validate", {"cron_expression": text}).status == 400
