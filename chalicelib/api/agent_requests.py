"""What agents send about themselves."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from chalicelib.domain.agent import AgentStatus, Delivery, Wish
from chalicelib.domain.task import Status

from .fields import (
    Capability,
    ErrorWords,
    Id,
    Limit,
    Metadata,
    Name,
    Offset,
    Paging,
    Request,
    Share,
    Token,
    Url,
    Words,
    one_of_a_kind,
)

MOST_NAMED = 1_000  # tasks in one sync, as many as an agent may hold


class CapabilityFields(Request):
    """What an agent can do; a bare name stands for an object with that name."""

    name: Capability
    version: Name | None = None
    description: Words | None = None
    input_schema: dict[str, Any] | None = None
    output_schema: dict[str, Any] | None = None
    price: Annotated[float, Field(ge=0)] | None = None
    latency_ms: Annotated[float, Field(ge=0)] | None = None


def _named_capability(value: object) -> object:
    return {"name": value} if isinstance(value, str) else value


Offered = Annotated[
    CapabilityFields, BeforeValidator(_named_capability, json_schema_input_type=Capability | CapabilityFields)
]


def _not_push(value: object) -> object:
    if value == "push":
        raise ValueError("'push' is not offered yet; choose 'poll' or 'sqs'")
    return value


class Registration(Request):
    """An agent, new or as it is now."""

    agent_id: Id | None = None
    display_name: Name
    capabilities: Annotated[
        list[Offered],
        Field(min_length=1, max_length=50),
        AfterValidator(one_of_a_kind(lambda capability: capability.name)),
    ]
    endpoint: Url | None = None
    public_key: Words | None = None
    signature: Words | None = None
    tags: Annotated[list[Name], Field(max_length=20), AfterValidator(one_of_a_kind(str))] = []
    max_concurrency: Annotated[int, Field(ge=1, le=1_000)] = 1
    delivery: Annotated[Delivery, BeforeValidator(_not_push)] = Delivery.POLL
    session_id: Id | None = None
    heartbeat_interval_seconds: Annotated[float, Field(ge=1, le=3_600)] = 10
    owner: (
        Annotated[Name, Field(description="Whose it is: success at this client's tasks earns no trust.")]
        | None
    ) = None
    metadata: Metadata = {}


class Heartbeat(Request):
    """I am alive; all of it is optional. AVAILABLE is what older agents call ACTIVE."""

    status: Literal["ACTIVE", "AVAILABLE", "DEGRADED", "DRAINING", "OFFLINE"] | None = None
    uptime_ms: Annotated[float, Field(ge=0)] | None = None
    metrics: dict[str, Any] | None = None
    timestamp: Any = None

    def wish(self) -> Wish | None:
        """What it wants to be; None for no change."""
        return None if self.status is None else Wish("ACTIVE" if self.status == "AVAILABLE" else self.status)


class Drain(Request):
    """Why, for those who look at the agent."""

    reason: Annotated[str, Field(max_length=200)] | None = None


class HeldTask(Request):
    """A task that the agent has, under the token it was given."""

    task_id: Id
    lease_token: Token
    status: Literal[Status.ASSIGNED, Status.ACTIVE] = Status.ASSIGNED
    progress: Share | None = None


class FinishedTask(Request):
    """How a task ended."""

    task_id: Id
    lease_token: Token
    status: Literal[Status.COMPLETED, Status.FAILED]
    result_data: Any = None
    error_message: ErrorWords | None = None
    retryable: bool = True
    retry_after_seconds: Annotated[float, Field(ge=0, le=86_400)] | None = None


class ReleasedTask(Request):
    """A task handed back."""

    task_id: Id
    lease_token: Token


class Sync(Request):
    """All an agent has to say in one call; `ack` is the `seq` of the last answer it received, 0 at first."""

    session_id: Id
    ack: Annotated[int, Field(ge=0, le=2**53)]
    held: Annotated[list[HeldTask], Field(max_length=MOST_NAMED)] = []
    reports: Annotated[list[FinishedTask], Field(max_length=MOST_NAMED)] = []
    released: Annotated[list[ReleasedTask], Field(max_length=MOST_NAMED)] = []
    free_slots: Annotated[int, Field(ge=0, le=1_000)] = 0
    status: Wish | None = None
    metrics: dict[str, Any] | None = None


class AgentListQuery(Paging):
    """Filters; an agent is listed when it meets all of them."""

    capability: Capability | None = None
    status: AgentStatus | None = None
    tag: Name | None = None
    min_trust: Share | None = None
    offset: Offset = 0


class SearchQuery(Request):
    """Who could do something, now."""

    capability: Capability
    tag: Name | None = None
    min_trust: Share | None = None
    limit: Limit = 50
