"""Dead messages as the client reads and redrives them."""

import json
from datetime import UTC, datetime

import pytest
from sdk_fakes import no, ok, scripted

from agent_client import RefusedMessage, ServerError

ROW = {
    "message_id": "m-1",
    "body": "{",
    "reason": "UnknownMessage: not a work message",
    "receives": 5,
    "first_at": "2027-01-15T08:00:00.000Z",
    "at": "2027-01-15T08:00:01.000Z",
}


def test_a_dead_message_tells_when_and_why() -> None:
    client, wire, _ = scripted(ok(messages=[ROW], next_cursor="c"), ok(messages=[], next_cursor=None))
    (message,) = client.dead_messages()
    assert (message.message_id, message.reason, message.receives) == ("m-1", ROW["reason"], 5)
    assert message.first_at == datetime(2027, 1, 15, 8, tzinfo=UTC)
    assert [request.target.partition("?")[2] for request in wire.requests] == ["", "cursor=c"]


def test_a_redrive_sends_the_ids_and_tells_what_was_refused() -> None:
    refused = [{"message_id": "m-2", "reason": "no such"}]
    client, wire, _ = scripted(ok(redriven=["m-1"], refused=refused, next_cursor=None))
    done = client.redrive_messages(["m-1", "m-2"])
    assert json.loads(wire.requests[0].body) == {"message_ids": ["m-1", "m-2"]}
    assert (done.redriven, done.refused) == (("m-1",), (RefusedMessage(message_id="m-2", reason="no such"),))


def test_a_page_is_redriven_without_a_body() -> None:
    client, wire, _ = scripted(ok(redriven=["m-1"], refused=[], next_cursor="c"))
    assert client.redrive_messages(limit=1).next_cursor == "c"
    assert wire.requests[0].body is None


def test_a_redrive_whose_answer_is_lost_is_not_repeated() -> None:
    client, wire, _ = scripted(no(503), ok(redriven=[]))
    with pytest.raises(ServerError):
        client.redrive_messages(["m-1"])
    assert len(wire.requests) == 1
