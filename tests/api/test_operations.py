"""How the service says it is."""

from tests.gateway import VERSION

from .requests import registered, submitted


def test_whoever_opens_its_address_hears_where_to_go_on(api):
    index = api.get("/").body
    assert (index["service"], index["version"]) == ("AINS", VERSION)
    for where in ("console", "openapi", "health"):
        assert api.get(index[where]).status == 200


def test_it_is_degraded_until_the_clock_has_run_and_when_it_stops(api, here):
    assert api.get("/ains/health").body["status"] == "degraded"
    here.use_cases.ticking.tick()
    healthy = api.get("/ains/health").body
    assert (healthy["status"], healthy["checks"]["last_tick_age_seconds"]) == ("ok", 0)
    here.clock.advance(seconds=180)
    assert api.get("/ains/health").body["status"] == "ok"
    here.clock.advance(seconds=1)
    assert api.get("/ains/health").body["status"] == "degraded"


def test_it_says_how_long_something_is_overdue(api, here):
    submitted(api)
    here.clock.advance(seconds=90)
    assert api.get("/ains/health").body["checks"]["oldest_due_age_seconds"] == 30


def test_a_table_that_cannot_be_read_is_named(api, here):
    def unreachable(*_args, **_options):
        raise ConnectionError("no route to the table")

    here.use_cases.ticking.tick()
    here.schedules.due = unreachable
    here.ticks.last = unreachable
    answer = api.get("/ains/health")
    assert (answer.status, answer.body["status"]) == (200, "degraded")
    assert answer.body["checks"]["unreachable"] == ["schedules", "ticks"]


def test_the_queue_is_counted(api):
    registered(api, max_concurrency=2)
    submitted(api, capability_required="text/en-fr", priority=9)
    submitted(api)
    api.get("/aitp/tasks?assigned_agent_id=agent-1")
    stats = api.get("/aitp/queue/stats").body
    assert stats["waiting_by_capability"] == {"text/en-fr": 1}
    assert stats["waiting_by_priority"] == {"9": 1}
    assert (stats["waiting"], stats["assigned"], stats["free_slots"]) == (1, 1, 1)
    assert stats["complete"] is True
