"""A Chalice app small enough to see through: what the local cloud's tests run."""

import json
import os
import time

import botocore.session
from chalice.app import Chalice, Rate, Response

TABLE = "ains-local-tasks"


def make_app() -> Chalice:
    """A fresh app; its clients are made under the environment of the moment."""
    app = Chalice("tiny", configure_logs=False)
    app.api.binary_types.append("image/png")
    session = botocore.session.get_session()
    app.dynamodb, app.sqs = session.create_client("dynamodb"), session.create_client("sqs")
    app.queue_url = os.environ["AINS_WORK_QUEUE_URL"]
    app.seen, app.ticks = [], []
    add_routes(app)
    add_awkward_routes(app)
    add_handlers(app)
    return app


def add_routes(app):
    @app.route("/")
    def root():
        return {"hello": "world"}

    @app.route("/notes/{note_id}", methods=["GET", "PUT"], content_types=["text/plain", "application/json"])
    def note(note_id):
        if app.current_request.method == "PUT":
            text = app.current_request.raw_body.decode()
            app.dynamodb.put_item(TableName=TABLE, Item={"task_id": {"S": note_id}, "text": {"S": text}})
            return Response("", status_code=201, headers={"Location": f"/notes/{note_id}"})
        item = app.dynamodb.get_item(TableName=TABLE, Key={"task_id": {"S": note_id}}).get("Item", {})
        return {"note": note_id, "text": item.get("text", {}).get("S")}

    @app.route("/notes/{note_id}", methods=["PATCH"], name="refuse")
    def refuse(note_id):
        return Response("", status_code=405)

    @app.route("/notes/search")
    def search():
        return {"found": "by search"}

    @app.route("/event", methods=["GET", "POST"], content_types=["application/json", "image/png"])
    def event():
        return app.current_request.to_original_event()

    @app.route("/work", methods=["POST"])
    def send_work():
        body = app.current_request.json_body
        delay = body.get("delay", 0)
        sent = app.sqs.send_message(QueueUrl=app.queue_url, MessageBody=json.dumps(body), DelaySeconds=delay)
        return {"id": sent["MessageId"]}

    @app.route("/seen")
    def seen():
        return {"messages": app.seen, "ticks": app.ticks}


def add_awkward_routes(app):
    @app.route("/crash")
    def crash():
        return {"unserialisable": object()}

    @app.route("/cookies")
    def cookies():
        return Response("ok", headers={"Set-Cookie": ["a=1", "b=2"], "Content-Type": "text/plain"})

    @app.route("/picture")
    def picture():
        return Response(b"\x89PNG", headers={"Content-Type": "image/png"})

    @app.route("/whoami/{name}")
    def whoami(name):
        time.sleep(0.01)
        request = app.current_request
        same = app.lambda_context.aws_request_id == request.context["requestId"]
        return {"asked": name, "answered": request.uri_params["name"], "own_context": same}

    @app.route("/slow")
    def slow():
        app.dynamodb.put_item(TableName=TABLE, Item={"task_id": {"S": "slow"}, "text": {"S": "began"}})
        time.sleep(1.5)
        return {"finished": True}


def add_handlers(app):
    @app.on_sqs_message(
        queue_arn="arn:aws:sqs:us-east-1:123456789012:placeholder", batch_size=10, name="work"
    )
    def work(event):
        failures = []
        for record in event.to_dict()["Records"]:
            body = json.loads(record["body"])
            receives = int(record["attributes"]["ApproximateReceiveCount"])
            app.seen.append(
                {"id": record["messageId"], "body": body, "at": time.time(), "receives": receives}
            )
            if body.get("crash"):
                raise RuntimeError("the message asked for it")
            if body.get("fail"):
                failures.append({"itemIdentifier": record["messageId"]})
        print(emf_line())
        return {"batchItemFailures": failures}

    @app.schedule(Rate(1, unit=Rate.MINUTES), name="tick")
    def tick(event):
        app.ticks.append(time.time())


def emf_line():
    metric = {"Namespace": "tiny", "Dimensions": [["kind"]], "Metrics": [{"Name": "Worked", "Unit": "Count"}]}
    about = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [metric]}
    return json.dumps({"_aws": about, "kind": "note", "Worked": 1})
