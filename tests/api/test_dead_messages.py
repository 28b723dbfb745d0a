"""Dead messages of the work queue through the API."""

from chalicelib.api.caller import Caller, CallerKind
from chalicelib.api.create_app import create_app
from chalicelib.domain.dead_message import MAX_RECEIVES
from tests.gateway import Api

URL = "/aitp/dead-letters/messages"
FILL = '{"v":1,"kind":"fill","id":"agent-1"}'


def dead(here, message_id, body=FILL):
    here.use_cases.dead_lettering.failed(
        message_id, body, receives=MAX_RECEIVES, error=ConnectionError("no answer")
    )


def listed(api, query=""):
    answer = api.get(URL + query)
    assert answer.status == 200, answer.text
    return [row["message_id"] for row in answer.body["messages"]], answer.body["next_cursor"]


def test_a_dead_message_is_shown_with_its_reason(api, here):
    assert listed(api) == ([], None)
    dead(here, "message-1")
    assert api.get(URL).body == {
        "messages": [
            {
                "message_id": "message-1",
                "body": FILL,
                "reason": "ConnectionError: no answer",
                "receives": 5,
                "first_at": "2027-01-15T08:00:00.000Z",
                "at": "2027-01-15T08:00:00.000Z",
            }
        ],
        "next_cursor": None,
    }


def test_the_list_goes_on_by_its_cursor(api, here):
    for n in range(3):
        dead(here, f"message-{n}")
    first, cursor = listed(api, "?limit=2")
    assert (first, listed(api, f"?limit=2&cursor={cursor}")) == (
        ["message-0", "message-1"],
        (["message-2"], None),
    )


def test_named_messages_are_sent_again_and_gone_and_the_others_are_told_why_not(api, here):
    dead(here, "good")
    dead(here, "other")
    dead(here, "poison", "{")
    answer = api.post(URL + "/redrive", {"message_ids": ["good", "poison", "never-seen"]})
    assert (answer.status, answer.body["redriven"], answer.body["next_cursor"]) == (200, ["good"], None)
    reasons = {row["message_id"]: row["reason"] for row in answer.body["refused"]}
    assert reasons["poison"].startswith("not a work message: ")
    assert reasons["never-seen"].startswith("there is no such dead message")
    assert [hint.row_id for hint in here.queue.sent] == ["agent-1"]
    assert listed(api)[0] == ["other", "poison"]


def test_a_page_can_be_redriven_without_naming_anything(api, here):
    for n in range(3):
        dead(here, f"message-{n}")
    answer = api.post(URL + "/redrive?limit=2")
    assert answer.body["redriven"] == ["message-0", "message-1"]
    answer = api.post(f"{URL}/redrive?cursor={answer.body['next_cursor']}", {})
    assert (answer.body["redriven"], answer.body["next_cursor"]) == (["message-2"], None)
    assert len(here.queue.sent) == 3


def test_either_messages_are_named_or_a_page_is(api, here, state):
    dead(here, "message-1")
    before = state()
    answer = api.post(URL + "/redrive?limit=2", {"message_ids": ["message-1"]})
    assert (answer.status, answer.body["errors"][0]["pointer"]) == (400, "limit")
    assert state() == before


class Somebody:
    """Lets in, with any key, a caller who is no admin."""

    def caller(self, _headers):
        return Caller("acme", CallerKind.ANYBODY)


def test_nobody_but_admins_sees_or_redrives_them_whatever_they_send(here, state):
    dead(here, "message-1")
    before = state()
    api = Api(create_app(lambda: here.use_cases, auth=Somebody(), version="1"))
    for method, url in (("GET", URL + "?limit=none"), ("POST", URL + "/redrive")):
        answer = api.call(method, url, b"{bad")
        assert (answer.status, answer.body["type"]) == (403, "https://ains.dev/problems/forbidden")
    assert api.get("/aitp/queue/stats").status == 200
    assert state() == before
