"""The one door to MiniStack: its exact version, and every private name of it that we lean on.

An upgrade of the engine starts here: raise VERSION, read the listed functions again, run tests/local.
"""

from __future__ import annotations

import copy
import logging
from functools import lru_cache
from importlib.metadata import version
from types import SimpleNamespace
from typing import Any

from infra.local.problems import CannotStart

VERSION = "1.5.33"
ACCOUNT = "000000000000"
REGION = "us-east-1"
# What we call or replace, by module; checked at import so that an upgrade fails in one line.
PRIVATE_NAMES = {
    "dynamodb": (
        "_tables",
        "_lock",
        "_set_item",
        "_remove_item",
        "_items_replaced",
        "_query",
        "_index_members",
        "_index_item",
        "_index_key_schemas",
        "_index_partition",
        "_index_order_keys",
        "_index_order_value",
        "_extract_key_val",
        "_condition_syntax_error",
        "_tokenize",
        "copy",
        "_txn_idempotency",
        "_stream_records",
        "_build_change_record",
        "reset",
    ),
    "sqs": (
        "_queues",
        "_queue_name_to_url",
        "_get_q",
        "_queue_by_arn",
        "_queue_url",
        "_collect_msgs",
        "_dlq_sweep",
        "_expire_retained",
        "_ensure_msg_fields",
        "_dispatch",
        "reset",
    ),
    "cloudwatch": ("TWO_WEEKS_SECONDS", "reset"),
}


def _import_quietly() -> tuple[Any, Any, Any]:
    """Import the engine's services. Importing ministack.app calls logging.basicConfig; a root handler
    that is already there makes that a no-op, so the importing program keeps its own logging."""
    root, guard = logging.getLogger(), logging.NullHandler()
    root.addHandler(guard)
    try:
        import ministack.app as front  # noqa: PLC0415 (the import is what is being guarded)
        from ministack.services import cloudwatch, dynamodb, sqs  # noqa: PLC0415
    finally:
        root.removeHandler(guard)
    vars(front)["AUTH"] = False  # an AUTH=true in the user's environment is not meant for us
    return dynamodb, sqs, cloudwatch


def _checked() -> tuple[Any, Any, Any]:
    found = version("ministack")
    if found != VERSION:
        raise CannotStart(
            f"the local cloud is made for ministack {VERSION}, found {found}:"
            f" pip install ministack=={VERSION}"
        )
    modules = dict(zip(("dynamodb", "sqs", "cloudwatch"), _import_quietly(), strict=True))
    for module, names in PRIVATE_NAMES.items():
        missing = [name for name in names if not hasattr(modules[module], name)]
        if missing:
            raise CannotStart(f"ministack {VERSION} lacks {module}.{missing[0]}; reinstall it")
    return modules["dynamodb"], modules["sqs"], modules["cloudwatch"]


def copied(value: Any) -> Any:
    """A deep copy; of what came from JSON, without copy.deepcopy's memory of what it has met."""
    if type(value) is dict:
        return {key: copied(inner) for key, inner in value.items()}
    if type(value) is list:
        return [copied(inner) for inner in value]
    return value if type(value) in (str, int, float, bool) else copy.deepcopy(value)


dynamodb, sqs, cloudwatch = _checked()
# Every update copies its row, a transaction up to four times: a tenth of a task's life.
vars(dynamodb)["copy"] = SimpleNamespace(deepcopy=copied)
# Completes messages that came from SNS, walking the whole queue at every receive; ours come from SendMessage.
vars(sqs)["_ensure_msg_fields"] = lambda _: None
# Callers send the same few expressions over and over; what is wrong with one depends on nothing else.
vars(dynamodb)["_condition_syntax_error"] = lru_cache(1_000)(dynamodb._condition_syntax_error)
_tokens = lru_cache(1_000)(dynamodb._tokenize)
vars(dynamodb)["_tokenize"] = lambda expression: list(_tokens(expression))
# Points older than this are dropped: every call of the engine's CloudWatch walks all it has.
vars(cloudwatch)["TWO_WEEKS_SECONDS"] = 3 * 3600
