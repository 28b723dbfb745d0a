"""Every field of every operation, wrong in every way: it is named, and nothing is written."""

import re

import pytest

from chalicelib.api.create_app import OPERATIONS
from chalicelib.api.fields import NoBody

from .doors import DOORS

pytestmark = pytest.mark.uncounted
WRONG_FIELDS = [
    pytest.param(door, field, bad, id=f"{name}-{field}-{number}")
    for name, door in DOORS.items()
    for field, values in door.fields.items()
    for number, bad in enumerate(values)
]


def test_every_operation_that_takes_a_body_is_tried():
    takers = {op.name for op in OPERATIONS if op.body is not NoBody or op.method != "GET"}
    assert set(DOORS) == takers


def test_every_field_is_tried():
    """But those that take any JSON."""
    anything = {"input_data", "inputdata", "result_data", "timestamp"}
    old = {"tasktype", "capabilityrequired", "clientid"}
    for operation in OPERATIONS:
        if operation.name in DOORS:
            wanted = set(operation.body.model_fields) - anything - old
            missing = wanted - set(DOORS[operation.name].fields) - {"cron_expression"}
            assert not missing, f"{operation.name}: {missing}"


@pytest.mark.parametrize("name", DOORS)
def test_the_request_is_fine_as_it_is(api, ids, name):
    door = DOORS[name]
    assert api.call(door.method, door.url.format(**ids), door.fine).status in (200, 201)


@pytest.mark.parametrize(("door", "field", "bad"), WRONG_FIELDS)
def test_a_wrong_field_is_named(api, ids, state, door, field, bad):
    before = state()
    answer = api.call(door.method, door.url.format(**ids), {**door.fine, field: bad})
    assert answer.status == 400, answer.text
    assert answer.body["type"] == "https://ains.dev/problems/validation"
    pointers = [wrong["pointer"] for wrong in answer.body["errors"]]
    assert any(pointer.split("/")[1] in (field, "cron_expression") for pointer in pointers), pointers
    assert all(len(wrong["message"]) < 500 for wrong in answer.body["errors"])
    assert "pydantic" not in answer.text
    assert "Input should" not in answer.text
    assert not re.search(r"<[a-z_]", answer.body["detail"])  # no object's name
    assert state() == before


@pytest.mark.parametrize(
    ("door", "field"),
    [pytest.param(d, f, id=f"{n}-{f}") for n, d in DOORS.items() for f in d.required],
)
def test_a_missing_field_is_named(api, ids, state, door, field):
    before = state()
    body = {name: value for name, value in door.fine.items() if name != field}
    answer = api.call(door.method, door.url.format(**ids), body)
    assert (answer.status, answer.body["errors"][0]["pointer"]) == (400, f"/{field}")
    assert state() == before
