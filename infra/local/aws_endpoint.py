"""The AWS endpoint: what other processes (agents with SQS, the aws CLI, boto3) set as AWS_ENDPOINT_URL.

Long polls wait as coroutines, so a few threads serve hundreds of agents. Signatures, accounts and regions
are not looked at: whoever reaches the loopback interface is let in.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs

from infra.local.asgi import Receive, Scope, Send, read_request, write_response
from infra.local.calls import SERVICES, Answer, Call, failure
from infra.local.engine import LocalCloud
from infra.local.gateway_events import HttpRequest, HttpResponse
from infra.local.wakeups import LoopEvent

LOG = logging.getLogger(__name__)


class AwsEndpoint:
    """ASGI in front of a LocalCloud: DynamoDB, SQS (both protocols) and CloudWatch."""

    def __init__(self, cloud: LocalCloud, *, threads: int = 8) -> None:
        self._cloud = cloud
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="aws")

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = await read_request(scope, receive)
        if request is None:
            return
        try:
            answer = await self._answer(as_call(request), receive)
        except Exception as error:  # noqa: BLE001 (a door: whatever was sent, something is answered)
            LOG.warning("an AWS request could not be served: %s: %s", type(error).__name__, error)
            answer = failure("InternalFailure", str(error))
        if answer is not None:
            headers = list(answer.headers.items())
            await write_response(HttpResponse(answer.status, headers, answer.body), scope, send)

    async def _answer(self, call: Call | None, receive: Receive) -> Answer | None:
        if call is None:
            return failure("UnknownOperationException", "DynamoDB, SQS and CloudWatch are served here")
        if call.action != "ReceiveMessage":
            answer: Answer = await self._in_thread(self._cloud.call, call)
            return answer
        gone = asyncio.ensure_future(receive())  # completes when the client hangs up
        try:
            return await self._poll(call, gone)
        finally:
            gone.cancel()

    async def _in_thread(self, function: Any, *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._pool, function, *arguments)

    async def _poll(self, call: Call, gone: asyncio.Future[Any]) -> Answer | None:
        """LocalCloud's long poll with a coroutine waiting instead of a thread. None once the client is gone:
        a message received for nobody would be out of sight until its visibility timeout."""
        loop, wakeups = asyncio.get_running_loop(), self._cloud.wakeups
        now_call, queue, wait = self._cloud.long_poll(call)
        deadline, event = loop.time() + wait, asyncio.Event()
        gone.add_done_callback(lambda _: event.set())
        waiter = LoopEvent(lambda: loop.call_soon_threadsafe(event.set))
        try:
            while not gone.done():
                event.clear()
                wakeups.wait_for(queue, waiter)
                answer: Answer
                look_again: float | None
                answer, look_again = await self._in_thread(self._cloud.look, now_call, queue)
                left = deadline - loop.time()
                if look_again is None or left <= 0:
                    return answer
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(event.wait(), min(left, look_again))
                if wakeups.closed:
                    return answer
            return None
        finally:
            wakeups.leave(queue, waiter)


def as_call(request: HttpRequest) -> Call | None:
    """Which service and action a request means; None when it is none of ours."""
    headers = dict(request.headers)
    prefix, _, action = headers.get("x-amz-target", "").rpartition(".")
    if prefix:
        service = SERVICES.get(prefix)
        return Call(service, action, headers, request.body, request.path) if service else None
    action = parse_qs(request.body.decode("latin-1")).get("Action", [""])[0]
    if not action:
        return None
    service = "monitoring" if "/monitoring/" in headers.get("authorization", "") else "sqs"
    return Call(service, action, headers, request.body, request.path)
