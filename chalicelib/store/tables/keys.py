"""What the indexes are made of."""

from pynamodb.indexes import KeysOnlyProjection


def keys_only(name: str) -> type:
    """The Meta of a KEYS_ONLY index: readers go to the row for the truth."""
    return type("Meta", (), {"index_name": name, "projection": KeysOnlyProjection()})
