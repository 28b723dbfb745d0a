"""The fault suite finds bugs: each is planted in a copy of the tree, and the suite there goes red."""

from pathlib import Path

import pytest

from .further_bugs import FURTHER_BUGS
from .lease_bugs import LEASE_BUGS
from .planting import Bug, grow, judged, plant
from .write_bugs import WRITE_BUGS

TWELVE = (*WRITE_BUGS, *LEASE_BUGS)
BUGS = (*TWELVE, *FURTHER_BUGS)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_the_suite_finds(bug: Bug, tmp_path: Path) -> None:
    grow(tmp_path)
    plant(bug, tmp_path)
    verdict = judged(tmp_path, bug.flows, bug.kinds)
    assert verdict.code == 1, verdict.output
    assert "Traceback" not in verdict.output
    assert verdict.scenario is not None, verdict.output
    assert verdict.broken & bug.breaks, verdict.output


def test_the_suite_finds_nothing_where_nothing_is_planted(tmp_path: Path) -> None:
    grow(tmp_path)
    verdict = judged(tmp_path, ("start",), ("throttle", "unknown"))
    assert verdict.code == 0, verdict.output
    assert verdict.scenario is None
