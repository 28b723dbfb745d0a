"""Agents come, stay, take, hand back, restart, die and leave."""

from .agent import Agent
from .cast import Cast, Flow


def nothing(_: Cast) -> None:
    """Nobody is there yet."""


def register(c: Cast) -> None:
    c.a.register()
    c.d.drain()


def a_is_late_and_work_waits(c: Cast) -> None:
    assert c.a.register()
    c.d.advance(31)  # its lease is over
    c.submitted()
    c.d.drain()


def heartbeat(c: Cast) -> None:
    c.a.beat()
    c.d.drain()
    c.a.live()


def much_to_say(c: Cast) -> None:
    """It holds one that it finished and one it works on; two more wait."""
    c.a.slots = 3
    c.given(2, began=True)
    c.a.results[c.ids[0]] = "x" * 400
    c.submitted(2)
    c.d.drain()


def sync(c: Cast) -> None:
    for _ in range(3):
        c.a.live()
    c.d.drain()


def work_waits(c: Cast) -> None:
    c.submitted(3)
    c.d.drain()


def arrive_and_take(c: Cast) -> None:
    c.a.register()
    c.a.live()
    c.a.live()
    c.d.drain()


def one_runs_one_waits_to(c: Cast) -> None:
    c.given(2)
    c.a.report(c.ids[0], "ACTIVE")


def dies(c: Cast) -> None:
    """Nobody hears of a again; b lives on."""
    c.agents.remove(c.a)
    c.b.register()
    c.d.advance(25)
    c.b.beat()
    c.d.advance(6)
    c.d.drain()
    c.b.live()
    c.d.advance(24)
    c.d.tick()
    c.d.drain()
    c.b.live()
    c.b.live()


def hands_back(c: Cast) -> None:
    """It was told to stop: it finishes what it began and gives back the rest."""
    c.a.beat("DRAINING")
    c.a.sync(released=(c.ids[1],), free=0)
    c.a.results[c.ids[0]] = "done"
    c.a.sync(free=0)
    c.d.drain()


def is_drained(c: Cast) -> None:
    """By an operator, who then thinks better of it."""
    c.b.register()
    c.client.ask("POST", "/ains/agents/a/drain", {"reason": "a new disk"})
    c.a.live()
    c.client.submit()
    c.d.drain()
    c.client.ask("DELETE", "/ains/agents/a/drain")
    c.a.live()
    c.d.drain()


def leaves(c: Cast) -> None:
    """It goes, whatever it holds."""
    c.agents.remove(c.a)
    c.b.register()
    reply = c.d.http("DELETE", "/ains/agents/a")
    if reply is None or reply.status >= 500:
        c.d.http("DELETE", "/ains/agents/a")
    c.d.drain()
    c.b.live()
    c.d.advance(6)
    c.d.drain()


def restarts(c: Cast) -> None:
    """Another process comes under its id; the old one speaks once more."""
    c.agents.remove(c.a)
    again = Agent(c.d, c.ledger, "a", session="s2")
    c.agents.append(again)
    again.register()
    c.a.sync()
    c.d.drain()
    again.live()
    again.live()


def has_a_queue(c: Cast) -> None:
    assert c.a.register(delivery="sqs")
    c.agents.remove(c.a)  # what is sent to it is lost: each is announced again, then given to another


def is_announced_in_vain(c: Cast) -> None:
    c.submitted()
    c.d.drain()
    for _ in range(3):
        c.d.advance(16)
        c.a.beat()
        c.d.drain()


FLOWS = (
    Flow("register", nothing, register),
    Flow("heartbeat", a_is_late_and_work_waits, heartbeat),
    Flow("sync", much_to_say, sync),
    Flow("arrive", work_waits, arrive_and_take),
    Flow("lost_agent", one_runs_one_waits_to, dies),
    Flow("drain", one_runs_one_waits_to, hands_back),
    Flow("drained", one_runs_one_waits_to, is_drained),
    Flow("delete", one_runs_one_waits_to, leaves),
    Flow("restart", one_runs_one_waits_to, restarts),
    Flow("redeliver", has_a_queue, is_announced_in_vain),
)
