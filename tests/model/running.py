"""How long the machine runs, and how a failure is found again."""

from hypothesis import HealthCheck, Phase, seed, settings

from .machine import Service


def machine(*, seeded: int | None = None) -> type[Service]:
    """The machine, of this seed where it has one."""
    if seeded is not None:
        seed(seeded)(Service)  # type: ignore[arg-type]  # a machine is run as a test is
    return Service


def settings_of(*, examples: int, steps: int, derandomize: bool) -> settings:
    """A failure prints the steps that led to it as they were, and a line that plays them again."""
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        derandomize=derandomize,
        database=None,
        deadline=None,
        print_blob=True,
        phases=[Phase.generate],  # shrinking takes minutes
        suppress_health_check=list(HealthCheck),
    )
