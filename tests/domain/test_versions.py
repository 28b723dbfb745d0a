"""Versions of a capability and the ranges that tasks ask for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain import versions

NUMBERS = st.lists(st.integers(0, 30), min_size=1, max_size=4)


def dotted(numbers: list[int]) -> str:
    return ".".join(map(str, numbers))


@pytest.mark.parametrize(
    ("wanted", "version", "fits"),
    [
        (">=1.2,<2", "1.2", True),
        (">=1.2,<2", "1.10.3", True),
        (">=1.2, < 2", "v1.9", True),
        (">=1.2,<2", "2.0", False),
        (">=1.2,<2", "1.1.9", False),
        ("==1.2", "1.2.0", True),
        ("!=1.2", "1.2.0", False),
        (">1,<=2", "1.0.0", False),
        (">1,<=2", "2", True),
        (">0", "blue", False),
        (">0", "1.2-rc1", False),
        (">0", "1." + "9" * 10, False),
    ],
)
def test_a_version_lies_in_a_range_or_not(wanted: str, version: str, fits: bool) -> None:
    assert versions.admits(wanted, version) is fits


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        ("", "'' is not a comparison"),
        ("1.2", "'1.2' is not a comparison: write >=, >, <=, <, == or != and a version, such as '>=1.2,<2'"),
        ("~1.2", "is not a comparison"),
        (">=1.2,", "'' is not a comparison"),
        (">=blue", "'blue' is not a version: write numbers with dots, such as 1.2 or 1.2.3"),
        ("=>1", "is not a comparison"),
        (">1,>2,>3,>4,>5", "has 5 comparisons; at most 4 are allowed"),
    ],
)
def test_a_range_that_cannot_be_read_says_what_would_be_right(wanted: str, why: str) -> None:
    with pytest.raises(ValueError, match=r"comparison|version") as refused:
        versions.bounds(wanted)
    assert why in str(refused.value)


@given(NUMBERS, NUMBERS)
def test_exactly_one_of_less_equal_and_greater_holds(one: list[int], other: list[int]) -> None:
    held = [versions.admits(f"{sign}{dotted(other)}", dotted(one)) for sign in ("<", "==", ">")]
    assert sum(held) == 1
    assert versions.admits(f">={dotted(other)}", dotted(one)) is not held[0]
    assert versions.admits(f"<={dotted(other)}", dotted(one)) is not held[2]
    assert versions.admits(f"!={dotted(other)}", dotted(one)) is not held[1]
