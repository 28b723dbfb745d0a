"""Trust as the client reads and adjusts it."""

import json
from datetime import UTC, datetime

from sdk_fakes import no, ok, scripted

SCORE = {"trust_score": 0.8, "effective_results": 6.0}


def test_trust_is_told_over_all_and_by_capability() -> None:
    one = {"capability": "report-v1", "trust_score": 0.8, "lower_bound": 0.5, "effective_results": 6.0}
    rests = {
        "is_probation": True,
        "faults_in_a_row": 5,
        "failed_probes": 0,
        "until": "2027-01-15T08:00:30.000Z",
    }
    client, wire, _ = scripted(
        ok(agent_id="a", **SCORE, lower_bound=0.5, capabilities=[one], quarantine=rests)
    )
    trust = client.agent_trust("a")
    assert (trust.trust_score, trust.lower_bound, trust.capabilities[0].capability) == (0.8, 0.5, "report-v1")
    assert trust.quarantine.until == datetime(2027, 1, 15, 8, 0, 30, tzinfo=UTC)
    assert wire.requests[0].target == "/ains/agents/a/trust"


def test_the_history_goes_on_page_after_page() -> None:
    event = {"event_id": "t#1", "at": "2027-01-15T08:00:00.000Z", "cause": "error", "before": SCORE}
    client, wire, _ = scripted(
        ok(events=[event], next_cursor="c"), ok(events=[event | {"event_id": "t#0"}], next_cursor=None)
    )
    first, second = client.trust_history("a", limit=1)
    assert (first.event_id, second.event_id, first.cause) == ("t#1", "t#0", "error")
    assert first.before is not None
    assert first.before.trust_score == 0.8
    assert [r.target.partition("?")[2] for r in wire.requests] == ["limit=1", "limit=1&cursor=c"]


def test_an_adjustment_is_repeated_under_the_same_key() -> None:
    answer = ok(agent_id="a", adjustment_id="adjustment-1", before=SCORE, after=SCORE, reason="seen it work")
    client, wire, _ = scripted(no(503), answer)
    made = client.adjust_trust("a", reason="seen it work", capability="report-v1", successes=6)
    assert made.adjustment_id == "adjustment-1"
    keys = {request.headers["Idempotency-Key"] for request in wire.requests}
    assert (len(wire.requests), len(keys)) == (2, 1)
    assert json.loads(wire.requests[0].body) == {
        "reason": "seen it work",
        "capability": "report-v1",
        "successes": 6,
    }


def test_a_key_of_ones_own_is_sent() -> None:
    client, wire, _ = scripted(ok(agent_id="a", adjustment_id="x"))
    client.adjust_trust("a", reason="fixed", lift_quarantine=True, idempotency_key="mine")
    assert wire.requests[0].headers["Idempotency-Key"] == "mine"
    assert json.loads(wire.requests[0].body) == {"reason": "fixed", "lift_quarantine": True}


def test_a_leaderboard_is_told_in_its_order() -> None:
    rows = [{"agent_id": "b", "rank": 1, "lower_bound": 0.9}, {"agent_id": "a", "rank": 2}]
    client, wire, _ = scripted(ok(capability=None, leaders=rows))
    best, second = client.leaderboard()
    assert (best.agent_id, best.lower_bound, second.rank) == ("b", 0.9, 2)
    assert wire.requests[0].target == "/ains/agents/leaderboard"
