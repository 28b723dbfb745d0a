"""When a sync is due, and the lines it writes."""

from sdk_lines import SyncLine as Line


def test_after_work_came_the_next_sync_is_soon_and_otherwise_at_the_poll_interval() -> None:
    line = Line()
    assert line.round() == 5.0
    line.service.submit("report-v1")
    line.desk.clock.advance(5)
    assert line.round() == 0.2
    assert line.round() == 5.0


def test_a_heartbeat_that_is_due_between_polls_is_sent_in_time_and_is_no_poll(caplog) -> None:
    caplog.set_level("INFO")
    line = Line(heartbeat_interval=2.0)
    at = []
    while line.desk.clock.monotonic() < 10:
        at.append(line.desk.clock.monotonic())
        line.desk.clock.advance(line.round())
    assert at == [0, 2, 4, 5, 6, 8]
    assert [r.message for r in caplog.records].count("Polling for tasks... 0 tasks found") == 2


def test_the_log_tells_the_story_in_the_documented_words(caplog) -> None:
    caplog.set_level("INFO")
    line = Line()
    line.round()
    line.service.submit("report-v1", task_id="task-001")
    line.desk.clock.advance(5)
    line.round()
    line.desk.complete(line.desk.jobs[0])
    line.round()
    at = line.desk.clock.now().astimezone()
    beat = at.replace(second=15).strftime("%H:%M:%S")
    assert [r.message for r in caplog.records] == [
        f"Heartbeat sent at {beat}",
        "Polling for tasks... 0 tasks found",
        "Polling for tasks... 1 tasks found",
        "Task task-001 assigned",
        "Executing task-001...",
        "Task completed, reporting result...",
        "Task result reported successfully",
    ]


def test_heartbeat_and_polling_lines_come_at_their_own_intervals(caplog) -> None:
    caplog.set_level("INFO")
    line = Line()
    for _ in range(5):
        line.desk.clock.advance(line.round())
    lines = [r.message.split()[0] for r in caplog.records]
    assert lines.count("Polling") == 5
    assert lines.count("Heartbeat") == 3
