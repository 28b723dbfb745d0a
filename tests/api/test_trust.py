"""Trust through the API."""

import pytest

from chalicelib.api.create_app import create_app
from tests.api.test_dead_messages import Somebody
from tests.gateway import Api

URL = "/ains/agents/a/trust"
ADJUST = {"reason": "seen it work", "capability": "report-v1", "successes": 6}


@pytest.fixture
def agent(api):
    sent = {"agent_id": "a", "display_name": "A", "capabilities": ["report-v1"], "owner": "acme"}
    assert api.post("/ains/agents", sent).status == 201


def test_a_newcomers_trust(api, agent):
    assert api.get(URL).body == {
        "agent_id": "a",
        "trust_score": 0.5,
        "lower_bound": 0.132,
        "effective_results": 0.0,
        "capabilities": [
            {
                "capability": "report-v1",
                "trust_score": 0.5,
                "lower_bound": 0.132,
                "effective_results": 0.0,
            }
        ],
        "quarantine": {"is_probation": False, "faults_in_a_row": 0, "failed_probes": 0, "until": None},
    }
    shown = api.get("/ains/agents/a").body
    assert (shown["owner"], shown["quarantined_until"]) == ("acme", None)


def test_an_adjustment_is_answered_shown_and_told(api, agent):
    answer = api.post(URL + "/adjust", ADJUST)
    assert answer.status == 200
    made = answer.body
    assert made["message"] == "trust in agent a was 0.50 and is 0.80"
    assert made["before"] == {"trust_score": 0.5, "effective_results": 0.0}
    assert made["after"] == {"trust_score": 0.8, "effective_results": 6.0}
    assert api.get(URL).body["trust_score"] == 0.8
    history = api.get(URL + "/history").body
    assert history == {
        "agent_id": "a",
        "events": [
            {
                "event_id": made["adjustment_id"],
                "at": made["at"],
                "cause": "adjusted",
                "capability": "report-v1",
                "successes": 6.0,
                "faults": 0.0,
                "before": made["before"],
                "after": made["after"],
                "reason": "seen it work",
                "task_id": None,
                "lease_token": None,
                "client_id": None,
            }
        ],
        "next_cursor": None,
    }


def test_the_end_of_a_quarantine_is_told_without_results(api, agent):
    sent = {"reason": "fixed", "lift_quarantine": True}
    assert api.post(URL + "/adjust", sent).body["capability"] is None
    (event,) = api.get(URL + "/history").body["events"]
    assert (event["capability"], event["successes"], event["faults"]) == (None, 0, 0)


def test_the_same_key_adjusts_once(api, agent):
    first = api.post(URL + "/adjust", ADJUST, headers={"Idempotency-Key": "k"})
    again = api.post(URL + "/adjust", ADJUST, headers={"Idempotency-Key": "k"})
    assert (again.body, again.headers["Idempotent-Replayed"]) == (first.body, "true")
    other = api.post(URL + "/adjust", {**ADJUST, "faults": 1}, headers={"Idempotency-Key": "k"})
    assert other.status == 422
    assert api.get(URL).body["effective_results"] == 6.0


def test_the_history_goes_on_by_its_cursor(api, agent):
    for n in range(3):
        api.post(URL + "/adjust", {**ADJUST, "reason": f"number {n}"})
    first = api.get(URL + "/history?limit=2").body
    rest = api.get(f"{URL}/history?limit=2&cursor={first['next_cursor']}").body
    reasons = {event["reason"] for page in (first, rest) for event in page["events"]}
    assert (len(first["events"]), len(rest["events"]), rest["next_cursor"]) == (2, 1, None)
    assert reasons == {"number 0", "number 1", "number 2"}


@pytest.mark.parametrize(
    ("sent", "pointer"),
    [
        ({}, "/reason"),
        ({"reason": " "}, "/reason"),
        ({"reason": "x"}, "/successes"),
        ({"reason": "x", "successes": 1}, "/capability"),
        ({"reason": "x", "capability": "report-v1"}, "/successes"),
        ({"reason": "x", "capability": "draw", "faults": 1}, "/capability"),
        ({"reason": "x", "capability": "report-v1", "faults": -1}, "/faults"),
        ({"reason": "x", "capability": "report-v1", "faults": 1_001}, "/faults"),
        ({"reason": "x", "trust_score": 1}, "/trust_score"),
    ],
)
def test_what_makes_no_sense_is_refused_where_it_stands(api, agent, state, sent, pointer):
    before = state()
    answer = api.post(URL + "/adjust", sent)
    assert (answer.status, answer.body["errors"][0]["pointer"]) == (400, pointer)
    assert state() == before


@pytest.mark.parametrize("path", ["", "/history"])
def test_an_unknown_agent_has_no_trust(api, path):
    assert api.get(URL + path).status == 404


def test_only_admins_adjust(here, agent, state):
    before = state()
    api = Api(create_app(lambda: here.use_cases, auth=Somebody(), version="1"))
    assert api.post(URL + "/adjust", ADJUST).status == 403
    assert state() == before


def test_a_minimum_is_held_against_the_lower_bound_once_enough_is_known(api, agent):
    api.post(URL + "/adjust", {**ADJUST, "successes": 9})

    def found(min_trust):
        listed = api.get(f"/ains/agents?capability=report-v1&min_trust={min_trust}").body["agents"]
        searched = api.get(f"/ains/search?capability=report-v1&min_trust={min_trust}").body["agents"]
        assert len(listed) == len(searched)
        return len(listed)

    assert (found(0.8), found(0.9)) == (1, 0)
    api.post(URL + "/adjust", {**ADJUST, "successes": 1})
    assert (found(0.65), found(0.8)) == (1, 0)


def test_the_leaderboard_shows_the_surest_first(api, agent):
    api.post("/ains/agents", {"agent_id": "b", "display_name": "B", "capabilities": ["report-v1"]})
    api.post(URL + "/adjust", ADJUST)
    api.post("/ains/agents/b/trust/adjust", {**ADJUST, "successes": 60})
    board = api.get("/ains/agents/leaderboard?capability=report-v1").body
    assert board["capability"] == "report-v1"
    assert [(row["rank"], row["agent_id"]) for row in board["leaders"]] == [(1, "b"), (2, "a")]
    assert board["leaders"][1] == {
        "rank": 2,
        "agent_id": "a",
        "display_name": "A",
        "status": "ACTIVE",
        "trust_score": 0.8,
        "lower_bound": 0.567,
        "effective_results": 6.0,
    }
    assert len(api.get("/ains/agents/leaderboard?limit=1").body["leaders"]) == 1
    assert api.get("/ains/agents/leaderboard?capability=draw").body["leaders"] == []
