"""The AINS SDK: a client for the HTTP API and a runtime for agents, on the standard library alone.

from agent_client import Agent

agent = Agent("summariser", base_url="http://127.0.0.1:8000", max_concurrency=4)

@agent.handler("report-v1")
def report(task, context):
    return {"sum": sum(task.input_data["numbers"])}

agent.run()
"""

from agent_client._http import HttpWire, Request, Response, Wire
from agent_client._http_sync import HttpSync
from agent_client._jobs import Fail, Retry, TaskContext
from agent_client._retries import Retries
from agent_client._shift import Ending
from agent_client._sqs_long_poll import SqsLongPoll
from agent_client._trust_models import AgentTrust, Leader, Quarantine, Trust, TrustAdjustment, TrustEvent
from agent_client.agent import Agent
from agent_client.client import Client
from agent_client.errors import (
    AinsError,
    ApiError,
    BadAnswer,
    BadRequest,
    Conflict,
    ConnectionFailed,
    Forbidden,
    IdempotencyMismatch,
    IllegalMove,
    NotFound,
    PayloadTooLarge,
    RateLimited,
    ServerError,
    StaleLease,
    Superseded,
    Timeout,
    TransportError,
    Unauthorized,
    WaitTimeout,
)
from agent_client.models import (
    AgentAction,
    AgentRecord,
    Assignment,
    Attempt,
    Backfill,
    BackfillSlot,
    CronCheck,
    DeadLetter,
    DeadMessage,
    Execution,
    Health,
    HeartbeatReceipt,
    MessageRedrive,
    RedrivenTask,
    RefusedMessage,
    RefusedTask,
    Registration,
    ReportReceipt,
    RoutingCandidate,
    RoutingOutlook,
    Schedule,
    SchedulePreview,
    SyncAnswer,
    Task,
    TaskRedrive,
)

__all__ = [
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
