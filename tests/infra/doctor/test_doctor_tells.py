"""What the doctor prints, and what it says when it cannot look at all."""

import io
from collections import Counter

import pytest
from botocore import exceptions
from botocore.exceptions import ClientError
from pynamodb.exceptions import GetError

from chalicelib.domain.invariants import OF_HISTORY, OF_STATE, RowKind, Violation
from infra.doctor.diagnosis import Diagnosis
from infra.doctor.printing import NAMES, Progress, shown, summary
from infra.doctor.problems import explained


class Terminal(io.StringIO):
    """A stream that rewrites lines."""

    def isatty(self) -> bool:
        return True


def refused(code: str, message: str = "because") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "Scan")


def wrapped(error: Exception) -> Exception:
    """As PynamoDB hands it on."""
    return GetError("Failed to get item", error)


def test_a_violation_is_shown_with_its_number_row_fault_and_advice() -> None:
    text = shown(Violation(12, RowKind.AGENT, "agent-1", "counts 3 and holds 2", "set it to 2"))
    assert text.splitlines() == [
        "12 conservation: agent agent-1",
        "   counts 3 and holds 2",
        "   -> set it to 2",
    ]


def test_long_lines_are_folded_and_ids_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "50")
    lines = shown(Violation(4, RowKind.TASK, "t" * 80, "is wrong " * 20, "do it " * 20)).splitlines()
    assert lines[0] == " 4 exclusive lease: task " + "t" * 80
    assert all(len(line) <= 50 for line in lines[1:])
    assert len(lines) > 5


def test_every_invariant_has_a_name() -> None:
    assert set(NAMES) == set(range(1, 13))
    numbers = {int(check.__doc__.split(".")[0].split(",")[0]) for check in (*OF_STATE, *OF_HISTORY)}  # type: ignore[union-attr]
    assert numbers <= set(NAMES)


def test_the_summary_is_one_line() -> None:
    assert (
        summary(Diagnosis(), stage="dev", seconds=1.234)
        == "dev: no rows read in 1.2 s (empty): no violations"
    )
    read = Counter(tasks=1_204, agents=1)
    assert (
        summary(Diagnosis(violations=1, read=read), stage="dev", seconds=60)
        == "dev: 1,205 rows read in 60.0 s (1,204 tasks, 1 agent): 1 violation"
    )


def test_the_summary_says_what_was_left_out() -> None:
    first, second = summary(
        Diagnosis(violations=2, moved=3, is_whole=False), stage="dev", seconds=0
    ).splitlines()
    assert first.endswith("2 violations, and more: raise --limit to see them")
    assert second == "3 rows looked wrong but kept changing: run it again later"


def test_progress_is_one_line_of_a_terminal_that_is_cleared() -> None:
    stream = Terminal()
    progress = Progress(stream)
    progress("tasks", 1_000)
    progress("tasks", 2_000)
    progress.clear()
    progress.clear()
    assert stream.getvalue() == "\r\x1b[Kreading tasks: 1,000\r\x1b[Kreading tasks: 2,000\r\x1b[K"


def test_progress_is_a_line_now_and_then_in_a_log() -> None:
    stream = io.StringIO()
    progress = Progress(stream, every_s=0)
    progress("tasks", 1_000)
    progress.clear()
    assert stream.getvalue() == "reading tasks: 1,000\n"
    quiet = io.StringIO()
    Progress(quiet)("tasks", 1_000)
    assert quiet.getvalue() == ""


NO_HOST = exceptions.EndpointConnectionError(endpoint_url="http://127.0.0.1:1")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            exceptions.NoCredentialsError(),
            "no AWS credentials (Unable to locate credentials): set AWS_PROFILE",
        ),
        (exceptions.ProfileNotFound(profile="x"), "no AWS credentials (The config profile (x) could not"),
        (exceptions.NoRegionError(), "no AWS region: set AWS_REGION to the stage's"),
        (NO_HOST, "nobody answers at http://127.0.0.1:1: is it running (make run)?"),
        (
            refused("ResourceNotFoundException"),
            "no tables ains-dev-*: is 'dev' the stage, and this its account",
        ),
        (wrapped(refused("ResourceNotFoundException")), "no tables ains-dev-*"),
        (refused("ExpiredTokenException"), "AWS does not accept these credentials (ExpiredTokenException)"),
        (
            refused("AccessDeniedException", "not\nyou"),
            "these credentials may not read ains-dev-*: dynamodb:Scan, Query and BatchGetItem are needed",
        ),
        (refused("ThrottlingException"), "AWS refused to read: ThrottlingException: because"),
        (GetError("2 reads left\nkeys"), "the tables cannot be read: GetError: 2 reads left keys"),
    ],
)
def test_what_keeps_it_from_looking_is_one_line(error: Exception, said: str) -> None:
    line = str(explained(error, stage="dev", endpoint="http://127.0.0.1:1"))
    assert line.startswith(said)
    assert "\n" not in line


def test_without_an_endpoint_of_ones_own_it_is_aws_that_does_not_answer() -> None:
    line = str(explained(NO_HOST, stage="dev", endpoint=None))
    assert line == "nobody answers at AWS: is the network there?"
