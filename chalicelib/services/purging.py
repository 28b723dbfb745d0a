"""What a task named goes when its row does: DynamoDB deletes the row by its `ttl`, the stream tells of it.

A `ttl` of their own would have to be written when the task ends, at a unit for each kilobyte, in the way of
the one who reports.
"""

from collections.abc import Iterable

from chalicelib.domain.remains import Key, Remains
from chalicelib.values import dataclass

from .ports import Change, PayloadStore, TaskStore


@dataclass(frozen=True, eq=False, repr=False)
class Purging:
    """Deletes, which may come again; a crash repeats the batch."""

    tasks: TaskStore
    payloads: PayloadStore

    def purge(self, changes: Iterable[Change]) -> None:
        """Delete what rows that went have left."""
        left = [change.left for change in changes if change.left is not None]
        keys = [key for remains in left for key in (*remains.own, *self._unshared(remains))]
        if keys:
            self.payloads.delete_many(keys)

    def _unshared(self, remains: Remains) -> tuple[Key, ...]:
        """The input, unless the task that was made in its place refers to it: then it goes with that one."""
        key = remains.shared
        if key is None:
            return ()
        heir = None if remains.retried_as is None else self.tasks.get(remains.retried_as)
        return () if heir is not None and heir.document.key == key else (key,)
