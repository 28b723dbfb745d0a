"""When the tick last ran, in DynamoDB."""

from .tables import TickRecord

_NAME = "tick"


class DynamoTicks:
    """services.ports.TickStore over the ticks table."""

    def last(self) -> int | None:
        try:
            return int(TickRecord.get(_NAME).at)
        except TickRecord.DoesNotExist:
            return None

    def mark(self, now: int) -> int | None:
        record = TickRecord(_NAME)
        record.update(actions=[TickRecord.before.set(TickRecord.at | 0), TickRecord.at.set(now)])
        return int(record.before or 0) or None
