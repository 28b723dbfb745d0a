"""What a deployment is at one moment, kept and put back: no scenario lives again through what came before."""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field, is_dataclass, replace
from typing import Any, Self

from infra.local.pinned import copied, dynamodb, sqs

from .deployment import Deployment, Door, Reply, at_once

PLAIN = (dict, OrderedDict, list, set, int, float, str, type(None))


@dataclass(frozen=True)
class Moment:
    """Between two requests."""

    calls: list[str]  # made so far, of those that count
    now: int
    tables: dict[str, Any]  # rows by name
    queues: dict[str, Any]  # with their messages, by URL
    memory: list[Any]  # of the process that is asked next
    records: dict[str, Any]
    made: tuple[int, int]  # ids
    chance: Any

    @classmethod
    def of(cls, d: Deployment) -> Self:
        return cls(
            calls=list(d.choke.seen),
            now=d.now,
            tables={
                name: {key: copied(rows) for key, rows in table["items"].items()}
                for name, table in dynamodb._tables.items()
            },
            queues={url: copied(queue) for url, queue in sqs._queues.items()},
            memory=[_copy(getattr(part, name)) for part, name in _memory(d.stage.asked(), set())],
            records={name: _copy(value) for name, value in vars(d.records).items()},
            made=(d.ids, d.call_ids),
            chance=d.chance.getstate(),
        )

    def put_back(self, d: Deployment) -> None:
        """As if `d` had come here by itself; its clients and agents have."""
        assert d.now == self.now
        d.choke.seen = list(self.calls)
        for name, rows in self.tables.items():
            table = dynamodb._tables[name]
            table["items"].update(copied(rows))
            dynamodb._items_replaced(table)
        for url, queue in self.queues.items():
            sqs._queues[url] = copied(queue)
            sqs._queue_name_to_url[queue["name"]] = url
        for (part, name), value in zip(_memory(d.stage.asked(), set()), self.memory, strict=True):
            object.__setattr__(part, name, _copy(value))
        vars(d.records).update({name: _copy(value) for name, value in self.records.items()})
        d.ids, d.call_ids = self.made
        d.chance.setstate(self.chance)


def _copy(value: Any) -> Any:
    """What is in it never changes, but for what a dict may hold of dataclasses that are not frozen."""
    if not isinstance(value, dict):
        return value.copy() if isinstance(value, list | set) else value
    copy = value.copy()
    copy.update((key, deepcopy(held)) for key, held in value.items() if _may_change(held))
    return copy


def _may_change(held: Any) -> bool:
    return is_dataclass(held) and not held.__dataclass_params__.frozen


def _memory(part: Any, met: set[int]) -> Iterator[tuple[Any, str]]:
    """Where a process keeps what it remembers: plain values of its use cases, stores and queues."""
    if id(part) in met or not type(part).__module__.startswith("chalicelib."):
        return
    met.add(id(part))
    for name, value in vars(part).items():
        if isinstance(value, PLAIN):
            yield part, name
        else:
            yield from _memory(value, met)


@dataclass
class Tape:
    """How a flow goes when nothing befalls it: before each request the moment, after it the answer."""

    moments: list[Moment] = field(default_factory=list)
    answers: list[Any] = field(default_factory=list)

    def put_in(self, d: Deployment, *, before: int) -> None:
        """An empty one records. Another one answers, up to the request in which call `before` comes."""
        d.door = self._replaying(d, before) if self.moments else self._recording(d)

    def _recording(self, d: Deployment) -> Door:
        def door(request: Callable[[], Any]) -> Any:
            self.moments.append(Moment.of(d))
            self.answers.append(_whole(answer := request()))
            return answer

        return door

    def _replaying(self, d: Deployment, before: int) -> Door:
        last = max(n for n, moment in enumerate(self.moments) if len(moment.calls) <= before)
        answers = iter(self.answers[:last])

        def door(request: Callable[[], Any]) -> Any:
            for answer in answers:
                return _whole(answer)
            self.moments[last].put_back(d)
            d.door = at_once
            return request()

        return door


def _whole(answer: Any) -> Any:
    """One of its own for each who reads it."""
    return replace(answer, body=copied(answer.body)) if isinstance(answer, Reply) else answer
