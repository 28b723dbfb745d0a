"""What is behind PynamoDB's models, where a test changes it."""

from chalicelib.store import tables


def forget_connections() -> None:
    """Models keep the connection they were first used with; the next use makes another."""
    for model in tables.ALL:
        model._connection = None
