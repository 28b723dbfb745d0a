"""Cron texts at random."""

from hypothesis import strategies as st


def field(low: int, high: int, *extra: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """One field of a text, whose list may hold these as well."""
    value = st.integers(low, high).map(str)
    pair = st.lists(st.integers(low, high), min_size=2, max_size=2, unique=True).map(sorted)
    span = pair.map(lambda p: f"{p[0]}-{p[1]}")
    stepped = pair.flatmap(lambda p: st.integers(1, p[1] - p[0]).map(lambda n: f"{p[0]}-{p[1]}/{n}"))
    every = st.integers(1, min(high, 6) if high < 10 else high - low).map(lambda n: f"*/{n}")
    item = st.one_of(value, span, stepped, *extra)
    return st.one_of(st.just("*"), every, st.lists(item, min_size=1, max_size=3).map(",".join))


_nth = st.tuples(st.integers(0, 7), st.integers(1, 5)).map(lambda p: f"{p[0]}#{p[1]}")
_last = st.integers(0, 7).map(lambda d: f"L{d}")
times = st.tuples(field(0, 59), field(0, 23)).map(" ".join)
plain_days = st.tuples(field(1, 31), field(1, 12), field(0, 6)).map(" ".join)
signed_days = st.tuples(field(1, 31, st.just("L")), field(1, 12), field(0, 7, _nth, _last)).map(" ".join)
seconds = field(0, 59)
