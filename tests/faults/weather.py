"""Bad weather: something befalls one call in so many, and a seed says which and what."""

import random
from collections import Counter

from infra.local.calls import Answer, Call
from infra.local.pinned import sqs

from .choke import Send
from .crowd import Crowd, CrowdedChoke
from .happenings import KINDS

CALM_S = (7, 20)  # so long an index shows what was there when it fell behind, at least and at most
RATE = 0.05


class Weather(CrowdedChoke):
    """Befalls calls until it is calm."""

    rate = 0.0
    calls = 0

    def bad(self, seed: int, rate: float = RATE) -> None:
        """From here on."""
        self.rate, self.chance = rate, random.Random(seed)
        self.befallen: Counter[str] = Counter()

    def calm(self) -> None:
        self.rate = 0.0
        super().calm()

    def _answered(self, number: int, call: Call, run: Send) -> Answer:
        self.calls += 1
        if self.lasting is not None or self.rate == 0 or self.chance.random() >= self.rate:
            return super()._answered(number, call, run)
        kind = self.chance.choice([name for name, kind in KINDS.items() if kind.befalls(call.action)])
        self.befallen[kind] += 1
        return KINDS[kind].happening(self, call, lambda: self.observer(call, run))


class Storm(Crowd):
    """The service in bad weather."""

    choke: Weather

    def made_choke(self) -> Weather:
        return Weather(self.stage.cloud, self.records, self.advance, self._overtake, self._consume)

    def change_of_weather(self) -> float:
        """The indexes catch up; if they fall behind again, they show this moment. For how many seconds."""
        self.choke.is_lagging = False
        self.remember_the_past()
        return self.choke.chance.uniform(*CALM_S)

    def shuffle_messages(self) -> None:
        """SQS promises no order."""
        queue = sqs._queues[sqs._queue_name_to_url[self.stage.work_queue]]
        self.choke.chance.shuffle(queue["messages"])
