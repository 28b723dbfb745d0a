"""A task is taken in, routed, begun, ended well or badly, or cancelled."""

from .cast import Cast, Flow

LARGE = "x" * 1_000


def a_is_there(c: Cast) -> None:
    assert c.a.register()


def submit(c: Cast) -> None:
    c.client.submit(input_data={"text": LARGE})
    c.client.submit(not_before=c.moment(5))
    c.d.drain()


def announced(c: Cast) -> None:
    c.a.slots = 1
    assert c.a.register()
    assert c.b.register()
    c.submitted(4)


def dispatch(c: Cast) -> None:
    c.d.drain()


def given(c: Cast) -> None:
    c.given(1)


def begun(c: Cast) -> None:
    c.given(1, began=True, timeout_seconds=5, max_retries=1, retry_policy={"backoff_seconds": 2})


def start(c: Cast) -> None:
    c.a.report(c.ids[0], "ACTIVE")
    c.d.drain()


def finish(c: Cast) -> None:
    c.a.report(c.ids[0], "COMPLETED", result_data={"text": LARGE})
    c.d.drain()


def fail_and_retry(c: Cast) -> None:
    c.a.report(c.ids[0], "FAILED", error_message="no luck")
    c.d.drain()
    c.d.advance(3)
    c.d.drain()
    c.a.live()
    c.a.live()
    c.d.drain()


def fails_time_and_again(c: Cast) -> None:
    """As often as it is given out."""
    for _ in range(3):
        for task_id in list(c.a.held):
            c.a.report(task_id, "FAILED", error_message="no luck")
        c.d.drain()
        c.d.advance(3)
        c.d.drain()
        c.a.sync()
        c.a.begin_all()
        c.a.sync()


def times_out(c: Cast) -> None:
    """Its handler hangs; its agent lives."""
    c.a.begin_all()
    c.d.advance(6)
    c.d.drain()
    c.d.advance(54)
    c.d.tick()
    c.d.drain()


def fails_for_good(c: Cast) -> None:
    c.a.report(c.ids[0], "FAILED", error_message="never", retryable=False)
    c.d.drain()


def cancel(c: Cast) -> None:
    c.client.cancel(c.ids[0])
    c.d.drain()
    c.a.report(c.ids[0], "COMPLETED", result_data="too late")
    c.a.sync()


def waits_in_vain(c: Cast) -> None:
    c.submitted(1, queue_timeout_seconds=5)
    c.d.drain()


def waits_long(c: Cast) -> None:
    c.submitted(1, queue_timeout_seconds=90)


def expire(c: Cast) -> None:
    c.d.advance(6)
    c.d.drain()
    c.d.advance(54)
    c.d.tick()
    c.d.drain()


def failed(c: Cast) -> None:
    c.given(2, began=True)
    for task_id in c.ids:
        c.a.report(task_id, "FAILED", error_message="never", retryable=False)
    c.d.drain()


def retry_and_redrive(c: Cast) -> None:
    c.client.retry(c.ids[0])
    c.client.redrive(capability_required="report")
    c.d.drain()


def three_wait(c: Cast) -> None:
    c.submitted(3)
    c.d.drain()


def join_them(c: Cast) -> None:
    """Where others wait, a task is given its turn."""
    c.d.advance(2)
    c.submitted(2)
    c.d.drain()
    assert c.a.register()
    c.a.sync()


def prioritise(c: Cast) -> None:
    """The last comes first, and only then is there somebody to take one."""
    c.client.prioritise(c.ids[2], 10)
    c.client.prioritise(c.ids[2], 10)
    c.a.slots = 1
    assert c.a.register()
    c.a.sync()


def retime(c: Cast) -> None:
    """A little longer, then it is over before the clock would have looked."""
    c.client.retime(c.ids[0], 90)
    c.client.retime(c.ids[0], 3)
    c.d.drain()
    c.d.advance(4)
    c.d.drain()
    c.a.sync()


FLOWS = (
    Flow("submit", a_is_there, submit),
    Flow("dispatch", announced, dispatch),
    Flow("start", given, start),
    Flow("finish", begun, finish),
    Flow("retry", begun, fail_and_retry),
    Flow("retries", begun, fails_time_and_again),
    Flow("timeout", begun, times_out),
    Flow("fail", begun, fails_for_good),
    Flow("redrive", failed, retry_and_redrive),
    Flow("cancel", begun, cancel),
    Flow("expire", waits_in_vain, expire),
    Flow("parked", waits_long, dispatch),
    Flow("join", three_wait, join_them),
    Flow("prioritise", three_wait, prioritise),
    Flow("retime", begun, retime),
)
