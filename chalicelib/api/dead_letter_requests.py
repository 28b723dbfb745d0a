"""What is asked about tasks that are over: which, and with what they are to be tried again."""

from typing import Annotated, Any

from pydantic import AfterValidator, Field

from chalicelib.domain.task import FailureKind
from chalicelib.services.dead_letters import DeadFilter
from chalicelib.services.retrying import Edited

from .fields import Capability, Cursor, Id, Limit, Moment, Name, Paging, Request, one_of_a_kind

MOST_REDRIVEN = 100  # by one call


class _Which(Request):
    """All that are given must hold; `since` and `until` bound when it ended, `until` not included."""

    task_type: Name | None = None
    client_id: Name | None = None
    schedule_id: Id | None = None
    failure_kind: FailureKind | None = None
    since: Moment | None = None
    until: Moment | None = None


class DeadLetterQuery(_Which, Paging):
    """A page of those."""

    capability: Capability | None = None


class DeadLetterFilter(_Which):
    """None given means every dead letter."""

    capability_required: Capability | None = None


def wanted(asked: DeadLetterQuery | DeadLetterFilter) -> DeadFilter:
    """As the use case names it."""
    return DeadFilter(
        capability=asked.capability if isinstance(asked, DeadLetterQuery) else asked.capability_required,
        task_type=asked.task_type,
        client_id=asked.client_id,
        schedule_id=asked.schedule_id,
        failure=asked.failure_kind,
        since=asked.since,
        until=asked.until,
    )


class Retry(Request):
    """Without `input_data` the new task has the input of the old one."""

    input_data: Any = None

    def edited(self) -> Edited | None:
        """The input, when it was sent; null is one too."""
        return Edited(self.input_data) if "input_data" in self.model_fields_set else None


class RedriveFields(Retry):
    """Either `task_ids`, or `filter` with `limit` and `cursor`; `input_data` with one task id only."""

    task_ids: (
        Annotated[list[Id], Field(min_length=1, max_length=MOST_REDRIVEN), AfterValidator(one_of_a_kind(str))]
        | None
    ) = None
    filter: DeadLetterFilter | None = None
    limit: Limit = MOST_REDRIVEN
    cursor: Cursor | None = None
    per_second: Annotated[float, Field(ge=0.1, le=100)] = 10
