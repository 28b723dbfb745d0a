"""Bodies that cannot be read: a documented status, a useful detail, nothing written."""

import pytest

from .doors import DOORS
from .requests import TASK

pytestmark = pytest.mark.uncounted
NESTED = "[" * 10_000 + "]" * 10_000
WRONG_BODIES: dict[str, tuple[bytes, int]] = {
    "not JSON": (b"{bad", 400),
    "cut off": (b'{"a": "b', 400),
    "two documents": (b"{} {}", 400),
    "an array": (b"[]", 400),
    "a string": (b'"text"', 400),
    "null": (b"null", 400),
    "NaN": (b'{"input_data": NaN}', 400),
    "NaN deep inside": (b'{"metadata": {"a": [1, -Infinity]}}', 400),
    "too large a number": (b'{"result_data": 1e999}', 400),
    "too long a number": (b'{"result_data": ' + b"9" * 5_000 + b"}", 400),
    "half a surrogate pair": (rb'{"input_data": "\ud800"}', 400),
    "invalid UTF-8": (b'{"input_data": "\xff\xfe"}', 400),
    "another encoding": ('{"reason": "ü"}'.encode("utf-16"), 400),
    "deeply nested": (NESTED.encode(), 400),
    "deeply nested in a field": (f'{{"input_data": {NESTED}}}'.encode(), 400),
    "33 levels": (('{"input_data": ' + "[" * 32 + "]" * 32 + "}").encode(), 400),
    "many quotes": (b'"' + rb"\"" * 100_000, 400),
    "a long run of digits and dots": (b"1." * 100_000, 400),
    "256 KB and one byte": (b'{"input_data": "' + b"x" * (256 * 1024 - 17) + b'"}', 413),
    "10 MB": (b" " * 10_000_000, 413),
    "an unknown field": (b'{"lease": 1}', 400),
}


@pytest.mark.parametrize("name", DOORS)
@pytest.mark.parametrize("what", WRONG_BODIES)
def test_a_body_that_cannot_be_read_changes_nothing(api, ids, state, name, what):
    raw, status = WRONG_BODIES[what]
    door, before = DOORS[name], state()
    answer = api.call(door.method, door.url.format(**ids), raw)
    assert answer.status == status, answer.text
    assert len(answer.body["detail"]) > 10
    assert state() == before


def test_32_levels_and_256_kilobytes_are_taken(api):
    nested = '{"client_id": "a", "task_type": "b", "capability_required": "c", "input_data": %s}'
    assert api.post("/aitp/tasks", nested % ("[" * 31 + "]" * 31)).status == 201
    room = 256 * 1024 - len(nested % '""')
    # A document is counted with its metadata: what is stored must fit as well.
    assert api.post("/aitp/tasks", nested % f'"{"x" * (room - 100)}"').status == 201


def test_brackets_and_names_inside_strings_mean_nothing(api):
    text = "[" * 100 + 'NaN "Infinity" \\' + "{" * 100 + "9" * 200 + " 1e999"
    made = api.post("/aitp/tasks", {**TASK, "input_data": text})
    assert made.status == 201
    assert api.get(made.headers["Location"]).body["input_data"] == text
