"""What lasts while deployments come and go: an engine that is started, clients over it, Chalice apps."""

from collections.abc import Mapping
from typing import Any

from chalicelib import wiring
from chalicelib.api.caller import Auth
from chalicelib.api.create_app import create_app
from chalicelib.services.usecases import UseCases
from chalicelib.settings import Settings
from infra.local.engine import LocalCloud
from infra.local.gateway_events import Routes
from tests.connections import forget_connections
from tests.fakes import FakeMetrics

STAGE = "faults"


def _names(keyed: Mapping[str, Any]) -> list[str]:
    """The attributes of a table's or an index's key."""
    return [key["AttributeName"] for key in keyed["KeySchema"]]


class Stage:
    """Takes long to make; deployments, one after another, share it."""

    def __init__(self, cloud: LocalCloud) -> None:
        forget_connections()
        self.cloud = cloud
        self.work_queue = f"ains-{STAGE}-work"
        self.ports = wiring.aws(
            Settings(stage=STAGE, work_queue_url=cloud.queue_url(self.work_queue)), FakeMetrics()
        )
        self.use_cases: UseCases | None = None  # of the process that is asked next
        self.apps = [create_app(self.asked, auth=Auth(open_mode=True), version="1") for _ in range(2)]
        self.routes = Routes(list(self.apps[0].routes))
        made = cloud.plan.tables.values()
        self.table_keys = {t["TableName"]: _names(t) for t in made}
        self.index_keys = {
            f"{t['TableName']}/{i['IndexName']}": tuple(_names(i))
            for t in made
            for i in t.get("GlobalSecondaryIndexes", ())
        }

    def asked(self) -> UseCases:
        assert self.use_cases is not None
        return self.use_cases
