"""What is asked of the router."""

from typing import Annotated, Any

from pydantic import Field

from chalicelib.domain.content import Content
from chalicelib.domain.task import Task

from .fields import Capability, Metadata, Moment, Name, Priority
from .task_requests import TaggedOptions, old


class RoutingTrial(TaggedOptions):
    """A would-be task, as it would be submitted; nothing but what routing looks at is required."""

    capability_required: Annotated[Capability, old("capability_required")]
    client_id: Annotated[Name, old("client_id")] = "routing-test"
    task_type: Annotated[Name, old("task_type")] = "routing-test"
    input_data: Annotated[Any, old("input_data")] = {}
    priority: Priority = 5
    metadata: Metadata = {}
    expires_at: Moment | None = None
    not_before: Moment | None = None
    draws: Annotated[int, Field(ge=1, le=1_000)] = 100

    def task(self, *, tenant: str, now: int) -> Task:
        """As routing would see it, in line."""
        return Task(
            task_id="routing-test",
            tenant=tenant,
            client_id=self.client_id,
            created_at=now,
            task_type=self.task_type,
            capability=self.capability_required,
            document=Content("", inline="{}"),
            priority=self.priority,
            **self.options().as_fields(now=now),
        )
