"""Placeholder."""

from tests.bench.bench import Bench, Table


def measured(bench: Bench) -> Table:
    return Table("x", ("a",), [["b"]])
