"""What the package promises to its users by name."""

import subprocess
import sys

import agent_client


def test_the_public_names_are_these() -> None:
    assert agent_client.__all__ == [
        "Agent",
        "AgentAction",
        "AgentRecord",
        "AgentTrust",
        "AinsError",
        "ApiError",
        "Assignment",
        "Attempt",
        "Backfill",
        "BackfillSlot",
        "BadAnswer",
        "BadRequest",
        "Client",
        "Conflict",
        "ConnectionFailed",
        "CronCheck",
        "DeadLetter",
        "DeadMessage",
        "Ending",
        "Execution",
        "Fail",
        "Forbidden",
        "Health",
        "HeartbeatReceipt",
        "HttpSync",
        "HttpWire",
        "IdempotencyMismatch",
        "IllegalMove",
        "Leader",
        "MessageRedrive",
        "NotFound",
        "PayloadTooLarge",
        "Quarantine",
        "RateLimited",
        "RedrivenTask",
        "RefusedMessage",
        "RefusedTask",
        "Registration",
        "ReportReceipt",
        "Request",
        "Response",
        "Retries",
        "Retry",
        "RoutingCandidate",
        "RoutingOutlook",
        "Schedule",
        "SchedulePreview",
        "ServerError",
        "SqsLongPoll",
        "StaleLease",
        "Superseded",
        "SyncAnswer",
        "Task",
        "TaskContext",
        "TaskRedrive",
        "Timeout",
        "TransportError",
        "Trust",
        "TrustAdjustment",
        "TrustEvent",
        "Unauthorized",
        "WaitTimeout",
        "Wire",
    ]


def test_every_public_name_exists() -> None:
    assert all(hasattr(agent_client, name) for name in agent_client.__all__)


def test_importing_it_needs_nothing_but_the_standard_library() -> None:
    program = (
        "import sys, agent_client, agent_client.testing\n"
        "foreign = {name.partition('.')[0] for name in sys.modules} - set(sys.stdlib_module_names)\n"
        "print(sorted(n for n in foreign if n in ('boto3', 'botocore', 'urllib3', 'chalicelib', 'infra')))"
    )
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert printed.stdout == "[]\n"
