"""What clients and agents send about tasks."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AliasChoices, BeforeValidator, Field

from chalicelib.domain.retry import Backoff, RetryPolicy
from chalicelib.domain.routing import Strategy
from chalicelib.domain.task import Status
from chalicelib.services.submission import Options

from .fields import (
    Capability,
    Cursor,
    ErrorWords,
    Id,
    Limit,
    Metadata,
    Moment,
    Name,
    Offset,
    Priority,
    Request,
    Share,
    Tags,
    Token,
    VersionRange,
    Words,
    milliseconds,
)

_PLAIN = RetryPolicy()


OLD_SPELLINGS = {
    "client_id": "clientid",
    "task_type": "tasktype",
    "capability_required": "capabilityrequired",
    "input_data": "inputdata",
}


def old(name: str) -> Any:
    """A field that older clients spell without the underscore."""
    return Field(validation_alias=AliasChoices(name, OLD_SPELLINGS[name]))


class RetryPolicyFields(Request):
    """How long a failed attempt waits before the next; a bare name stands for these defaults."""

    strategy: Backoff = _PLAIN.strategy
    backoff_seconds: Annotated[float, Field(ge=0, le=3_600)] = _PLAIN.backoff_ms / 1000
    max_backoff_seconds: Annotated[float, Field(ge=0, le=86_400)] = _PLAIN.max_backoff_ms / 1000
    multiplier: Annotated[float, Field(ge=1, le=10)] = _PLAIN.multiplier
    jitter: Share = _PLAIN.jitter

    def policy(self) -> RetryPolicy:
        """As the domain holds it."""
        return RetryPolicy(
            strategy=self.strategy,
            backoff_ms=milliseconds(self.backoff_seconds),
            max_backoff_ms=milliseconds(self.max_backoff_seconds),
            multiplier=self.multiplier,
            jitter=self.jitter,
        )


def _named_policy(value: object) -> object:
    return {"strategy": value} if isinstance(value, str) else value


Timeout = Annotated[float, Field(ge=1, le=43_200)]


class TaskOptions(Request):
    """How a task is run, whoever makes it."""

    timeout_seconds: Timeout = 300
    max_retries: Annotated[int, Field(ge=0, le=100)] = 3
    retry_policy: Annotated[
        RetryPolicyFields,
        BeforeValidator(_named_policy, json_schema_input_type=Backoff | RetryPolicyFields),
    ] = RetryPolicyFields()
    queue_timeout_seconds: Annotated[float, Field(ge=1, le=2_592_000)] | None = None
    min_trust: Share | None = None
    routing_strategy: Strategy = Strategy.TRUST_WEIGHTED
    capability_version: VersionRange | None = None

    def given_options(self) -> dict[str, Any]:
        """Those that were sent, as `services.submission.Options` names them."""
        wait = self.queue_timeout_seconds
        all_options = {
            "timeout_seconds": ("timeout_ms", milliseconds(self.timeout_seconds)),
            "max_retries": ("max_retries", self.max_retries),
            "retry_policy": ("retry", self.retry_policy.policy()),
            "queue_timeout_seconds": ("queue_timeout_ms", None if wait is None else milliseconds(wait)),
            "min_trust": ("min_trust", self.min_trust),
            "routing_strategy": ("strategy", self.routing_strategy.value),
            "capability_version": ("capability_version", self.capability_version),
        }
        return dict(pair for name, pair in all_options.items() if name in self.model_fields_set)

    def options(self) -> Options:
        """All of them."""
        return Options(**self.given_options())


class TaggedOptions(TaskOptions):
    """The same with what no query parameter can hold: tags that the agent must, or should, have."""

    required_tags: Tags = []
    preferred_tags: Tags = []

    def given_options(self) -> dict[str, Any]:
        """Those that were sent."""
        tags = {"required_tags": tuple(self.required_tags), "preferred_tags": tuple(self.preferred_tags)}
        given = {name: value for name, value in tags.items() if name in self.model_fields_set}
        return super().given_options() | given


class TaskSubmission(TaggedOptions):
    """A task to be done by any agent with the capability."""

    old_spellings: ClassVar[Mapping[str, str]] = OLD_SPELLINGS
    client_id: Annotated[Name, old("client_id")]
    task_type: Annotated[Name, old("task_type")]
    capability_required: Annotated[Capability, old("capability_required")]
    input_data: Annotated[Any, old("input_data")] = {}
    priority: Priority = 5
    metadata: Metadata = {}
    expires_at: Moment | None = None
    not_before: Moment | None = None


class TaskListQuery(Request):
    """At most one of client_id, assigned_agent_id and schedule_id: the list is anchored on it."""

    client_id: Name | None = None
    assigned_agent_id: Id | None = None
    schedule_id: Id | None = None
    status: Status | None = None
    task_type: Name | None = None
    limit: Limit = 50
    offset: Offset = 0
    cursor: Cursor | None = None


class StatusReport(Request):
    """What the agent that holds a task says of it."""

    status: Literal[Status.ACTIVE, Status.COMPLETED, Status.FAILED]
    agent_id: Id | None = None
    lease_token: Token | None = None
    result_data: Any = None
    error_message: ErrorWords | None = None
    retryable: bool = True
    retry_after_seconds: Annotated[float, Field(ge=0, le=86_400)] | None = None
    progress: Share | None = None


class StatusQuery(Request):
    """Which agent reports, unless the body says so."""

    agent_id: Id | None = None


class Reason(Request):
    """Why, in the caller's words."""

    reason: Words | None = None


class NewPriority(Request):
    """How urgent a task is from now on, 10 first."""

    priority: Priority


class NewTimeout(Request):
    """How long a task may run from its start on."""

    timeout_seconds: Timeout
