"""Documents: in line while small, else by reference under their hash."""

import hashlib
import json
import math

import hypothesis.strategies as st
import pytest
from hypothesis import given

from chalicelib.domain.content import INLINE_BYTES, MAX_BYTES, Content, fingerprint, packed, unpacked
from chalicelib.domain.errors import TooLarge

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(alphabet=st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(alphabet=st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(JSON)
def test_what_is_packed_comes_back(document: object) -> None:
    content, text = packed(document, owner="t", kind="input")
    assert unpacked(text) == document
    assert content.sha256 == hashlib.sha256(text.encode()).hexdigest()
    assert (content.inline is None) == (len(text.encode()) > INLINE_BYTES)
    assert (content.key is None) == (content.inline is not None)


def text_of(size: int) -> str:
    """Its JSON has this many bytes."""
    return "x" * (size - 2)


def test_the_bounds_are_exact_and_in_bytes() -> None:
    assert packed(text_of(INLINE_BYTES), owner="t", kind="input")[0].inline is not None
    apart, _ = packed(text_of(INLINE_BYTES + 1), owner="t", kind="input")
    assert (apart.inline, apart.owner) == (None, "t")
    assert apart.kind == f"input#{apart.sha256[:16]}"
    assert apart.key == ("t", apart.kind)
    packed(text_of(MAX_BYTES), owner="t", kind="input")
    with pytest.raises(TooLarge, match=f"input holds {MAX_BYTES + 1} bytes"):
        packed(text_of(MAX_BYTES + 1), owner="t", kind="input")
    with pytest.raises(TooLarge):
        packed("é" * (MAX_BYTES // 2), owner="t", kind="input")


def test_the_same_document_has_the_same_place_and_another_has_another() -> None:
    one, _ = packed(["x" * 300], owner="t", kind="result")
    same, _ = packed(["x" * 300], owner="t", kind="result")
    other, _ = packed(["y" * 300], owner="t", kind="result")
    assert one == same
    assert one.key != other.key


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_what_json_does_not_know_is_refused(number: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        packed([number], owner="t", kind="input")


def test_nothing_unpacks_to_nothing() -> None:
    assert unpacked(None) is None
    assert unpacked("null") is None
    assert Content("h", owner="t").key is None


def test_requests_are_told_apart_but_not_by_the_order_of_their_fields() -> None:
    assert fingerprint({"a": 1, "b": [1, 2]}) == fingerprint({"b": [1, 2], "a": 1})
    assert fingerprint({"a": 1}) != fingerprint({"a": 2})
    assert fingerprint({"a": [1, 2]}) != fingerprint({"a": [2, 1]})
    assert json.loads(f'"{fingerprint(None)}"')
