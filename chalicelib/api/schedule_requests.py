"""What clients send about schedules: in the query string, in the body, or some of each."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field

from chalicelib.domain.cron_text import CronFormat
from chalicelib.domain.dst import PLAIN, DstPolicy, Fold, Gap
from chalicelib.domain.errors import FieldError, Invalid
from chalicelib.domain.excluded import MOST_EXCLUDED
from chalicelib.domain.schedule import CatchupPolicy, OverlapPolicy, ScheduleStatus

from .fields import (
    Capability,
    Id,
    Limit,
    Metadata,
    Moment,
    Name,
    Offset,
    Paging,
    Priority,
    Request,
    Words,
    milliseconds,
)
from .task_requests import OLD_SPELLINGS, TaggedOptions, TaskOptions, old

_REQUIRED = ("client_id", "task_type", "capability_required")
_DOMAIN_NAMES = {
    "client_id": "client_id",
    "task_type": "task_type",
    "capability_required": "capability",
    "priority": "priority",
    "description": "description",
    "cron_expression": "cron",
    "cron_format": "cron_format",
    "run_at": "run_at",
    "timezone": "timezone",
    "start_at": "start_at",
    "end_at": "end_at",
    "max_runs": "max_runs",
    "catchup_policy": "catchup",
    "overlap_policy": "overlap",
    "pause_on_failures": "pause_on_failures",
}
_DURATIONS = {"catchup_window_seconds": "catchup_window_ms", "window_seconds": "window_ms"}


class ScheduleFields(TaskOptions):
    """A schedule, or a part of one: exactly one of cron_expression and run_at says when."""

    old_spellings: ClassVar[Mapping[str, str]] = OLD_SPELLINGS
    client_id: Annotated[Name | None, old("client_id")] = None
    task_type: Annotated[Name | None, old("task_type")] = None
    capability_required: Annotated[Capability | None, old("capability_required")] = None
    priority: Priority = 5
    description: Words = ""
    cron_expression: str | None = None
    cron_format: CronFormat = CronFormat.STANDARD
    run_at: Moment | None = None
    timezone: str = "UTC"
    start_at: Moment | None = None
    end_at: Moment | None = None
    max_runs: Annotated[int, Field(ge=1, le=1_000_000_000)] | None = None
    catchup_policy: CatchupPolicy = CatchupPolicy.ONE
    catchup_window_seconds: Annotated[float, Field(ge=60, le=2_592_000)] | None = None
    overlap_policy: OverlapPolicy = OverlapPolicy.ALLOW
    pause_on_failures: Annotated[int, Field(ge=1, le=1_000)] | None = None
    window_seconds: Annotated[float, Field(ge=0, le=86_400)] = 0


class DstPolicyFields(Request):
    """What becomes of a time of day that a clock change skips (gap), or repeats (fold)."""

    gap: Gap = PLAIN.gap
    fold: Fold = PLAIN.fold

    def policy(self) -> DstPolicy:
        """As the domain holds it."""
        return DstPolicy(gap=self.gap, fold=self.fold)


class ScheduleDefinition(ScheduleFields, TaggedOptions):
    """The same with what is no single word: tags, clock changes, dates to leave out, and input."""

    dst_policy: DstPolicyFields = DstPolicyFields()
    excluded_dates: Annotated[
        list[Annotated[str, Field(max_length=10)]], Field(max_length=MOST_EXCLUDED)
    ] = []
    input_data: Annotated[Any, old("input_data")] = {}
    metadata: Metadata = {}

    def given(self) -> dict[str, Any]:
        """What was sent of the definition itself, as the domain names it."""
        sent = {
            ours: getattr(self, name) for name, ours in _DOMAIN_NAMES.items() if name in self.model_fields_set
        }
        return sent | {ours: value for name, ours, value in self._made() if name in self.model_fields_set}

    def _made(self) -> list[tuple[str, str, Any]]:
        """What the domain holds in another form: its name here and there, and the value."""
        durations = [
            (name, ours, None if getattr(self, name) is None else milliseconds(getattr(self, name)))
            for name, ours in _DURATIONS.items()
        ]
        policy, dates = self.dst_policy.policy(), tuple(self.excluded_dates)
        return [*durations, ("dst_policy", "dst", policy), ("excluded_dates", "excluded", dates)]

    def given_document(self) -> dict[str, Any]:
        """What was sent of the tasks' document."""
        parts = {"input": ("input_data", self.input_data), "metadata": ("metadata", self.metadata)}
        return {part: value for part, (name, value) in parts.items() if name in self.model_fields_set}


def merged(query: ScheduleFields, body: ScheduleDefinition) -> ScheduleDefinition:
    """Both as one; raises Invalid where they disagree, or empty what every schedule has."""
    clashes = [
        FieldError(f"/{name}", f"differs from the query parameter {name}; send one of them")
        for name in sorted(query.model_fields_set & body.model_fields_set)
        if getattr(query, name) != getattr(body, name)
    ]
    both = body.model_copy(update={name: getattr(query, name) for name in query.model_fields_set})
    emptied = [name for name in _REQUIRED if name in both.model_fields_set and getattr(both, name) is None]
    wrong = clashes + [FieldError(f"/{name}", "must be a string, not null") for name in emptied]
    if wrong:
        raise Invalid(tuple(wrong))
    return both


def complete(definition: ScheduleDefinition) -> ScheduleDefinition:
    """The same; raises Invalid when a new schedule lacks something."""
    lacking = [name for name in _REQUIRED if getattr(definition, name) is None]
    if lacking:
        raise Invalid(tuple(FieldError(f"/{name}", "is required") for name in lacking))
    return definition


class ScheduleListQuery(Paging):
    """Filters of the list."""

    client_id: Name | None = None
    status: ScheduleStatus | None = None
    offset: Offset = 0


class CronQuery(Request):
    """An expression to look at; required, in the query string or in the body."""

    cron_expression: str | None = None
    cron_format: CronFormat | None = None
    timezone: str | None = None
    schedule_id: Id | None = None


class CronBody(CronQuery):
    """The same with how clock changes are to be treated."""

    dst_policy: DstPolicyFields = DstPolicyFields()


class PreviewQuery(Request):
    """How many runs, and in which zone to tell their local times (the schedule's own, if none is named)."""

    count: Limit = 10
    timezone: str | None = None


class BackfillRange(Request):
    """The slots to run: from `since` to `until`, both included; required, in the query or in the body."""

    since: Moment | None = None
    until: Moment | None = None
