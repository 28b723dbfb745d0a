"""Schedule policies over HTTP: overlap, catch-up, pausing on failures, windows, dates, backfill."""

import pytest

from chalicelib.api.times import iso
from chalicelib.domain import schedule_runs
from chalicelib.domain.quota import PLAIN
from tests.fakes import START_MS

from .requests import SCHEDULE, registered, scheduled

ROOT = "/aitp/tasks/schedule"
POLICIES = {
    "overlap_policy": "buffer_all",
    "catchup_policy": "all",
    "catchup_window_seconds": 3_600.0,
    "pause_on_failures": 3,
    "window_seconds": 120.0,
    "excluded_dates": ["2027-12-25", "2027-12-26"],
}


def test_policies_are_taken_and_shown(api):
    made = api.post(ROOT, {**SCHEDULE, **POLICIES})
    assert made.status == 201, made.text
    shown = api.get(made.headers["Location"]).body
    assert {name: shown[name] for name in POLICIES} == POLICIES


def test_what_is_not_asked_for_is_off(api):
    shown = api.get(f"{ROOT}/{scheduled(api)}").body
    assert {name: shown[name] for name in POLICIES} == {
        "overlap_policy": "allow",
        "catchup_policy": "one",
        "catchup_window_seconds": None,
        "pause_on_failures": None,
        "window_seconds": 0.0,
        "excluded_dates": [],
    }


def test_policies_are_taken_as_query_parameters_but_for_the_dates(api):
    query = "overlap_policy=skip&pause_on_failures=2&window_seconds=60&catchup_window_seconds=90"
    made = api.post(f"{ROOT}?{query}", SCHEDULE)
    assert (made.body["overlap_policy"], made.body["pause_on_failures"]) == ("skip", 2)
    assert (made.body["window_seconds"], made.body["catchup_window_seconds"]) == (60.0, 90.0)
    assert api.post(f"{ROOT}?excluded_dates=2027-12-25", SCHEDULE).status == 400


def test_policies_are_changed_and_lifted(api):
    schedule_id = scheduled(api, **POLICIES)
    lifted = {
        "overlap_policy": "allow",
        "catchup_window_seconds": None,
        "pause_on_failures": None,
        "window_seconds": 0,
        "excluded_dates": [],
    }
    after = api.put(f"{ROOT}/{schedule_id}", lifted)
    assert after.status == 200, after.text
    assert {name: after.body[name] for name in lifted} == lifted
    assert after.body["catchup_policy"] == "all"


def test_a_window_is_in_the_time_of_the_next_run_and_not_in_the_slot(api, here):
    schedule_id = scheduled(api, window_seconds=240)
    here.run(seconds=540)
    (run,) = api.get(f"{ROOT}/{schedule_id}/executions").body["executions"]
    assert run["slot"] == "2027-01-15T08:05:00.000Z"
    assert "2027-01-15T08:05:00.000Z" < run["executed_at"] < "2027-01-15T08:09:00.000Z"
    assert run["lateness_seconds"] == 0
    place = here.schedules.rows[schedule_id].spread_ms
    assert here.schedules.runs[schedule_id, START_MS + 300_000].executed_at == START_MS + 300_000 + place
    next_run_at = iso(START_MS + 600_000 + place)
    assert api.get(f"{ROOT}/{schedule_id}").body["next_run_at"] == next_run_at


def test_the_preview_leaves_excluded_dates_out_and_shows_the_place_in_the_window(api, here):
    daily = {"cron_expression": "0 12 * * *", "excluded_dates": ["2027-01-16"], "window_seconds": 600}
    schedule_id = scheduled(api, **daily)
    place = here.schedules.rows[schedule_id].spread_ms
    noon = START_MS + 4 * 3_600_000 + place
    shown = api.get(f"{ROOT}/{schedule_id}/preview?count=2").body
    assert shown["next_runs"] == [iso(noon), iso(noon + 2 * 86_400_000)]


def test_what_a_schedule_waits_for_and_gave_up_is_shown(api, here):
    registered(api)
    schedule_id = scheduled(api, overlap_policy="buffer_one")
    here.run(seconds=960)
    shown = api.get(f"{ROOT}/{schedule_id}").body
    assert (shown["open_runs"], shown["waiting_slots"]) == (1, ["2027-01-15T08:10:00.000Z"])
    assert (shown["skipped_runs"], shown["missed_runs"], shown["missed_since"]) == (1, 0, None)
    skipped, fired = api.get(f"{ROOT}/{schedule_id}/executions").body["executions"]
    assert (skipped["status"], skipped["task_id"]) == ("SKIPPED", None)
    assert "overlap_policy is buffer_one" in skipped["error_message"]
    assert fired["status"] == "PENDING"
    tasks = api.get(f"/aitp/tasks?schedule_id={schedule_id}").body["tasks"]
    assert [task["task_id"] for task in tasks] == [fired["task_id"]]


def test_missed_slots_are_listed_and_run_after_all_when_asked(api, here):
    schedule_id = scheduled(api)
    here.clock.advance(seconds=1_020)
    here.use_cases.firing.fire(schedule_id)
    shown = api.get(f"{ROOT}/{schedule_id}").body
    assert (shown["missed_runs"], shown["missed_since"]) == (2, "2027-01-15T08:05:00.000Z")
    asked = {"since": "2027-01-15T08:05:00Z", "until": "2027-01-15T08:15:00Z"}
    answer = api.post(f"{ROOT}/{schedule_id}/backfill", asked)
    assert answer.status == 200, answer.text
    assert [(slot["slot"][14:16], slot["was_known"]) for slot in answer.body["slots"]] == [
        ("05", False),
        ("10", False),
        ("15", True),
    ]
    assert answer.body["message"] == (
        f"2 slots of schedule {schedule_id} have their turn; 1 had their run or their turn before"
    )
    here.drain()
    runs = api.get(f"{ROOT}/{schedule_id}/executions").body["executions"]
    assert [run["status"] for run in runs] == ["PENDING"] * 3
    assert {run["task_id"] for run in runs} == {slot["task_id"] for slot in answer.body["slots"]}


def test_a_backfill_may_be_asked_for_in_the_query_string(api):
    schedule_id = scheduled(api)
    url = f"{ROOT}/{schedule_id}/backfill?since=2027-01-15T07:00:00Z"
    assert len(api.post(f"{url}&until=2027-01-15T07:04:00Z").body["slots"]) == 1
    assert len(api.post(url, {"until": "2027-01-15T07:09:00Z"}).body["slots"]) == 2
    refused = api.post(url)
    assert [wrong["pointer"] for wrong in refused.body["errors"]] == ["/until"]


@pytest.mark.parametrize(
    ("since", "until", "pointer"),
    [
        ("2027-01-14T07:00:00Z", "2027-01-15T07:00:00Z", "/since"),
        ("2027-01-15T07:00:00Z", "2027-01-15T06:00:00Z", "/since"),
        ("2027-01-15T07:00:00Z", "2027-01-16T07:00:00Z", "/until"),
    ],
)
def test_a_range_that_is_too_long_or_makes_no_sense_is_refused(api, since, until, pointer):
    refused = api.post(f"{ROOT}/{scheduled(api)}/backfill", {"since": since, "until": until})
    assert refused.status == 400
    assert [wrong["pointer"] for wrong in refused.body["errors"]] == [pointer]


def test_a_schedule_says_that_failures_paused_it(api, here):
    registered(api)
    schedule_id = scheduled(api, pause_on_failures=1)
    here.run(seconds=300)
    task_id, token = _taken(api)
    report = {"agent_id": "agent-1", "lease_token": token}
    url = f"/aitp/tasks/{task_id}/status"
    assert api.put(url, {**report, "status": "ACTIVE"}).status == 200
    said = {"status": "FAILED", "error_message": "no paper", "retryable": False}
    assert api.put(url, {**report, **said}).status == 200
    here.drain()
    shown = api.get(f"{ROOT}/{schedule_id}").body
    assert (shown["status"], shown["next_run_at"]) == ("PAUSED", None)
    assert shown["reason"] == "the last run failed (pause_on_failures 1): no paper"
    assert (shown["failed_runs"], shown["consecutive_failures"]) == (1, 1)


def test_a_late_task_knows_its_slot_by_poll_by_sync_and_by_its_queue(api, here):
    slot = "2027-01-15T08:05:00.000Z"
    registered(api, session_id="s1", heartbeat_interval_seconds=600)
    registered(api, agent_id="agent-2", delivery="sqs", heartbeat_interval_seconds=600)
    for _ in range(3):
        scheduled(api)
    here.run(seconds=302)
    synced = api.post("/ains/agents/agent-1/sync", {"session_id": "s1", "ack": 0, "free_slots": 1})
    listed = api.get("/aitp/tasks?assigned_agent_id=agent-1").body["tasks"]
    queued = [m for messages in here.agent_queues.messages.values() for m in messages]
    assert {task["slot"] for task in [*synced.body["assignments"], *listed]} == {slot}
    assert {message["slot"] for message in queued} == {START_MS + 300_000}
    assert synced.body["assignments"]
    assert queued


def _taken(api):
    """The task that agent-1 was given, and its token."""
    (task,) = api.get("/aitp/tasks?assigned_agent_id=agent-1").body["tasks"]
    assert task["slot"] == "2027-01-15T08:05:00.000Z"
    return task["task_id"], task["lease_token"]


def test_a_client_with_as_many_schedules_as_it_may_have_is_told_so(api, here):
    made = api.post(ROOT, SCHEDULE).body["schedule_id"]
    row = here.schedules.rows[made]
    here.schedules.rows |= {f"s-{n}": row for n in range(PLAIN.schedules - 1)}
    refused = api.post(ROOT, SCHEDULE)
    assert (refused.status, refused.body["type"]) == (403, "https://ains.dev/problems/quota-exceeded")
    assert "has 10000 schedules, as many as it may; delete some" in refused.body["detail"]


def test_a_slot_that_was_put_off_shows_until_when(api, here):
    made = api.post(ROOT, SCHEDULE).body
    assert made["deferred_until"] is None
    row = here.schedules.rows[made["schedule_id"]]
    here.schedules.rows[row.schedule_id] = schedule_runs.deferred(row, row.next_slot + 5_000)
    shown = api.get(f"{ROOT}/{row.schedule_id}").body
    assert shown["deferred_until"] == iso(row.next_slot + 5_000)
