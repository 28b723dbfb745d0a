"""W3C Trace Context's traceparent: taken where it is one, passed over where it is none."""

import pytest

from chalicelib.domain.trace import trace_id, traceparent

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
GOOD = f"00-{TRACE}-{PARENT}-01"


@pytest.mark.parametrize("header", [GOOD, f"00-{TRACE}-{PARENT}-00", f"  {GOOD}\t"])
def test_a_traceparent_is_taken_as_it_is(header: str) -> None:
    assert traceparent(header) == header.strip()


@pytest.mark.parametrize("header", [f"01-{TRACE}-{PARENT}-01", f"cc-{TRACE}-{PARENT}-01-what-will-be"])
def test_one_of_a_later_version_is_taken_for_what_version_00_has_of_it(header: str) -> None:
    assert traceparent(header) == GOOD


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "nonsense",
        GOOD.upper(),
        GOOD[:-1],
        f"{GOOD}-more",
        f"ff-{TRACE}-{PARENT}-01",
        f"00-{'0' * 32}-{PARENT}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"cc-{TRACE}-{PARENT}-01.more",
        f"cc-{TRACE}-{PARENT}-01-{'x' * 300}",
    ],
)
def test_what_is_none_is_passed_over(header: str | None) -> None:
    assert traceparent(header) is None


def test_the_trace_id_is_what_its_spans_share() -> None:
    assert trace_id(GOOD) == TRACE
