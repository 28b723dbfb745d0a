"""The minute: what is due is announced, then the gauges are taken."""

from chalicelib.services.usecases import UseCases


def tick(use_cases: UseCases) -> None:
    """Late, doubled or two at once: nothing is lost and nothing fires twice."""
    use_cases.ticking.tick()
    use_cases.measuring.measure()
