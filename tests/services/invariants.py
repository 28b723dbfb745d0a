"""A watched world as the domain's invariants see it."""

from collections import Counter

from chalicelib.domain.invariants import History, Snapshot, Step, violations

from .worlds import Watched


def snapshot(w: Watched) -> Snapshot:
    """The rows as they are now."""
    return Snapshot(
        now=w.clock(),
        tasks=dict(w.tasks.rows),
        agents=dict(w.agents.rows),
        schedules=dict(w.schedules.rows),
        executions=list(w.schedules.runs.values()),
    )


def history(w: Watched) -> History:
    """All that was written and counted so far."""
    counted: Counter[str] = Counter()
    for name, value, _ in w.metrics.counted:
        counted[name] += value  # type: ignore[assignment]  # measures are floats
    writes = zip(w.tasks.history, w.tasks.written_at, strict=True)
    return History(
        steps=[Step(*write, at) for write, at in writes],
        claims=list(w.tasks.claims),
        buried=frozenset(w.agents.buried),
        adjusted=tuple(w.trust.made.values()),
        counted=counted,
    )


def check(w: Watched) -> None:
    """Fails with every violation in words."""
    found = violations(snapshot(w), history(w))
    assert not found, "\n".join(map(str, found))
