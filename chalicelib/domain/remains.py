"""What a task leaves behind when its row goes: documents that lie apart, which nothing names any more."""

from chalicelib.values import dataclass

from .content import attempt_kind

Key = tuple[str, str]  # of a document: owner and kind


@dataclass(frozen=True, kw_only=True)
class Remains:
    """As much of a row that went as says what it named; `assigned` is how often the task was assigned."""

    task_id: str
    document: Key | None = None  # its input, where that lies apart
    schedule_id: str | None = None
    retried_as: str | None = None
    assigned: int = 0

    @property
    def own(self) -> tuple[Key, ...]:
        """What nobody else names: its attempts but the last, which was in the row."""
        return tuple((self.task_id, attempt_kind(token)) for token in range(1, self.assigned))

    @property
    def shared(self) -> Key | None:
        """Its input, which the task made in its place may name too; a schedule's stays with the schedule."""
        is_schedules = self.document is not None and self.document[0] == self.schedule_id
        return None if is_schedules else self.document
