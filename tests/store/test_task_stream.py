"""What the counters see in a stream's images is what they see in the tasks themselves."""

from hypothesis import given

from chalicelib.domain.counting import Countable
from chalicelib.domain.remains import Remains
from chalicelib.domain.task import Task
from chalicelib.services.ports import Change
from chalicelib.store.task_rows import to_record
from chalicelib.store.task_stream import change
from tests.contract.values import EXAMPLES, tasks


@EXAMPLES
@given(task=tasks)
def test_a_row_of_any_task_is_counted_like_the_task(task: Task) -> None:
    image = to_record(task, cid="c").to_dynamodb_dict()
    record = {"dynamodb": {"SequenceNumber": "7", "NewImage": image}}
    assert change(record) == Change(number=7, before=None, after=Countable.of(task))


@EXAMPLES
@given(task=tasks)
def test_of_any_row_that_expired_there_is_no_after_but_what_it_named(task: Task) -> None:
    image = to_record(task, cid="c").to_dynamodb_dict()
    record = {"dynamodb": {"SequenceNumber": "8", "OldImage": image}}
    left = Remains(
        task_id=task.task_id,
        document=task.document.key,
        schedule_id=task.schedule_id,
        retried_as=task.retried_as,
        assigned=task.token,
    )
    assert change(record) == Change(number=8, before=Countable.of(task), after=None, left=left)
