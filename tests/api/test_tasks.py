"""Tasks over HTTP."""

TASK = {"client_id": "shop", "task_type": "translate", "capability_required": "text/en-de"}


def test_a_submitted_task_can_be_read(api):
    made = api.post("/aitp/tasks", {**TASK, "input_data": {"text": "hello"}, "metadata": {"order": 7}})
    assert made.status == 201
    assert made.headers["Location"] == f"/aitp/tasks/{made.body['task_id']}"
    read = api.get(made.headers["Location"])
    assert read.status == 200
    assert read.body["input_data"] == {"text": "hello"}
