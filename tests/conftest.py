"""Which tests count for coverage: the others reach no further line and would take twice as long.

`make test` runs the former with coverage, then the latter without: what waits for processes first, beside the
longest of those that do not.
"""

from pathlib import Path

import pytest

HERE = Path(__file__).parent
# Directories of them; single modules and parameters carry the mark themselves.
UNCOUNTED = (
    *("e2e", "deployed", "proof", "console", "faults", "model", "slots"),
    *("local", "infra", "budgets", "secrecy", "bench"),
)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Do not even import what is left out."""
    is_left_out = collection_path.parent == HERE and collection_path.name in UNCOUNTED
    return True if is_left_out and config.option.markexpr == "not uncounted" else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if _directory(item) in UNCOUNTED:
            item.add_marker(pytest.mark.uncounted)
    items.sort(key=_rank)


def _directory(item: pytest.Item) -> str:
    return item.path.relative_to(HERE).parts[0]


def _rank(item: pytest.Item) -> int:
    """Whole directories, the longest tests first: no worker begins one when the others are through."""
    directory = _directory(item)
    return UNCOUNTED.index(directory) if directory in UNCOUNTED else len(UNCOUNTED)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How many scenarios of tests/faults were played, and how long that took."""
    reports = [
        (dict(report.user_properties).get("fault_scenarios", 0), report.duration)
        for report in terminalreporter.stats.get("passed", [])
        if "fault_scenarios" in dict(report.user_properties)
    ]
    if reports:
        scenarios, seconds = (sum(column) for column in zip(*reports, strict=True))
        terminalreporter.write_line(f"faults: {scenarios} scenarios in {seconds:.0f} s of one core")
