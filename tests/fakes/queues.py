"""Messages, in memory."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from chalicelib.domain.dead_message import DeadMessage
from chalicelib.services.ports import Hint, Page

from .pages import after_key, key_after


@dataclass
class FakeQueue:
    """The work queue; `drop` loses everything sent from then on."""

    sent: list[Hint] = field(default_factory=list)
    drop: bool = False

    def announce(self, *hints: Hint, now: int) -> Sequence[Hint]:
        if self.drop:
            return hints
        self.sent += [
            replace(hint, at=hint.at if hint.at is not None and hint.at > now else None) for hint in hints
        ]
        return ()


@dataclass
class FakeAgentQueues:
    messages: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    drop: bool = False

    def create(self, agent_id: str) -> str:
        url = f"https://sqs.test/{agent_id}"
        self.messages.setdefault(url, [])
        return url

    def send(self, url: str, message: Mapping[str, Any]) -> None:
        if not self.drop and url in self.messages:
            self.messages[url].append(json.loads(json.dumps(message)))

    def delete(self, url: str) -> None:
        self.messages.pop(url, None)


@dataclass
class FakeDeadMessages:
    rows: dict[tuple[str, str], DeadMessage] = field(default_factory=dict)

    def record(self, message: DeadMessage) -> None:
        days = (message.day, replace(message, first_at=message.at - 24 * 3_600_000).day)
        known = next(
            (self.rows[d, message.message_id] for d in days if (d, message.message_id) in self.rows), message
        )
        self.rows[known.day, message.message_id] = replace(message, first_at=known.first_at)

    def of_day(self, day: str, *, limit: int, cursor: str | None) -> Page[DeadMessage]:
        after = "" if cursor is None else key_after(cursor, day)
        mine = sorted(key for key in self.rows if key[0] == day and key[1] > after)
        part = mine[:limit]
        more = after_key(day, part[-1][1]) if mine[limit:] else None
        return Page(tuple(self.rows[key] for key in part), more)

    def find(self, message_ids: Sequence[str], *, days: Sequence[str]) -> list[DeadMessage]:
        keys = dict.fromkeys((day, message_id) for day in days for message_id in message_ids)
        return [self.rows[key] for key in keys if key in self.rows]

    def delete(self, message: DeadMessage) -> None:
        self.rows.pop((message.day, message.message_id), None)
